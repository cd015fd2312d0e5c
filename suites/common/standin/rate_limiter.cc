#include "standin/rate_limiter.h"

namespace readiness::standin {
namespace {
constexpr std::size_t kMaxKeys = 10'000;
}  // namespace

bool RateLimiter::Admit(const std::string& key, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (windows_.size() >= kMaxKeys)
    std::erase_if(windows_, [&](const auto& entry) { return now - entry.second.begin >= window_; });
  Window& window = windows_[key];
  if (window.count == 0 || now - window.begin >= window_) window = {now, 0};
  if (window.count >= limit_) return false;
  ++window.count;
  return true;
}

}  // namespace readiness::standin
