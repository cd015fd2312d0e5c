#pragma once
// The time that an attempt is given to have an effect after its answer: a job, a queue, a thread that goes on. It is
// counted from the attempt, so that whatever a probe does meanwhile (its controls) is not waited for again. This is the
// one place where a probe waits for time to pass: that something does not happen is no event. What happens later than
// this stays unseen. Values only.

#include <poll.h>

#include <algorithm>
#include <chrono>

namespace readiness {

class LateEffects {
 public:
  /// `within`: how long after its answer an attempt may still show an effect.
  explicit LateEffects(std::chrono::milliseconds within) : within_(within), end_(Clock::now()) {}

  /// An attempt has just been answered.
  void Attempted() { end_ = Clock::now() + within_; }

  /// Returns when the time of the last attempt is over; at once if it is already.
  void Await() const {
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
      if (left <= 0) return;
      ::poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::chrono::milliseconds within_;
  Clock::time_point end_;
};

}  // namespace readiness
