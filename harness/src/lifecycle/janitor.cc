// The janitor outlives the supervisor and cleans up after it, however that ended. It also ends a supervisor that is too
// busy, or too broken, to notice that its owner has gone. It starts nothing and needs nothing from the run directory
// once it has read run.json.

#include <poll.h>
#include <signal.h>

#include <array>
#include <cstdio>

#include "lifecycle/arguments.h"
#include "lifecycle/finish.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/process.h"
#include "lifecycle/wakeup.h"

namespace readiness {
namespace {

// With FinishRun's own bound this stays below the ten seconds within which nothing may be left.
constexpr std::chrono::milliseconds kSupervisorGrace{2'500};
// Containers are gone within this time in good order; by force it takes no longer from then on.
constexpr std::chrono::milliseconds kContainersGrace{4'500};
constexpr std::chrono::milliseconds kKillTime{1'000};

void IgnoreSignals() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
}

/// Returns when the supervisor has ended or the run must end; says why.
std::string AwaitEnd(const RunRecord& record, int supervisor, int owner, int alarm) {
  for (;;) {
    std::array<pollfd, 3> entries{{{supervisor, POLLIN, 0}, {owner, POLLIN, 0}, {alarm, POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0) continue;
    if (entries[0].revents != 0) return "the run has ended: its supervisor was killed";
    if (entries[1].revents != 0) return "the run has ended: its owner, " + record.owner.description + ", has ended";
    if (entries[2].revents != 0) return "the run has ended: " + record.owner.description + " is over";
  }
}

Result<int> Watch(const RunRecord& record, const std::string& run_directory) {
  READINESS_ASSIGN(const std::optional<Descriptor> supervisor, OpenPidfd(record.supervisor));
  std::string why = "the run has ended: its supervisor was killed";
  if (supervisor) {
    std::optional<Descriptor> owner;
    if (!record.owner.lease_until) {
      READINESS_ASSIGN(owner, OpenPidfd(record.owner.process));
    }
    READINESS_ASSIGN(const Descriptor alarm, MakeAlarm(record.owner.lease_until));
    const bool owned = record.owner.lease_until || owner;
    why = owned ? AwaitEnd(record, supervisor->get(), owner ? owner->get() : -1, alarm.get())
                : "the run has ended: its owner, " + record.owner.description + ", has ended";
    const Result<RunRecord> current = ReadRunRecord(run_directory);
    const auto grace = current && current->containers ? kContainersGrace : kSupervisorGrace;
    if (!WaitReadable(supervisor->get(), Deadline(grace))) {
      Signal(record.supervisor, SIGKILL);
      WaitReadable(supervisor->get(), Deadline(kKillTime));
    }
  }
  return FinishRun(record, run_directory, why);
}

}  // namespace

int RunJanitor(int argc, char** argv) {
  IgnoreSignals();
  const std::optional<std::string> run_directory = RunDirectoryArgument(argc, argv);
  if (!run_directory) return 2;
  const Result<RunRecord> record = ReadRunRecord(*run_directory);
  if (!record || !IsRunDirectory(*run_directory, record->run_id)) return 2;
  return Watch(*record, *run_directory) ? 0 : 1;
}

}  // namespace readiness
