#include "cli/item_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "cli/caller.h"
#include "cli/judge_item.h"
#include "judge/record_store.h"
#include "lifecycle/session.h"

namespace readiness {
namespace {

using Clock = std::chrono::steady_clock;

// The child's way to say that its record is stored; anything else is a crash of the probe or of this program.
// Not 0, which anything may exit with.
constexpr int kRecorded = 93;
constexpr int kNotRecorded = 70;

// How the child ended, as a phrase; empty when its record is stored.
std::string DescribeEnd(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == kRecorded) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotRecorded) return "what was judged could not be recorded";
  if (WIFEXITED(status)) return fmt::format("the probe's process ended with code {}", WEXITSTATUS(status));
  return fmt::format("the probe's process was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

[[noreturn]] void JudgeInChild(const ItemRun& run, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kNotRecorded);
  const auto stored = JudgeItem(run);
  if (!stored) {
    fmt::print(stderr, "{}", RenderError(stored.error()));
    std::fflush(stderr);
  }
  ::_exit(stored ? kRecorded : kNotRecorded);
}

// Waits for `child` until `deadline` and returns why there is no record; empty when there is one.
std::string Await(pid_t child, Clock::time_point deadline, Milliseconds timeout) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  bool ended = false;
  while (!ended && descriptor >= 0) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now());
    pollfd waiting{descriptor, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready < 0 && errno == EINTR) continue;
    ended = ready > 0;
    if (!ended) break;
  }
  if (descriptor >= 0) ::close(descriptor);
  if (!ended) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended) return fmt::format("no judgement within the item's timeout of {} ms", timeout.count());
  return DescribeEnd(status);
}

std::size_t AttemptsOfRun(const ResolvedItem& resolved, const std::string& run_id) {
  const auto record = ReadRecord(resolved.suite_directory, resolved.item.id);
  return record && record->run_id == run_id ? record->attempts.size() : 0;
}

// The state directory may hold the run of another target, by hand or by mistake.
Result<void> CheckTarget(const ResolvedItem& resolved, const TargetState& state) {
  if (state.target == resolved.target_name) return {};
  return Fail({ErrorKind::kRefused, "the state directory holds the run of another target",
               Place{resolved.state_directory, 0, 0}, resolved.target_name, Printable(state.target, 200),
               "bring up the target that the item belongs to"});
}

}  // namespace

Result<Record> RunItem(const std::string& file, bool owned) {
  const auto started = Clock::now();
  ItemRun run;
  READINESS_ASSIGN(run.resolved, ReadResolvedItem(file));
  READINESS_ASSIGN(run.state, ReadState(run.resolved.state_directory));
  READINESS_RETURN_IF_ERROR(CheckTarget(run.resolved, run.state));
  READINESS_ASSIGN(const ProcessIdentity parent, Identify(::getppid()));
  READINESS_RETURN_IF_ERROR(CheckCaller(run.state, owned));
  // An item that outlived a killed CTest could write its record over that of the next run.
  if (!run.state.owner.lease_until) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent.pid) return Fail(ErrorKind::kRefused, "the owner of the running target has ended");
  }
  run.started_at = UtcNow();
  run.started = started;

  const ResolvedItem& resolved = run.resolved;
  if (auto concluded = ConcludeWithoutProbe(run)) {
    return AppendAttempt(resolved.suite_directory, MakeRecord(run, {}, *concluded));
  }
  const std::size_t attempts_before = AttemptsOfRun(resolved, run.state.run_id);
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0)
    return Fail({ErrorKind::kEnvironment, "cannot start the item's process", std::nullopt, {}, strerror(errno), {}});
  if (child == 0) JudgeInChild(run, self);

  std::string trouble = Await(child, started + resolved.item.timeout, resolved.item.timeout);
  if (trouble.empty()) {
    auto record = ReadRecord(resolved.suite_directory, resolved.item.id);
    if (record && record->run_id == run.state.run_id && record->attempts.size() > attempts_before) return record;
    trouble = "what was judged is not in the record";
  }
  return AppendAttempt(resolved.suite_directory, MakeRecord(run, {}, {Outcome::kInconclusive, trouble}));
}

}  // namespace readiness
