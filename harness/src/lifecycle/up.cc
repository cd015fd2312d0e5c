#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "engines/engine.h"
#include "lifecycle/finish.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/log_tail.h"
#include "lifecycle/process.h"
#include "lifecycle/respawn.h"
#include "lifecycle/run_directory.h"
#include "lifecycle/state_update.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

// Under the lock the dead run of an earlier owner may have to be ended first.
constexpr std::chrono::seconds kLockTime{40};
// The supervisor keeps to the startup timeout itself; this is for one that does not.
constexpr std::chrono::seconds kAnswerMargin{10};
// Before the start itself: images that are made for the first time.
constexpr std::chrono::minutes kImageTime{10};
constexpr std::chrono::hours kLongestStart{1};
constexpr std::size_t kMaxAnswer = 64 * 1024;

std::string Absolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

Result<Owner> OwnerFor(const std::optional<std::chrono::seconds>& lease) {
  if (!lease) {
    READINESS_ASSIGN(const ProcessIdentity parent, ParentIdentity());
    return Owner{parent, DescribeProcess(parent.pid), std::nullopt};
  }
  const auto until = std::chrono::system_clock::now() + *lease;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(until);
  return Owner{{}, fmt::format("lease until {:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds)), until};
}

/// What the state directory's earlier runs left: from their run records, and from a state file whose record is gone.
std::vector<std::pair<RunRecord, std::string>> EarlierRuns(const std::string& state_directory) {
  std::set<std::string> directories;
  for (const std::string& run_id : ListRuns()) directories.insert(RunDirectoryOf(run_id));
  const Result<TargetState> state = ReadState(state_directory);
  if (state) directories.insert(state->run_directory);
  std::vector<std::pair<RunRecord, std::string>> runs;
  bool seen = false;
  for (const std::string& directory : directories) {
    Result<RunRecord> record = ReadRunRecord(directory);
    if (!record || record->state_directory != state_directory || !IsRunDirectory(directory, record->run_id)) continue;
    seen = seen || (state && record->run_id == state->run_id);
    runs.emplace_back(std::move(*record), directory);
  }
  if (state && !seen && IsRunId(state->run_id)) {
    RunRecord record;
    record.run_id = state->run_id;
    record.state_directory = state_directory;
    record.owner = state->owner;
    runs.emplace_back(std::move(record), state->run_directory);
  }
  return runs;
}

/// Has this run an owner other than `me` who may still use it? A process' claim lasts as long as the process, since its
/// items may yet read the state even of a run that is over; a lease's only as long as something runs.
bool IsHeld(const RunRecord& run, const Owner& me) {
  if (!run.owner.lease_until) return run.owner.process != me.process && IsAlive(run.owner.process);
  const bool runs = IsAlive(run.supervisor) || IsAlive(run.janitor) || IsAlive(run.up);
  return std::chrono::system_clock::now() < *run.owner.lease_until && runs;
}

Result<void> TakeOver(const std::string& state_directory, const Owner& me) {
  const auto runs = EarlierRuns(state_directory);
  for (const auto& run : runs) {
    if (!IsHeld(run.first, me)) continue;
    return Fail(Error{ErrorKind::kRefused, "the target of this build tree belongs to somebody else",
                      Place{state_directory, 0, 0}, fmt::format("no other owner than {}", me.description),
                      fmt::format("owner {}", run.first.owner.description),
                      "wait until it has ended, end it, or use a build tree of your own"});
  }
  for (const auto& [record, directory] : runs)
    READINESS_RETURN_IF_ERROR(EndRun(record, directory, "the run has ended: `up` ran again"));
  return {};
}

Result<void> RemoveStale(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    std::error_code error;
    fs::remove(file, error);
    if (!error) continue;
    return Fail(Error{ErrorKind::kEnvironment,
                      "cannot remove an old verdict",
                      Place{file, 0, 0},
                      {},
                      error.message(),
                      "an old verdict must not outlive the run; remove it by hand"});
  }
  return {};
}

/// A run whose supervisor waits for the word to begin.
struct Prepared {
  RunRecord record;
  std::string directory;
  Descriptor supervisor;  ///< yields its answer, or the end of file when it has ended without one
};

/// Starts the supervisor. It does nothing before it gets the word, and cleans up when it never does.
Result<Descriptor> StartSupervisor(const RunRecord& record, const std::string& run_directory) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Fail(
        Error{ErrorKind::kEnvironment, "cannot make a socket pair", std::nullopt, {}, std::strerror(errno), {}});
  }
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  SpawnOptions options;
  options.arguments = {"supervise", "--run-directory", run_directory};
  options.environment = OwnEnvironment();
  options.environment[kRunLabel] = record.run_id;
  options.kept_descriptor = theirs.get();
  options.orphaned = true;
  READINESS_ASSIGN([[maybe_unused]] const int none, SpawnSelf(options));
  return ours;
}

/// The run's directory and records, and the word.
Result<void> Begin(const Prepared& run, const TargetState& state) {
  READINESS_ASSIGN([[maybe_unused]] const std::string directory, MakeRunDirectory(run.record.run_id));
  READINESS_RETURN_IF_ERROR(WriteRunRecord(run.directory, run.record));
  READINESS_RETURN_IF_ERROR(WriteState(run.record.state_directory, state));
  if (::send(run.supervisor.get(), "\n", 1, MSG_NOSIGNAL) == 1) return {};
  return Fail(ErrorKind::kEnvironment, "the supervisor ended before it began");
}

Result<Prepared> Prepare(const UpOptions& options, const std::string& state_directory, const Owner& owner) {
  Prepared run;
  RunRecord& record = run.record;
  record.run_id = NewRunId();
  record.state_directory = state_directory;
  record.target = options.name;
  record.target_file = Absolute(options.target_file);
  record.deployment_file = Absolute(options.deployment_file);
  record.variant = options.variant;
  record.defects = options.defects;
  record.startup_timeout = options.startup_timeout;
  record.owner = owner;
  run.directory = RunDirectoryOf(record.run_id);
  READINESS_ASSIGN(record.tool_directory, ProgramDirectory());
  READINESS_ASSIGN(record.up, Identify(::getpid()));
  // Before there is anything that it would have to remove, should we be killed.
  READINESS_ASSIGN(run.supervisor, StartSupervisor(record, run.directory));
  const Result<void> begun = Begin(run, {record.run_id, options.name, owner, false, kStarting, run.directory, {}});
  if (begun) return run;
  run.supervisor.Close();
  (void)EndRun(record, run.directory, begun.error().Brief());
  return Fail(begun.error());
}

/// Of a run that could not even begin nothing else is left: without it the items could only say that `up` has not run.
void RecordUnbegun(const std::string& target, const std::string& state_directory, const Owner& owner,
                   const Error& error) {
  const std::string run_id = NewRunId();
  std::string reason = "the run could not begin: " + error.Brief();
  if (!error.fix.empty()) reason += "; " + error.fix;
  // The error is what `up` returns; a state that cannot be written leaves that of a run that is over.
  (void)WriteState(state_directory, {run_id, target, owner, false, Printable(reason), RunDirectoryOf(run_id), {}});
}

/// Everything that needs the lock: nobody else decides about this state directory meanwhile.
Result<Prepared> Decide(const UpOptions& options, const std::string& state_directory,
                        const std::vector<std::string>& stale_files) {
  READINESS_RETURN_IF_ERROR(MakeDirectories(state_directory));
  READINESS_ASSIGN(const Owner owner, OwnerFor(options.lease));
  READINESS_ASSIGN(const Descriptor lock, LockFile(state_directory + "/up.lock", Deadline(kLockTime)));
  READINESS_RETURN_IF_ERROR(TakeOver(state_directory, owner));
  const Result<void> removed = RemoveStale(stale_files);
  Result<Prepared> prepared = removed ? Prepare(options, state_directory, owner) : Fail(removed.error());
  if (!prepared) RecordUnbegun(options.name, state_directory, owner, prepared.error());
  return prepared;
}

enum class Answer { kRecorded, kNotRecorded, kEnded, kLate };

Answer AwaitAnswer(int supervisor, const Deadline& deadline, std::string& error) {
  while (error.size() < kMaxAnswer) {
    if (!WaitReadable(supervisor, deadline)) return Answer::kLate;
    char buffer[4096];
    const ssize_t count = ::recv(supervisor, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Answer::kEnded;
    error.append(buffer, static_cast<std::size_t>(count));
    if (error.back() == '\n') break;
  }
  if (!error.empty()) error.pop_back();
  return error.empty() ? Answer::kRecorded : Answer::kNotRecorded;
}

bool HasContainers(const Prepared& run) {
  const Result<RunRecord> record = ReadRunRecord(run.directory);
  return record && record->containers;
}

/// Ends a run that did not come up, and reads what it came to.
Result<TargetState> Conclude(const Prepared& run, const std::string& reason) {
  const std::string explained = ReasonWithLog(reason, run.directory + "/supervisor.log", Redactor());
  READINESS_RETURN_IF_ERROR(EndRun(run.record, run.directory, explained));
  return ReadState(run.record.state_directory);
}

}  // namespace

Result<TargetState> Up(const UpOptions& options, const std::vector<std::string>& stale_files) {
  const std::string state_directory = Absolute(options.state_directory);
  READINESS_ASSIGN(const Prepared run, Decide(options, state_directory, stale_files));
  const Milliseconds patience =
      options.startup_timeout ? *options.startup_timeout + kAnswerMargin : Milliseconds(kLongestStart);
  std::string error;
  Answer answer = AwaitAnswer(run.supervisor.get(), Deadline(patience), error);
  if (answer == Answer::kLate && HasContainers(run)) {
    answer = AwaitAnswer(run.supervisor.get(), Deadline(kImageTime), error);
  }
  switch (answer) {
    case Answer::kRecorded: {
      READINESS_ASSIGN(TargetState state, ReadState(state_directory));
      if (state.started) return state;
      return Conclude(run, "the target did not start");
    }
    case Answer::kNotRecorded:
      (void)EndRun(run.record, run.directory, error);
      return Fail(ErrorKind::kEnvironment, "the outcome of the start could not be recorded: " + error);
    case Answer::kEnded:
      return Conclude(run, "the supervisor ended during start");
    case Answer::kLate:
      break;
  }
  return Conclude(run, fmt::format("the supervisor did not finish the start within {} ms", patience.count()));
}

Result<void> Down(const std::string& given_state_directory) {
  const std::string state_directory = Absolute(given_state_directory);
  const Result<TargetState> state = ReadState(state_directory);
  if (!state) {
    if (state.error().kind == ErrorKind::kTarget) return {};
    return Fail(state.error());
  }
  const Owner& owner = state->owner;
  if (!owner.lease_until && IsAlive(owner.process)) {
    READINESS_ASSIGN(const ProcessIdentity parent, ParentIdentity());
    READINESS_RETURN_IF_ERROR(CheckOwner(*state, parent));
  }
  for (const auto& [record, directory] : EarlierRuns(state_directory)) {
    if (record.run_id != state->run_id) continue;
    READINESS_RETURN_IF_ERROR(EndRun(record, directory, "the run has ended: `down` ran"));
  }
  return {};
}

Result<void> Spoil(const std::string& given_state_directory, const std::string& reason) {
  const std::string state_directory = Absolute(given_state_directory);
  READINESS_ASSIGN(const TargetState state, ReadState(state_directory));
  return UpdateState(state_directory, state.run_id, [&](TargetState& current) {
    // The first reason is the one that explains the later ones.
    if (current.spoiled.empty()) current.spoiled = Printable(reason.empty() ? "spoiled" : reason, 8192);
  });
}

}  // namespace readiness
