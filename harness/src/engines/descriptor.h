#pragma once
// Owns one file descriptor and a point in time to be ready by. Not thread-safe; movable.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace readiness {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~Descriptor() { Close(); }

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  void Close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_ = -1;
};

/// A point in time, in the form that poll() takes.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds from_now) : end_(std::chrono::steady_clock::now() + from_now) {}

  /// Time left, rounded up, never negative.
  std::chrono::milliseconds Remaining() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(0));
  }
  bool Passed() const { return Remaining().count() == 0; }
  /// Milliseconds for poll(), at most `limit` and at most an hour.
  int PollTime(std::chrono::milliseconds limit = std::chrono::hours(1)) const {
    return static_cast<int>(std::min({Remaining(), limit, std::chrono::milliseconds(std::chrono::hours(1))}).count());
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace readiness
