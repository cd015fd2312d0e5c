#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "engines/engine.h"
#include "engines/log_channel.h"
#include "engines/log_pump.h"
#include "engines/paused.h"
#include "engines/ports.h"
#include "engines/process_family.h"
#include "engines/process_table.h"
#include "engines/spawn.h"
#include "engines/start_error.h"
#include "engines/wait.h"

namespace readiness {
namespace {

/// One started process with its log. Ended and reaped through ProcessEngine::Finish only.
struct Service {
  Child child;
  std::shared_ptr<LogChannel> log;
  std::string label;  // kServiceLabel=..., for this start only
  Milliseconds stop_grace{0};
  ServiceSpec spec;
  std::vector<ProcessEntry> paused;
};

constexpr Milliseconds kPauseTime{5'000};

/// An ignored SIGCHLD, which is inherited from whoever started us, makes the kernel throw exit statuses away.
void KeepExitStatuses() {
  struct sigaction action {};
  if (::sigaction(SIGCHLD, nullptr, &action) != 0) return;
  if ((action.sa_flags & SA_NOCLDWAIT) == 0 && ((action.sa_flags & SA_SIGINFO) != 0 || action.sa_handler != SIG_IGN))
    return;
  action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &action, nullptr);
}

class ProcessEngine : public Engine {
 public:
  ProcessEngine(std::string run_id, std::string run_directory)
      : run_id_(std::move(run_id)),
        run_directory_(std::move(run_directory)),
        ports_(PortLockDirectory(), fmt::format("run {} (pid {})", run_id_, ::getpid())) {
    // Orphans of services come to us instead of to init, so that none gets out of sight.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    KeepExitStatuses();
    for (const ProcessEntry& process : ListProcesses()) {
      if (process.parent == ::getpid()) not_ours_.push_back(process.pid);
    }
  }

  ~ProcessEngine() override {
    for (auto& [name, service] : services_) Finish(service, Milliseconds(0));
    services_.clear();
    KillOrphans(not_ours_);
    ReapOrphans(not_ours_);
  }

  Result<int> ReservePort(std::optional<int> fixed) override { return ports_.Reserve(fixed); }

  Result<void> Start(const ServiceSpec& spec) override {
    READINESS_RETURN_IF_ERROR(MakeRoomFor(spec.name));
    READINESS_ASSIGN(Service service, Launch(spec, LogPatterns(spec.ready)));
    const std::optional<NotReady> problem = readiness::AwaitReady(spec, service.child, *service.log, service.label);
    if (!problem) {
      service.log->StopSearching();
      services_.emplace(spec.name, std::move(service));
      return {};
    }
    return Fail(Explain(spec, *problem, service));
  }

  Result<void> RunToEnd(const ServiceSpec& spec) override {
    READINESS_ASSIGN(Service process, Launch(spec, {}));
    const Deadline deadline(spec.startup_timeout);
    pollfd polled{process.child.pidfd.get(), POLLIN, 0};
    while (::poll(&polled, 1, deadline.PollTime()) <= 0 && !deadline.Passed()) {
    }
    const std::optional<ExitStatus> status = PeekExit(process.child);
    Finish(process, status ? Milliseconds(0) : spec.stop_grace);
    if (status && !status->by_signal && status->value == 0) return {};
    return Fail(ExplainBadEnd(spec, status ? std::optional(ToString(*status)) : std::nullopt, *process.log));
  }

  void Stop(const std::string& name) override {
    const auto service = services_.find(name);
    if (service == services_.end()) return;
    Finish(service->second, service->second.stop_grace);
    const bool was_paused = !service->second.paused.empty();
    services_.erase(service);
    if (was_paused) (void)NotePaused();
    ReapOrphans(Mains());
  }

  void Kill(const std::string& name) override {
    if (const auto service = services_.find(name); service != services_.end())
      service->second.stop_grace = Milliseconds(0);
    Stop(name);
  }

  Result<void> Pause(const std::string& name) override {
    READINESS_ASSIGN(Service * service, Running(name));
    const ProcessFamily family(service->child.pid, service->label);
    const auto note = [&](const std::vector<ProcessEntry>& members) {
      service->paused = members;
      return NotePaused();
    };
    Result<void> paused = family.Pause(note, kPauseTime);
    if (!paused) (void)Resume(name);
    return paused;
  }

  Result<void> Resume(const std::string& name) override {
    READINESS_ASSIGN(Service * service, Running(name));
    if (service->paused.empty()) return {};
    ProcessFamily(service->child.pid, service->label).Resume();
    service->paused.clear();
    return NotePaused();
  }

  Result<void> AwaitReady(const std::string& name) override {
    READINESS_ASSIGN(Service * service, Running(name));
    ServiceSpec spec = service->spec;
    std::erase_if(spec.ready, [](const WaitCondition& condition) { return condition.log.has_value(); });
    const auto problem = readiness::AwaitReady(spec, service->child, *service->log, service->label);
    if (!problem) return {};
    return Fail(ExplainNotReady(spec, *problem, Ended(*service), *service->log));
  }

  Result<std::string> ProcessOf(const std::string& name) override {
    READINESS_ASSIGN(Service * service, Running(name));
    const auto process = ReadProcess(service->child.pid);
    return fmt::format("pid {} of tick {}", service->child.pid, process ? process->start_ticks : 0);
  }

  std::vector<std::pair<std::string, std::string>> TakeEnded() override {
    std::vector<std::pair<std::string, std::string>> ended;
    for (auto service = services_.begin(); service != services_.end();) {
      const std::optional<ExitStatus> status = PeekExit(service->second.child);
      if (!status) {
        ++service;
        continue;
      }
      ended.emplace_back(service->first, ToString(*status));
      // What it left behind would hold its port and its files against a restart.
      Finish(service->second, Milliseconds(0));
      service = services_.erase(service);
    }
    ReapOrphans(Mains());
    return ended;
  }

 private:
  Result<Service*> Running(const std::string& name) {
    const auto service = services_.find(name);
    if (service == services_.end() || PeekExit(service->second.child))
      return Fail(ErrorKind::kNotAvailable, fmt::format("service {} is not running", name));
    return &service->second;
  }

  /// For KillPausedProcesses, should this process be killed meanwhile.
  Result<void> NotePaused() const {
    std::vector<ProcessEntry> all;
    for (const auto& [name, service] : services_) all.insert(all.end(), service.paused.begin(), service.paused.end());
    return WritePaused(run_directory_, all);
  }

  Result<void> MakeRoomFor(const std::string& name) {
    const auto before = services_.find(name);
    if (before == services_.end()) return {};
    if (!PeekExit(before->second.child)) {
      return Fail(ErrorKind::kInternal, fmt::format("service {} is running already", name));
    }
    Finish(before->second, Milliseconds(0));
    services_.erase(before);
    return {};
  }

  Result<Service> Launch(const ServiceSpec& spec, const std::vector<std::string>& patterns) {
    Service service;
    const std::string mark = fmt::format("{}#{}", spec.name, ++starts_);
    service.label = fmt::format("{}={}", kServiceLabel, mark);
    service.stop_grace = spec.stop_grace;
    service.spec = spec;
    service.spec.wanted_by = -1;
    READINESS_ASSIGN(service.log, LogChannel::Open(spec.log_file, patterns, kMaxLogBytes));

    SpawnRequest request;
    request.command = spec.command;
    std::map<std::string, std::string> environment = spec.environment;
    environment[kRunLabel] = run_id_;
    environment[kServiceLabel] = mark;
    for (const auto& [name, value] : environment) {
      if (name.empty() || name.find('=') != std::string::npos) {
        return Fail(Error{ErrorKind::kDefinition,
                          fmt::format("service {} has an impossible environment variable", spec.name),
                          std::nullopt,
                          "a name without =",
                          fmt::format("\"{}\"", Printable(name, 100)),
                          {}});
      }
      request.environment.push_back(name + "=" + value);
    }
    request.working_directory = spec.working_directory.empty() ? run_directory_ : spec.working_directory;
    request.output = service.log->write_end();
    request.user_id = spec.user_id;
    request.group_id = spec.group_id;
    request.private_ipc = spec.private_ipc;

    READINESS_RETURN_IF_ERROR(pump_.Add(service.log));
    Result<Child> child = Spawn(request);
    service.log->CloseWriteEnd();
    if (!child) {
      pump_.Remove(service.log.get());
      Error error = child.error();
      error.what = fmt::format("{} cannot be started: {}", spec.name, error.what);
      return Fail(std::move(error));
    }
    service.child = std::move(*child);
    return service;
  }

  /// Ends the whole family, keeps its last words, reaps it.
  void Finish(Service& service, Milliseconds grace) {
    ProcessFamily(service.child.pid, service.label).End(grace);
    service.log->DrainAll();
    pump_.Remove(service.log.get());
    Reap(service.child.pidfd.get());
  }

  Error Explain(const ServiceSpec& spec, const NotReady& problem, Service& service) {
    const std::optional<ExitStatus> status = PeekExit(service.child);
    Finish(service, status || problem.unwanted ? Milliseconds(0) : spec.stop_grace);
    return ExplainNotReady(spec, problem, status ? std::optional(ToString(*status)) : std::nullopt, *service.log);
  }

  static std::optional<std::string> Ended(const Service& service) {
    const std::optional<ExitStatus> status = PeekExit(service.child);
    return status ? std::optional(ToString(*status)) : std::nullopt;
  }

  std::vector<int> Mains() const {
    std::vector<int> pids = not_ours_;
    for (const auto& [name, service] : services_) pids.push_back(service.child.pid);
    return pids;
  }

  const std::string run_id_;
  const std::string run_directory_;
  PortReservations ports_;
  LogPump pump_;
  std::map<std::string, Service> services_;
  std::vector<int> not_ours_;  // children that were there before the engine
  int starts_ = 0;
};

}  // namespace

std::unique_ptr<Engine> MakeProcessEngine(const std::string& run_id, const std::string& run_directory) {
  return std::make_unique<ProcessEngine>(run_id, run_directory);
}

}  // namespace readiness
