#pragma once
// Starts one child process in a session of its own with nothing inherited: no descriptors, no environment, no signal
// dispositions. The child is killed by the kernel when the thread that called Spawn ends, so that thread has to live as
// long as the child shall.

#include <optional>
#include <string>
#include <vector>

#include "engines/descriptor.h"
#include "readiness/result.h"

namespace readiness {

struct SpawnRequest {
  std::vector<std::string> command;      ///< [0] without a slash is searched in the PATH of `environment`
  std::vector<std::string> environment;  ///< NAME=value, complete
  std::string working_directory;
  int output = -1;                   ///< becomes stdout and stderr
  int input = -1;                    ///< becomes stdin; unset: /dev/null
  int errors = -1;                   ///< becomes stderr; unset: as output
  std::optional<unsigned> user_id;   ///< needs root unless it is ours
  std::optional<unsigned> group_id;  ///< unset: the user's primary group
  bool private_ipc = false;          ///< as ServiceSpec::private_ipc
};

struct Child {
  int pid = 0;
  Descriptor pidfd;
};

struct ExitStatus {
  bool by_signal = false;
  int value = 0;  ///< exit code or signal number; kLost when somebody else has reaped the process
  static constexpr int kLost = -1;
};

/// "exited with code 1", "killed by signal 9 (Killed)"
std::string ToString(const ExitStatus& status);

/// Returns when the program has been executed. Errors: kEnvironment (program not found, permission denied, no such
/// folder, user cannot be taken), kDefinition (a NUL byte, no command).
Result<Child> Spawn(const SpawnRequest& request);

/// How `child` ended, or nothing if it still runs. It stays a zombie, which keeps its pid and process group from being
/// reused.
std::optional<ExitStatus> PeekExit(const Child& child);

/// Removes the zombie that `pidfd` refers to, if it is one of ours.
void Reap(int pidfd);

}  // namespace readiness
