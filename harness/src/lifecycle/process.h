#pragma once
// Processes that are not our children, without mistaking one for a later one with the same pid: a pidfd that is opened
// and then checked against the start time. Linux only. Any thread.

#include <optional>
#include <string>

#include "engines/descriptor.h"
#include "lifecycle/session.h"
#include "readiness/result.h"

namespace readiness {

/// poll(2) on one descriptor until it is readable (or hung up) or `deadline`; restarted after signals.
bool WaitReadable(int descriptor, const Deadline& deadline);

/// A pidfd of exactly `process`; nothing when it has ended (a zombie has ended). Errors: kEnvironment.
Result<std::optional<Descriptor>> OpenPidfd(const ProcessIdentity& process);

/// False for pid 0 and for zombies.
bool IsAlive(const ProcessIdentity& process);

/// True when `process` has ended before `deadline`.
bool WaitGone(const ProcessIdentity& process, const Deadline& deadline);

/// Sends `signal` to exactly `process`, if it still lives.
void Signal(const ProcessIdentity& process, int signal);

/// "ctest (pid 4711)"; "pid 4711" when its name cannot be read.
std::string DescribeProcess(int pid);

/// The process that owns what the calling process starts: its parent. Errors: kEnvironment when the parent has ended
/// and we were given to a reaper, which would own the run for ever.
Result<ProcessIdentity> ParentIdentity();

}  // namespace readiness
