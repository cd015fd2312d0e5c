#include "lifecycle/finish.h"

#include <signal.h>

#include <filesystem>

#include "containers/run_containers.h"
#include "engines/engine.h"
#include "lifecycle/log_tail.h"
#include "lifecycle/process.h"
#include "lifecycle/state_update.h"

namespace readiness {
namespace {

constexpr std::chrono::milliseconds kKillTime{4'000};
constexpr std::chrono::milliseconds kPausedKillTime{1'000};
constexpr std::chrono::milliseconds kContainerTime{15'000};
constexpr std::chrono::milliseconds kSupervisorGrace{5'000};
constexpr std::chrono::milliseconds kJanitorGrace{6'000};

/// A start that was cut off leaves its only explanation in the supervisor's log.
std::string ExplainEnd(const RunRecord& record, const std::string& run_directory, const std::string& reason) {
  const Result<TargetState> state = ReadState(record.state_directory);
  if (!state || state->run_id != record.run_id || state->started || state->reason != kStarting) return reason;
  Redactor redactor;
  if (const Result<Session> session = ReadSession(run_directory)) {
    for (const std::string& secret : session->secrets) redactor.Add(secret);
  }
  return ReasonWithLog(reason, run_directory + "/supervisor.log", redactor);
}

/// Containers begin during a run: `record` may be older than they.
bool MayHaveContainers(const RunRecord& record, const std::string& run_directory) {
  if (const Result<RunRecord> current = ReadRunRecord(run_directory)) return current->containers || record.containers;
  // The directory goes last: without it somebody else has finished the run already.
  std::error_code error;
  return std::filesystem::exists(run_directory, error);
}

/// Ends whatever runs; how many there were.
Result<int> EndAll(const RunRecord& record, const std::string& run_directory, bool containers) {
  const int paused = KillPausedProcesses(run_directory, kPausedKillTime);
  READINESS_ASSIGN(const int killed, KillRunProcesses(record.run_id, kKillTime));
  if (!containers) return paused + killed;
  std::error_code error;
  const bool in_order = killed == 0 && std::filesystem::exists(run_directory + "/" + kEngineEndedFile, error);
  READINESS_ASSIGN(const int removed, RemoveRunContainers(record.run_id, kContainerTime, !in_order));
  return paused + killed + removed;
}

}  // namespace

Result<int> FinishRun(const RunRecord& record, const std::string& run_directory, const std::string& reason) {
  const bool containers = MayHaveContainers(record, run_directory);
  const std::string explained = ExplainEnd(record, run_directory, reason);
  // First, so that items see at once that there is nothing to judge any more.
  Result<void> marked = MarkEnded(record.state_directory, record.run_id, explained);
  const Result<int> ended = EndAll(record, run_directory, containers);
  if (!ended) {
    const std::string note = explained + "; " + ended.error().Brief();
    (void)UpdateState(record.state_directory, record.run_id, [&](TargetState& state) { state.reason = note; });
    return ended;
  }
  READINESS_RETURN_IF_ERROR(RemoveRunDirectory(run_directory, record.run_id));
  // A full disk may have prevented it; there is more room now.
  if (!marked) (void)MarkEnded(record.state_directory, record.run_id, explained);
  return ended;
}

Result<int> EndRun(const RunRecord& record, const std::string& run_directory, const std::string& reason) {
  // The copy given may be older than the processes that now look after the run.
  const auto current = [&] {
    Result<RunRecord> read = ReadRunRecord(run_directory);
    return read && read->run_id == record.run_id ? *read : record;
  };
  const ProcessIdentity supervisor = current().supervisor;
  if (IsAlive(supervisor)) {
    Signal(supervisor, SIGTERM);
    if (!WaitGone(supervisor, Deadline(kSupervisorGrace))) {
      Signal(supervisor, SIGKILL);
      WaitGone(supervisor, Deadline(kKillTime));
    }
  }
  WaitGone(current().janitor, Deadline(kJanitorGrace));
  return FinishRun(record, run_directory, reason);
}

}  // namespace readiness
