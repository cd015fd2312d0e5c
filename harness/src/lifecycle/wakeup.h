#pragma once
// Two descriptors to wait on with poll(2): one that another thread or a signal handler makes readable, one that becomes
// readable at a point of the system's clock.

#include <chrono>
#include <optional>

#include "engines/descriptor.h"
#include "readiness/result.h"

namespace readiness {

/// An eventfd. Errors: kEnvironment.
Result<Descriptor> MakeWakeup();
/// Async-signal-safe.
void Wake(int wakeup);
/// Makes it unreadable again.
void Drain(int wakeup);

/// Readable from `when` on, also when the clock is set; never when `when` is not given. Errors: kEnvironment.
Result<Descriptor> MakeAlarm(const std::optional<std::chrono::system_clock::time_point>& when);

}  // namespace readiness
