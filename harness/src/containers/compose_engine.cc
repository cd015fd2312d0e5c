#include "containers/compose_engine.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <system_error>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "containers/compose_project.h"
#include "containers/container_cli.h"
#include "containers/container_state.h"
#include "containers/log_follower.h"
#include "containers/run_containers.h"
#include "engines/ports.h"
#include "engines/start_error.h"
#include "engines/wait.h"

namespace readiness {
namespace {

constexpr Milliseconds kConfigTime{60'000};
constexpr Milliseconds kCallTime{30'000};
constexpr Milliseconds kEndTime{2'000};     // from the end of a container's log to its own
constexpr Milliseconds kLastLines{5'000};   // from a container's end to that of its log
constexpr Milliseconds kRemoveTime{8'000};  // of the ten seconds in which a run has to be gone
constexpr Milliseconds kUpTime{60'000};     // what compose itself may need beside the startup time
constexpr std::size_t kRemovals = 8;        // at a time

struct Service {
  ServiceSpec spec;
  Json made;                            // what its container was made from
  std::optional<LogFollower> follower;  // while it runs
  ContainerPort inside;
  bool paused = false;
  std::vector<Attachment> taken;  // networks that it was cut off from
  bool of_files = false;          // the compose files depend on it, the deployment does not name it
};

using Names = std::vector<std::string>;

bool IsId(const std::string& alias, const std::string& id) {
  return !alias.empty() && id.starts_with(alias);
}

class ComposeEngine : public Engine {
 public:
  ComposeEngine(ContainerCli cli, std::string run_id, std::string run_directory)
      : cli_(std::move(cli)),
        run_id_(std::move(run_id)),
        run_directory_(std::move(run_directory)),
        ports_(PortLockDirectory(), fmt::format("run {} (pid {})", run_id_, ::getpid())) {}

  ~ComposeEngine() override {
    if (!made_any_) return;
    const Deadline end(kRemoveTime);
    // Half of the time at most: the rest belongs to the search for what is left.
    RemoveKnown(Deadline(kRemoveTime / 2));
    const Result<int> removed = RemoveRunContainers(run_id_, end.Remaining(), up_was_cut_off_);
    if (!removed) fmt::print(stderr, "{}\n", removed.error().Brief());
    const Deadline deadline(kEndTime);
    for (auto& [name, service] : services_) {
      if (service.follower) service.follower->End(deadline.Remaining());
    }
  }

  Result<int> ReservePort(std::optional<int> fixed) override { return ports_.Reserve(fixed); }
  Result<void> UseCompose(const ComposeSources& sources) override;
  Result<void> Start(const ServiceSpec& spec) override { return StartAll({spec}); }
  Result<void> StartAll(const std::vector<ServiceSpec>& specs) override;
  Result<void> RunToEnd(const ServiceSpec& spec) override;

  void Stop(const std::string& name) override {
    if (const auto found = services_.find(name); found != services_.end())
      End(found->second, found->second.spec.stop_grace);
  }
  void Kill(const std::string& name) override {
    if (const auto found = services_.find(name); found != services_.end()) End(found->second, Milliseconds(0));
  }
  void Discard(const std::string& name) override {
    if (!services_.contains(name)) return;
    Remove({name});
    services_.erase(name);
  }

  Result<void> Pause(const std::string& name) override;
  Result<void> Resume(const std::string& name) override;
  Result<void> CutOff(const std::string& name) override;
  Result<void> Rejoin(const std::string& name) override;
  Result<void> AwaitReady(const std::string& name) override;
  Result<std::string> ProcessOf(const std::string& name) override;
  std::vector<std::pair<std::string, std::string>> TakeEnded() override;

 private:
  std::string Container(const std::string& service) const { return ContainerName(run_id_, service); }

  Result<Service*> Running(const std::string& name) {
    const auto found = services_.find(name);
    if (found == services_.end() || !found->second.follower || found->second.follower->HasEnded())
      return Fail(ErrorKind::kNotAvailable, fmt::format("service {} is not running", name));
    return &found->second;
  }

  Result<Json> MakeProject(const std::vector<ServiceSpec>& specs) const;
  /// Compose's own work for `names`, and their part in `project`.
  Result<void> Up(const Json& project, const std::vector<ServiceSpec>& specs, const Names& names);
  Error ExplainUp(const Error& error, const Json& project, const Names& names);
  /// Starts the kept container of `service` again.
  Result<void> StartKept(Service& service);
  /// Follows the containers of `names`, which run or have run, and learns where they are.
  Result<void> Attach(const Names& names, const std::string& since);
  Result<void> Await(Service& service);
  void End(Service& service, Milliseconds grace);
  void Remove(const Names& names);
  /// Removes what it knows to have made, all at once; what is left after that is found by label.
  void RemoveKnown(const Deadline& deadline) const;
  Result<void> RejoinNetworks(Service& service);
  /// What became of a service whose log has ended.
  struct LookAtEnd {
    bool runs_on = false;
    bool well = false;  // exit code 0
    std::string how_it_ended;
  };
  LookAtEnd Look(const Service& service) const;
  /// Where the containers of `names` have their ports, for those who have to know.
  Result<void> Locate(const Names& names);

  const ContainerCli cli_;
  const std::string run_id_;
  const std::string run_directory_;
  PortReservations ports_;
  LogPump pump_;
  Json sources_;
  std::map<std::string, Service> services_;
  std::set<std::string> networks_;
  bool made_any_ = false;
  bool up_was_cut_off_ = false;  // the engine may still be working on what it was asked for
};

Result<void> ComposeEngine::UseCompose(const ComposeSources& sources) {
  const auto config = cli_.Compose("readiness-" + run_id_, sources.files, sources.environment, {"config"}, kConfigTime);
  if (!config) {
    Error error = config.error();
    if (error.kind != ErrorKind::kTarget) return Fail(std::move(error));
    error.kind = ErrorKind::kDefinition;
    error.what = "the deployment's compose files cannot be used";
    error.expected = "what `compose config` accepts";
    return Fail(std::move(error));
  }
  READINESS_ASSIGN(sources_, ParseComposeConfig(config->output));
  return {};
}

// ---- start --------------------------------------------------------------------------------------------------------

Result<Json> ComposeEngine::MakeProject(const std::vector<ServiceSpec>& specs) const {
  std::vector<ServiceSpec> all = specs;
  for (const auto& [name, service] : services_) {
    const bool replaced = std::any_of(specs.begin(), specs.end(),
                                      [&, &name = name](const ServiceSpec& spec) { return spec.name == name; });
    if (!replaced && !service.of_files) all.push_back(service.spec);
  }
  return MakeComposeProject(run_id_, sources_, all);
}

Result<void> ComposeEngine::StartAll(const std::vector<ServiceSpec>& specs) {
  if (specs.empty()) return {};
  for (const ServiceSpec& spec : specs) {
    if (Running(spec.name)) return Fail(ErrorKind::kInternal, fmt::format("service {} is running already", spec.name));
  }
  READINESS_ASSIGN(const Json project, MakeProject(specs));
  Names fresh;
  for (const ServiceSpec& spec : specs) {
    const auto before = services_.find(spec.name);
    if (before != services_.end() && before->second.made == project["services"][spec.name]) {
      before->second.spec = spec;
      READINESS_RETURN_IF_ERROR(StartKept(before->second));
    } else {
      fresh.push_back(spec.name);
    }
  }
  if (!fresh.empty()) {
    READINESS_RETURN_IF_ERROR(Up(project, specs, fresh));
  }
  for (const ServiceSpec& spec : specs) {
    Service& service = services_.at(spec.name);
    const Result<void> ready = Await(service);
    service.spec.wanted_by = -1;
    READINESS_RETURN_IF_ERROR(ready);
  }
  return {};
}

Result<void> ComposeEngine::Up(const Json& project, const std::vector<ServiceSpec>& specs, const Names& names) {
  const Names before = [&] {
    Names known;
    for (const std::string& name : names) {
      if (services_.contains(name)) known.push_back(name);
    }
    return known;
  }();
  if (!before.empty()) Remove(before);
  Names newcomers = names;
  for (const auto& [name, made] : project["services"].items()) {
    const bool asked = std::find(names.begin(), names.end(), name) != names.end();
    if (!asked && !services_.contains(name)) newcomers.push_back(name);
  }
  READINESS_ASSIGN(const std::string text, ComposeText(project));
  const std::string file = run_directory_ + "/compose.json";
  READINESS_RETURN_IF_ERROR(WriteFileAtomically(file, text, 0600));

  Milliseconds deadline(0);
  for (const ServiceSpec& spec : specs) deadline = std::max(deadline, spec.startup_timeout + kUpTime);
  std::vector<std::string> arguments{"up", "-d"};
  // What the others depend on as well may be stopped or paused by an item: it is not to be touched.
  if (newcomers.size() == names.size()) arguments.emplace_back("--no-deps");
  arguments.insert(arguments.end(), names.begin(), names.end());
  made_any_ = true;
  for (const auto& network : project["networks"].items())
    networks_.insert(fmt::format("readiness-{}_{}", run_id_, network.key()));
  if (const auto up = cli_.Compose("readiness-" + run_id_, {file}, {}, arguments, deadline); !up) {
    up_was_cut_off_ = up_was_cut_off_ || up.error().kind == ErrorKind::kTimeout;
    Error error = ExplainUp(up.error(), project, newcomers);
    for (const std::string& name : names) services_.erase(name);
    Remove(newcomers);
    return Fail(std::move(error));
  }
  for (const std::string& name : newcomers) {
    Service service;
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](const ServiceSpec& one) { return one.name == name; });
    service.of_files = spec == specs.end();
    if (!service.of_files) service.spec = *spec;
    service.spec.name = name;
    if (service.of_files) service.spec.log_file = fmt::format("{}/{}.log", run_directory_, name);
    service.made = project["services"][name];
    services_.erase(name);
    services_.emplace(name, std::move(service));
  }
  return Attach(newcomers, "");
}

Error ComposeEngine::ExplainUp(const Error& error, const Json& project, const Names& names) {
  Error explained = error;
  explained.what = fmt::format("compose did not start {}", fmt::join(names, ", "));
  if (error.kind == ErrorKind::kTimeout)
    explained.fix = "a longer startup_timeout_ms: it includes what is fetched, built, and waited for by depends_on";
  Names containers;
  for (const std::string& name : names) containers.push_back(Container(name));
  const auto states = InspectContainers(cli_, containers);
  if (!states) return explained;
  for (const std::string& name : names) {
    const auto state = states->find(Container(name));
    if (state == states->end() || state->second.running || state->second.started_at.starts_with("0001")) continue;
    const bool well = state->second.exit_code == 0 && state->second.problem.empty();
    if (well || !project["services"].contains(name)) continue;
    explained.actual += fmt::format("; service {} {}", name, state->second.HowItEnded());
    const auto log = cli_.Docker({"logs", "--tail", "20", Container(name)}, kCallTime);
    if (log && !(log->output + log->errors).empty())
      explained.actual += ", the last lines of its log:\n" + Printable(log->output + log->errors, 16'000);
  }
  return explained;
}

Result<void> ComposeEngine::StartKept(Service& service) {
  const std::string container = Container(service.spec.name);
  // The engine's own clock tells the lines that were read before from those to come.
  READINESS_ASSIGN(const CliEnd last, cli_.Docker({"logs", "--timestamps", "--tail", "1", container}, kCallTime));
  const std::string since = JustAfter(last.output.empty() ? last.errors : last.output);
  READINESS_RETURN_IF_ERROR(RejoinNetworks(service));
  if (const auto started = cli_.Docker({"start", container}, service.spec.startup_timeout + kUpTime); !started) {
    Error error = started.error();
    error.what = fmt::format("{} cannot be started: {}", service.spec.name, error.what);
    return Fail(std::move(error));
  }
  return Attach({service.spec.name}, since);
}

Result<void> ComposeEngine::Attach(const Names& names, const std::string& since) {
  for (const std::string& name : names) {
    Service& service = services_.at(name);
    READINESS_ASSIGN(LogFollower follower, LogFollower::Start(cli_, pump_, Container(name), since,
                                                              service.spec.log_file, LogPatterns(service.spec.ready)));
    service.follower.emplace(std::move(follower));
    service.paused = false;
  }
  return Locate(names);
}

Result<void> ComposeEngine::Locate(const Names& names) {
  // Only who looks at ports needs their places: with HTTP the published port tells enough.
  Names containers;
  for (const std::string& name : names) {
    const auto& ready = services_.at(name).spec.ready;
    if (std::any_of(ready.begin(), ready.end(), [](const WaitCondition& one) { return one.port_open; }))
      containers.push_back(Container(name));
  }
  READINESS_ASSIGN(const auto states, InspectContainers(cli_, containers));
  for (const std::string& name : names) {
    const auto state = states.find(Container(name));
    if (state == states.end()) continue;
    Service& service = services_.at(name);
    service.inside = {{}, service.spec.container->port};
    for (const Attachment& attachment : state->second.networks) {
      if (!attachment.address.empty()) service.inside.address = attachment.address;
    }
  }
  return {};
}

Result<void> ComposeEngine::Await(Service& service) {
  LogFollower& follower = *service.follower;
  const std::optional<NotReady> problem =
      AwaitContainerReady(service.spec, service.inside, follower.child(), follower.log());
  if (!problem) {
    follower.log().StopSearching();
    return {};
  }
  const std::shared_ptr<const LogChannel> log = follower.SharedLog();
  follower.log().DrainAll();
  std::optional<std::string> ended;
  if (problem->ended) ended = Look(service).how_it_ended;
  End(service, ended || problem->unwanted ? Milliseconds(0) : service.spec.stop_grace);
  return Fail(ExplainNotReady(service.spec, *problem, ended, *log));
}

Result<void> ComposeEngine::RunToEnd(const ServiceSpec& spec) {
  if (Running(spec.name)) return Fail(ErrorKind::kInternal, fmt::format("service {} is running already", spec.name));
  ServiceSpec job = spec;
  job.ready.clear();
  READINESS_ASSIGN(const Json project, MakeProject({job}));
  READINESS_RETURN_IF_ERROR(Up(project, {job}, {job.name}));
  Service& service = services_.at(job.name);
  const Deadline deadline(job.startup_timeout);
  pollfd polled{service.follower->child().pidfd.get(), POLLIN, 0};
  while (::poll(&polled, 1, deadline.PollTime()) <= 0 && !deadline.Passed()) {
  }
  const std::shared_ptr<const LogChannel> log = service.follower->SharedLog();
  service.follower->log().DrainAll();
  const LookAtEnd look = polled.revents != 0 ? Look(service) : LookAtEnd{};
  const bool ended = !look.how_it_ended.empty();
  End(service, ended ? Milliseconds(0) : job.stop_grace);
  Remove({job.name});
  services_.erase(job.name);
  if (ended && look.well) return {};
  return Fail(ExplainBadEnd(job, ended ? std::optional(look.how_it_ended) : std::nullopt, *log));
}

// ---- end ----------------------------------------------------------------------------------------------------------

ComposeEngine::LookAtEnd ComposeEngine::Look(const Service& service) const {
  const std::string container = Container(service.spec.name);
  auto states = InspectContainers(cli_, {container});
  if (states && states->contains(container) && states->at(container).running) {
    // The end of its log comes a little before its own; if that does not come, something else has ended the follower.
    if (!cli_.Docker({"wait", container}, kEndTime)) return {true, false, "runs on, but its log cannot be followed"};
    states = InspectContainers(cli_, {container});
  }
  if (!states) return {false, false, fmt::format("cannot be asked about: {}", states.error().Brief())};
  const auto state = states->find(container);
  if (state == states->end()) return {false, false, "was removed by somebody else"};
  const bool well = state->second.exit_code == 0 && state->second.problem.empty() && !state->second.out_of_memory;
  return {false, well, state->second.HowItEnded()};
}

void ComposeEngine::End(Service& service, Milliseconds grace) {
  if (!service.follower) return;
  const std::string container = Container(service.spec.name);
  const bool kill = grace.count() <= 0;
  if (service.paused && !kill) (void)cli_.Docker({"unpause", container}, kCallTime);
  bool ended = false;
  if (!kill) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(grace);
    ended = cli_.Docker({"stop", "-t", std::to_string(seconds.count()), container}, grace + kCallTime).has_value();
  }
  // Also the answer to a stop that did not work. What has ended already says so, which is fine.
  if (!ended) (void)cli_.Docker({"kill", container}, kCallTime);
  if (service.paused && kill) (void)cli_.Docker({"unpause", container}, kCallTime);
  service.paused = false;
  service.follower->End(kLastLines);
  service.follower.reset();
}

void ComposeEngine::Remove(const Names& names) {
  std::vector<std::string> arguments{"rm", "--force", "--volumes"};
  for (const std::string& name : names) arguments.push_back(Container(name));
  (void)cli_.Docker(arguments, kCallTime);
  for (const std::string& name : names) {
    const auto found = services_.find(name);
    if (found == services_.end() || !found->second.follower) continue;
    found->second.follower->End(kLastLines);
    found->second.follower.reset();
  }
}

void ComposeEngine::RemoveKnown(const Deadline& deadline) const {
  std::vector<std::thread> removals;
  std::atomic<std::size_t> next = 0;
  Names containers;
  for (const auto& entry : services_) containers.push_back(Container(entry.first));
  const auto remove = [&] {
    for (std::size_t at = next++; at < containers.size(); at = next++)
      (void)cli_.Docker({"rm", "--force", "--volumes", containers[at]}, deadline.Remaining());
  };
  try {
    for (std::size_t i = 1; i < std::min(containers.size(), kRemovals); ++i) removals.emplace_back(remove);
  } catch (const std::system_error&) {
    // Then those that there are do it all.
  }
  remove();
  for (std::thread& removal : removals) removal.join();
  std::vector<std::string> arguments{"network", "rm"};
  arguments.insert(arguments.end(), networks_.begin(), networks_.end());
  (void)cli_.Docker(arguments, deadline.Remaining());
}

std::vector<std::pair<std::string, std::string>> ComposeEngine::TakeEnded() {
  std::vector<std::pair<std::string, std::string>> ended;
  for (auto& [name, service] : services_) {
    if (!service.follower || !service.follower->HasEnded()) continue;
    service.follower->End(Milliseconds(0));
    service.follower.reset();
    const LookAtEnd look = Look(service);
    // A job of the compose files that is done is no news.
    if (service.of_files && look.well) continue;
    if (look.runs_on) (void)cli_.Docker({"kill", Container(name)}, kCallTime);
    ended.emplace_back(name, look.how_it_ended);
  }
  return ended;
}

// ---- faults -------------------------------------------------------------------------------------------------------

Result<void> ComposeEngine::Pause(const std::string& name) {
  READINESS_ASSIGN(Service * service, Running(name));
  if (service->paused) return {};
  READINESS_ASSIGN([[maybe_unused]] const CliEnd end, cli_.Docker({"pause", Container(name)}, kCallTime));
  service->paused = true;
  return {};
}

Result<void> ComposeEngine::Resume(const std::string& name) {
  READINESS_ASSIGN(Service * service, Running(name));
  if (!service->paused) return {};
  READINESS_ASSIGN([[maybe_unused]] const CliEnd end, cli_.Docker({"unpause", Container(name)}, kCallTime));
  service->paused = false;
  return {};
}

Result<void> ComposeEngine::CutOff(const std::string& name) {
  READINESS_ASSIGN(Service * service, Running(name));
  if (!service->taken.empty()) return {};
  const std::string container = Container(name);
  READINESS_ASSIGN(const auto states, InspectContainers(cli_, {container}));
  const auto state = states.find(container);
  if (state == states.end() || state->second.networks.empty())
    return Fail(ErrorKind::kNotAvailable, fmt::format("service {} has no network of its own", name));
  for (Attachment attachment : state->second.networks) {
    // The engine itself adds the container's id.
    std::erase_if(attachment.aliases, [&](const std::string& alias) { return IsId(alias, state->second.id); });
    service->taken.push_back(attachment);
    const auto cut = cli_.Docker({"network", "disconnect", attachment.network, container}, kCallTime);
    if (cut) continue;
    service->taken.pop_back();
    (void)RejoinNetworks(*service);
    return Fail(cut.error());
  }
  return {};
}

Result<void> ComposeEngine::RejoinNetworks(Service& service) {
  while (!service.taken.empty()) {
    const Attachment& attachment = service.taken.back();
    std::vector<std::string> arguments{"network", "connect"};
    for (const std::string& alias : attachment.aliases) arguments.insert(arguments.end(), {"--alias", alias});
    arguments.insert(arguments.end(), {attachment.network, Container(service.spec.name)});
    READINESS_ASSIGN([[maybe_unused]] const CliEnd end, cli_.Docker(arguments, kCallTime));
    service.taken.pop_back();
  }
  return {};
}

Result<void> ComposeEngine::Rejoin(const std::string& name) {
  READINESS_ASSIGN(Service * service, Running(name));
  if (service->taken.empty()) return {};
  READINESS_RETURN_IF_ERROR(RejoinNetworks(*service));
  return Locate({name});
}

Result<void> ComposeEngine::AwaitReady(const std::string& name) {
  READINESS_ASSIGN(Service * service, Running(name));
  ServiceSpec spec = service->spec;
  std::erase_if(spec.ready, [](const WaitCondition& condition) { return condition.log.has_value(); });
  LogFollower& follower = *service->follower;
  const auto problem = AwaitContainerReady(spec, service->inside, follower.child(), follower.log());
  if (!problem) return {};
  std::optional<std::string> ended;
  if (problem->ended) ended = Look(*service).how_it_ended;
  return Fail(ExplainNotReady(spec, *problem, ended, follower.log()));
}

Result<std::string> ComposeEngine::ProcessOf(const std::string& name) {
  READINESS_RETURN_IF_ERROR(Running(name));
  const std::string container = Container(name);
  READINESS_ASSIGN(const auto states, InspectContainers(cli_, {container}));
  const auto state = states.find(container);
  if (state == states.end() || !state->second.running)
    return Fail(ErrorKind::kNotAvailable, fmt::format("service {} is not running", name));
  return fmt::format("container {} started {}", state->second.id.substr(0, 12), state->second.started_at);
}

}  // namespace

Result<std::unique_ptr<Engine>> MakeComposeEngine(const std::string& run_id, const std::string& run_directory) {
  READINESS_ASSIGN(ContainerCli cli, ContainerCli::Find(run_id));
  READINESS_RETURN_IF_ERROR(cli.CheckEngine());
  return std::make_unique<ComposeEngine>(std::move(cli), run_id, run_directory);
}

}  // namespace readiness
