#include "lifecycle/finish.h"

#include <signal.h>

#include "engines/engine.h"
#include "lifecycle/log_tail.h"
#include "lifecycle/process.h"
#include "lifecycle/state_update.h"

namespace readiness {
namespace {

constexpr std::chrono::milliseconds kKillTime{4'000};
constexpr std::chrono::milliseconds kPausedKillTime{1'000};
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

}  // namespace

Result<int> FinishRun(const RunRecord& record, const std::string& run_directory, const std::string& reason) {
  const std::string explained = ExplainEnd(record, run_directory, reason);
  // First, so that items see at once that there is nothing to judge any more.
  Result<void> marked = MarkEnded(record.state_directory, record.run_id, explained);
  const int paused = KillPausedProcesses(run_directory, kPausedKillTime);
  Result<int> killed = KillRunProcesses(record.run_id, kKillTime);
  if (!killed) {
    const std::string note = explained + "; " + killed.error().Brief();
    (void)UpdateState(record.state_directory, record.run_id, [&](TargetState& state) { state.reason = note; });
    return killed;
  }
  READINESS_RETURN_IF_ERROR(RemoveRunDirectory(run_directory, record.run_id));
  // A full disk may have prevented it; there is more room now.
  if (!marked) (void)MarkEnded(record.state_directory, record.run_id, explained);
  *killed += paused;
  return killed;
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
