// The supervisor owns everything of one run. Its main thread starts the target through the engine and then waits for a
// reason to end or for something to do; the guard (guard.h) is its only other thread. What items ask for over the
// control socket is done by the main thread, which may be busy with it for as long as an instance takes to start: then
// the guard sees to it that the run ends when it has to. Services die with the main thread, so it must not end before
// the run.

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/files.h"
#include "base/text.h"
#include "definition/load.h"
#include "engines/postgres.h"
#include "lifecycle/arguments.h"
#include "lifecycle/control.h"
#include "lifecycle/defects.h"
#include "lifecycle/finish.h"
#include "lifecycle/guard.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/process.h"
#include "lifecycle/respawn.h"
#include "lifecycle/run_engine.h"
#include "lifecycle/service_control.h"
#include "lifecycle/start_target.h"
#include "lifecycle/state_update.h"
#include "lifecycle/wakeup.h"

namespace readiness {
namespace {

// How long a service's own end and the loss of the run directory may go unnoticed; everything else wakes the loop.
constexpr int kTickMilliseconds = 250;

int end_wakeup = -1;
int child_wakeup = -1;

// Handlers instead of a blocked mask and a signalfd: a mask would be inherited by what the engine starts.
void CatchSignals() {
  struct sigaction action {};
  action.sa_flags = SA_RESTART;
  action.sa_handler = [](int) { Wake(end_wakeup); };
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaction(signal, &action, nullptr);
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  action.sa_handler = [](int) { Wake(child_wakeup); };
  ::sigaction(SIGCHLD, &action, nullptr);
  action.sa_handler = [](int) {};
  ::sigaction(SIGPIPE, &action, nullptr);
}

std::optional<std::string> EnvironmentVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// All problems of a definition file as one reason.
std::string Join(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) text += (text.empty() ? "" : "; ") + RenderError(error);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class Supervisor {
 public:
  Supervisor(RunRecord record, std::string run_directory, Descriptor up)
      : record_(std::move(record)), run_directory_(std::move(run_directory)), up_(std::move(up)) {}

  /// The whole life. Returns the exit code.
  int Live();

 private:
  Result<void> Prepare();
  Result<void> StartTargetOfRun();
  Result<DatabaseUrls> CreateDatabase(const std::string& name);
  /// Tells `up` that state.json holds the outcome; false when `up` is no more.
  bool TellUp(const std::string& error);
  Result<void> RecordOutcome(const Result<void>& started);
  std::string Serve();
  void Spoil(const std::string& reason);
  ControlTable MakeControlTable();
  void End(const std::string& reason);
  std::string LogFile(const std::string& service) const { return run_directory_ + "/" + service + ".log"; }

  RunRecord record_;
  std::string run_directory_;
  Descriptor up_;
  Descriptor lock_;
  Descriptor end_;
  Descriptor child_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<Engine> engine_;
  RunImages images_;
  std::optional<PostgresCluster> postgres_;
  std::optional<ControlServer> control_;
  std::optional<ServiceControl> service_control_;
  StartedTarget target_;
  Redactor redactor_;
  std::string asked_to_end_;  // by a control request; why
};

Result<void> Supervisor::Prepare() {
  READINESS_ASSIGN(lock_, LockFile(run_directory_ + "/supervisor.lock", Deadline(std::chrono::seconds(0))));
  READINESS_ASSIGN(end_, MakeWakeup());
  READINESS_ASSIGN(child_, MakeWakeup());
  end_wakeup = end_.get();
  child_wakeup = child_.get();
  CatchSignals();
  READINESS_ASSIGN(record_.supervisor, Identify(::getpid()));
  READINESS_RETURN_IF_ERROR(WriteRunRecord(run_directory_, record_));
  READINESS_ASSIGN(guard_, Guard::Start(record_, run_directory_, up_.get(), end_.get()));
  return {};
}

Result<DatabaseUrls> Supervisor::CreateDatabase(const std::string& name) {
  if (!postgres_) {
    READINESS_ASSIGN(postgres_,
                     images_.postgresql.empty()
                         ? PostgresCluster::Start(*engine_, run_directory_ + "/postgresql", LogFile("postgresql"))
                         : PostgresCluster::StartInContainer(*engine_, images_.postgresql, LogFile("postgresql")));
    redactor_.Add(postgres_->password());
  }
  return postgres_->CreateDatabase(name);
}

Result<void> Supervisor::StartTargetOfRun() {
  const Loaded<Target> target = LoadTarget(record_.target_file);
  if (!target) return Fail(ErrorKind::kDefinition, Join(target.error()));
  const Loaded<Deployment> deployment = LoadDeployment(record_.deployment_file, record_.variant, *target);
  if (!deployment) return Fail(ErrorKind::kDefinition, Join(deployment.error()));
  READINESS_ASSIGN(const DefectsRequest defects, PlanDefects(record_.defects, target->id, deployment->defects_file));
  READINESS_ASSIGN(std::string source_tree,
                   ApplyOverlays(defects.overlays, deployment->source_tree, run_directory_ + "/source"));
  if (deployment->engine == EngineKind::kCompose) READINESS_RETURN_IF_ERROR(guard_->NoteContainers());
  READINESS_ASSIGN(engine_, MakeRunEngine(*deployment, record_.run_id, run_directory_));
  READINESS_ASSIGN(
      images_, MakeRunImages(*deployment, record_.run_id, run_directory_, record_.tool_directory, EnvironmentVariable));
  StartRequest request{record_.run_id, run_directory_,      record_.tool_directory, record_.defects,
                       std::nullopt,   EnvironmentVariable, std::move(source_tree), images_};
  if (record_.startup_timeout) request.deadline.emplace(*record_.startup_timeout);
  const StartTools tools{*engine_, [this](const std::string& name) { return CreateDatabase(name); }};
  READINESS_ASSIGN(target_, StartTarget(*target, *deployment, request, tools, redactor_));
  service_control_.emplace(
      record_, run_directory_,
      ServiceControlTools{*engine_, target_, postgres_, redactor_, [this](const std::string& why) { Spoil(why); }});
  READINESS_ASSIGN(control_, ControlServer::Listen(run_directory_ + "/" + kControlSocket));
  return WriteSession(run_directory_, target_.session);
}

Result<void> Supervisor::RecordOutcome(const Result<void>& started) {
  return UpdateState(record_.state_directory, record_.run_id, [&](TargetState& state) {
    state.started = started.has_value();
    state.reason = started ? "" : Printable(redactor_.Redact(started.error().Brief()), 16 * 1024);
  });
}

bool Supervisor::TellUp(const std::string& error) {
  const std::string message = error + "\n";
  const ssize_t sent = ::send(up_.get(), message.data(), message.size(), MSG_NOSIGNAL);
  up_.Close();
  return sent == static_cast<ssize_t>(message.size());
}

int Supervisor::Live() {
  Result<void> started = Prepare();
  if (started) started = StartTargetOfRun();
  if (!started) fmt::print(stderr, "not started: {}\n", redactor_.Redact(started.error().Brief()));
  const Result<void> recorded = RecordOutcome(started);
  if (guard_) guard_->StartIsOver();
  const bool told = TellUp(recorded ? "" : recorded.error().Brief());
  std::string reason = "the target did not start";
  if (started && recorded) reason = told ? Serve() : "`readiness up` has ended";
  End("the run has ended: " + reason);
  return started && recorded ? 0 : 1;
}

std::string Supervisor::Serve() {
  const ControlTable table = MakeControlTable();
  Result<Descriptor> alarm = MakeAlarm(record_.owner.lease_until);
  Result<std::optional<Descriptor>> owner = OpenPidfd(record_.owner.process);
  if (!alarm) return alarm.error().Brief();
  if (!owner) return owner.error().Brief();
  if (!record_.owner.lease_until && !*owner) return "its owner, " + record_.owner.description + ", has ended";
  for (;;) {
    std::vector<pollfd> entries{{*owner ? (*owner)->get() : -1, POLLIN, 0},
                                {alarm->get(), POLLIN, 0},
                                {end_.get(), POLLIN, 0},
                                {child_.get(), POLLIN, 0}};
    control_->AddTo(entries);
    if (::poll(entries.data(), entries.size(), kTickMilliseconds) < 0) continue;
    if (entries[0].revents != 0) return "its owner, " + record_.owner.description + ", has ended";
    if (entries[1].revents != 0) return record_.owner.description + " is over";
    if (entries[2].revents != 0) return "it was told to end";
    if (entries[3].revents != 0) Drain(child_.get());
    control_->Serve(table, [this](const ControlClient& client) {
      const Guard::Busy busy(*guard_);
      service_control_->Closed(client);
    });
    if (!asked_to_end_.empty()) return asked_to_end_;
    if (::access(run_directory_.c_str(), F_OK) != 0) return "its directory has vanished";
    service_control_->CollectEnded();
  }
}

void Supervisor::Spoil(const std::string& reason) {
  const Result<void> written = UpdateState(record_.state_directory, record_.run_id, [&](TargetState& state) {
    if (state.spoiled.empty()) state.spoiled = reason;
  });
  if (!written) fmt::print(stderr, "cannot record it: {}\n", written.error().Brief());
}

ControlTable Supervisor::MakeControlTable() {
  ControlTable table;
  for (auto& [name, handler] : service_control_->Table()) {
    table[name] = [this, handler = handler](const Json& request, const ControlClient& client) {
      const Guard::Busy busy(*guard_);
      return handler(request, client);
    };
  }
  table["down"] = [this](const Json&, const ControlClient&) -> Result<Json> {
    asked_to_end_ = "it was told to end";
    return Json(nullptr);
  };
  return table;
}

void Supervisor::End(const std::string& reason) {
  if (guard_) guard_->Stop();
  (void)MarkEnded(record_.state_directory, record_.run_id, reason);
  control_.reset();
  service_control_.reset();
  engine_.reset();
  // Whoever cleans up after us need not fear that something is still being made.
  (void)WriteFileAtomically(run_directory_ + "/" + kEngineEndedFile, "", 0600);
  if (guard_ && guard_->HasJanitor()) return;
  const Result<int> finished = FinishRun(record_, run_directory_, reason);
  if (!finished) fmt::print(stderr, "{}\n", finished.error().Brief());
}

}  // namespace

namespace {

/// Waits for the word of `up`, which comes when the run directory is ready. False: `up` ended before.
bool AwaitWord(int up) {
  char word = 0;
  for (;;) {
    const ssize_t count = ::recv(up, &word, 1, 0);
    if (count < 0 && errno == EINTR) continue;
    return count == 1;
  }
}

/// Of a run that never began there may be a directory.
void RemoveUnbegun(const std::string& run_directory) {
  if (const Result<RunRecord> record = ReadRunRecord(run_directory)) {
    (void)FinishRun(*record, run_directory, "the run did not begin: `readiness up` has ended");
    return;
  }
  const std::size_t slash = run_directory.rfind('/');
  if (slash != std::string::npos) (void)RemoveRunDirectory(run_directory, run_directory.substr(slash + 1));
}

void LogTo(const std::string& file) {
  const Descriptor log(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log) return;
  ::dup2(log.get(), STDOUT_FILENO);
  ::dup2(log.get(), STDERR_FILENO);
}

}  // namespace

int RunSupervisor(int argc, char** argv) {
  // Whatever the engine starts must not hold the socket, or `up` would never see our end.
  Descriptor up(kKeptDescriptor);
  if (::fcntl(up.get(), F_SETFD, FD_CLOEXEC) != 0) {
    fmt::print(stderr, "`supervise` is only for `readiness up` to run\n");
    return 2;
  }
  const std::optional<std::string> run_directory = RunDirectoryArgument(argc, argv);
  if (!run_directory) return 2;
  if (!AwaitWord(up.get())) {
    RemoveUnbegun(*run_directory);
    return 1;
  }
  LogTo(*run_directory + "/supervisor.log");
  Result<RunRecord> record = ReadRunRecord(*run_directory);
  if (!record || !IsRunDirectory(*run_directory, record->run_id)) {
    fmt::print(stderr, "{}\n", record ? "not a run directory" : record.error().Brief());
    return 2;
  }
  return Supervisor(std::move(*record), *run_directory, std::move(up)).Live();
}

}  // namespace readiness
