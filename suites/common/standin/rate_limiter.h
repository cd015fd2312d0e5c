#pragma once
// A fixed-window limiter per key: the window begins with the first counted event of a key, and refused ones do not
// prolong it. In memory: a restart forgets. Any thread.

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace readiness::standin {

class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimiter(int limit, std::chrono::seconds window) : limit_(limit), window_(window) {}

  /// Counts one event of `key` at `now`; false when it is one too many.
  bool Admit(const std::string& key, Clock::time_point now = Clock::now());

 private:
  struct Window {
    Clock::time_point begin;
    int count = 0;
  };

  const int limit_;
  const std::chrono::seconds window_;
  std::mutex mutex_;
  std::map<std::string, Window> windows_;
};

}  // namespace readiness::standin
