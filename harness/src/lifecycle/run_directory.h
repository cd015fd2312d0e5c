#pragma once
// Where runs keep their things while they live: <temp>/readiness-<uid>/runs/<run id>, with run.json in each, so that
// what is left of a run can be found without its build tree. <temp> is $READINESS_RUNTIME_DIR, else /tmp. Folders are
// ours alone but searchable (0711): a private PostgreSQL may run as another user. Any thread.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lifecycle/session.h"
#include "readiness/result.h"

namespace readiness {

/// run.json, mode 0600: what the supervisor is to do, and who looks after the run.
struct RunRecord {
  std::string run_id;
  std::string state_directory;
  std::string target;
  std::string target_file;
  std::string deployment_file;
  std::string variant;
  std::string tool_directory;
  bool containers = false;  ///< it may have some: whoever cleans up looks for them
  std::string defects;
  std::optional<std::chrono::milliseconds> startup_timeout;
  Owner owner;
  ProcessIdentity up;
  ProcessIdentity supervisor;  ///< pid 0 until it has begun
  ProcessIdentity janitor;     ///< likewise
};

/// In the run directory once the engine has taken away all that it had started, in good order.
inline constexpr const char* kEngineEndedFile = "engine-ended";

/// Hex: eight digits that stand for this machine and this user's folder of runs on it, so that others' runs are never
/// taken for ours, and sixteen random ones.
std::string NewRunId();
bool IsRunId(const std::string& text);
bool IsRunIdOfThisFolder(const std::string& run_id);

/// Makes the run's directory and those above it; checks that they are directories, ours, and closed to others' writing.
/// Errors: kEnvironment, kRefused (somebody else's), kLimit (too long for Unix sockets).
Result<std::string> MakeRunDirectory(const std::string& run_id);

/// Where `run_id` would lie.
std::string RunDirectoryOf(const std::string& run_id);

/// Ids of all runs that have a directory.
std::vector<std::string> ListRuns();

Result<RunRecord> ReadRunRecord(const std::string& run_directory);
Result<void> WriteRunRecord(const std::string& run_directory, const RunRecord& record);

/// Is this a path that a run of `run_id` of this user can have, and not a link? Whatever a state file says is checked
/// by this before anything is removed.
bool IsRunDirectory(const std::string& run_directory, const std::string& run_id);

/// Removes the directory, run.json last, so that an interrupted removal can be found and finished. Gone already is
/// success.
Result<void> RemoveRunDirectory(const std::string& run_directory, const std::string& run_id);

}  // namespace readiness
