#pragma once
// up, down and reap. `up` starts a supervisor outside the test process before any resource; the supervisor starts and
// owns everything of the run, watches the run's owner and ends the run when the owner ends, `down` asks for it, or the
// lease is over. A second process, the janitor, watches the supervisor and cleans up when that is killed.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lifecycle/session.h"

namespace readiness {

struct UpOptions {
  std::string name;  ///< of the target as added
  std::string target_file;
  std::string deployment_file;
  std::string variant;
  std::string state_directory;
  std::optional<std::chrono::milliseconds> startup_timeout;  ///< for the whole of `up`; unset: the services' own
  std::optional<std::chrono::seconds> lease;                 ///< unset: owned by the calling process's parent
  std::string defects;                                       ///< READINESS_DEFECTS
};

/// Starts the target. A live run of another owner is left alone (its state stays, an Error names the owner); a dead
/// owner's run is reaped first. Removes the files in `stale_files` (old verdicts) before anything else. A target that
/// did not start is not an Error of `up` but a TargetState with started == false and the reason.
Result<TargetState> Up(const UpOptions& options, const std::vector<std::string>& stale_files);

/// Ends the run of `state_directory` if it belongs to the caller's parent (or is a lease) and returns when nothing is
/// left. Nothing to end is success.
Result<void> Down(const std::string& state_directory);

struct Reaped {
  std::string run_id;
  std::string owner;
  int ended = 0;  ///< processes and containers
};

/// Ends what is left of runs on this machine (this user) whose owner is gone or lease over and whose supervisor does
/// not do it itself, also of runs of which there are but labelled processes or containers. `run_id`: that run, whoever
/// owns it.
Result<std::vector<Reaped>> Reap(const std::string& run_id = {});

/// Marks the target of `state_directory` as spoiled: later items are inconclusive with `reason`.
Result<void> Spoil(const std::string& state_directory, const std::string& reason);

/// Entry points of the two processes that Up starts by running the tool itself (`readiness supervise`, `readiness
/// janitor`).
int RunSupervisor(int argc, char** argv);
int RunJanitor(int argc, char** argv);

}  // namespace readiness
