#include "lifecycle/wakeup.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace readiness {

Result<Descriptor> MakeWakeup() {
  Descriptor descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (descriptor) return descriptor;
  return Fail(Error{ErrorKind::kEnvironment, "cannot make an eventfd", std::nullopt, {}, std::strerror(errno), {}});
}

void Wake(int wakeup) {
  const int saved = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup, &one, sizeof one);
  errno = saved;
}

void Drain(int wakeup) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wakeup, &count, sizeof count);
}

Result<Descriptor> MakeAlarm(const std::optional<std::chrono::system_clock::time_point>& when) {
  Descriptor descriptor(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  itimerspec timer{};
  if (when) {
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(when->time_since_epoch());
    // Zero would disarm the timer.
    const std::int64_t milliseconds = std::max<std::int64_t>(since.count(), 1);
    timer.it_value.tv_sec = milliseconds / 1000;
    timer.it_value.tv_nsec = milliseconds % 1000 * 1'000'000;
  }
  if (descriptor && ::timerfd_settime(descriptor.get(), TFD_TIMER_ABSTIME, &timer, nullptr) == 0) return descriptor;
  return Fail(Error{ErrorKind::kEnvironment, "cannot make a timer", std::nullopt, {}, std::strerror(errno), {}});
}

}  // namespace readiness
