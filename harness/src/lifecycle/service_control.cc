#include "lifecycle/service_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "definition/engine_rules.h"
#include "definition/load.h"
#include "lifecycle/defects.h"
#include "lifecycle/learned_secrets.h"
#include "lifecycle/log_tail.h"

namespace readiness {
namespace {

constexpr const char* kPrivateStore = "postgresql";
constexpr std::size_t kLongestDatabaseName = 63;

Result<std::string> TextOf(const Json& request, const char* key) {
  const auto found = request.find(key);
  if (found != request.end() && found->is_string()) return found->get<std::string>();
  return Fail(Error{ErrorKind::kMalformed,
                    "not a control request",
                    std::nullopt,
                    fmt::format("a text under \"{}\"", key),
                    "none",
                    {}});
}

Error FirstOf(ErrorKind kind, const std::vector<Error>& errors) {
  Error error = errors.front();
  error.kind = kind;
  return error;
}

std::string DatabaseName(const std::string& instance, const std::string& store) {
  std::string name = (instance + "_" + store).substr(0, kLongestDatabaseName);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace

ControlTable ServiceControl::Table() {
  const auto bind = [this](Result<Json> (ServiceControl::*operation)(const Json&, const ControlClient&)) {
    return [this, operation](const Json& request, const ControlClient& client) -> Result<Json> {
      Result<Json> result = (this->*operation)(request, client);
      // Its words may hold what a service logged.
      if (!result) {
        for (std::string* text : {&result.error().what, &result.error().expected, &result.error().actual})
          *text = tools_.redactor.Redact(*text);
      }
      return result;
    };
  };
  return {{"start_instance", bind(&ServiceControl::StartInstance)},
          {"stop_instance", bind(&ServiceControl::StopInstance)},
          {"break_store", bind(&ServiceControl::BreakStore)},
          {"mend_store", bind(&ServiceControl::MendStore)},
          {"break_service", bind(&ServiceControl::BreakService)},
          {"mend_service", bind(&ServiceControl::MendService)},
          {"settle", bind(&ServiceControl::Settle)},
          {"process", bind(&ServiceControl::ProcessOf)}};
}

// ---- instances ----------------------------------------------------------------------------------------------------

Result<void> ServiceControl::MakeStores(Instance& instance, const Deployment& deployment, PlanInputs& inputs) {
  for (const auto& [store, kind] : deployment.stores) {
    if (kind != kPrivateStore || !tools_.postgres) {
      return Fail(ErrorKind::kNotAvailable, fmt::format("store {} is not ours to make another one of", store));
    }
    const std::string database = DatabaseName(instance.name, store);
    READINESS_ASSIGN(const DatabaseUrls urls, tools_.postgres->CreateDatabase(database));
    inputs.store_urls[store] = urls.observed;
    inputs.inside_store_urls[store] = urls.inside;
    instance.databases.push_back(database);
  }
  return {};
}

Result<Plan> ServiceControl::PlanInstance(const std::string& service, const std::string& variant, bool own_stores,
                                          Instance& instance) {
  if (tools_.started.session.engine == NameOf(EngineKind::kExternal)) {
    return Fail(
        ErrorKind::kNotAvailable,
        fmt::format("service {} runs already: nobody here can start an instance of it", Printable(service, 100)));
  }
  const Loaded<Target> target = LoadTarget(record_.target_file);
  if (!target) return Fail(FirstOf(ErrorKind::kDefinition, target.error()));
  const Loaded<Deployment> deployment =
      LoadDeployment(record_.deployment_file, variant.empty() ? record_.variant : variant, *target);
  if (!deployment) return Fail(FirstOf(ErrorKind::kNotAvailable, deployment.error()));
  READINESS_RETURN_IF_ERROR(CheckInstance(*deployment, service, own_stores));
  PlanInputs inputs = tools_.started.inputs;
  inputs.instance = instance.name;
  inputs.instance_of = service;
  if (inputs.service_ports.contains(service)) {
    READINESS_ASSIGN(inputs.service_ports[service], tools_.engine.ReservePort(std::nullopt));
  }
  if (own_stores) READINESS_RETURN_IF_ERROR(MakeStores(instance, *deployment, inputs));
  return MakePlan(*target, *deployment, inputs);
}

Result<void> ServiceControl::CheckDefects(const std::string& service, const Plan& plan) const {
  const auto of_run = tools_.started.acknowledgements.find(service);
  const auto of_instance = plan.acknowledgements.find(service);
  if (of_run == tools_.started.acknowledgements.end() || of_instance == plan.acknowledgements.end()) return {};
  DefectsRequest request;
  READINESS_ASSIGN(request.expected, ReadAcknowledged(of_run->second));
  READINESS_ASSIGN(const std::set<std::string> acknowledged, ReadAcknowledged(of_instance->second));
  Result<void> checked = CheckAcknowledged(request, acknowledged);
  if (!checked)
    checked.error().what = "the instance has other defects than the service of the run: " + checked.error().what;
  return checked;
}

Result<Json> ServiceControl::StartInstance(const Json& request, const ControlClient& client) {
  READINESS_ASSIGN(const std::string service, TextOf(request, "service"));
  READINESS_ASSIGN(const std::string variant, TextOf(request, "variant"));
  const bool own_stores = request.value("own_stores", Json(false)) == true;
  READINESS_RETURN_IF_ERROR(EndInstances(client.number, service, true));

  Instance instance{fmt::format("{}{}-{}", kInstancePrefix, ++started_, service), service, client.number, {}, {}};
  Result<Plan> plan = PlanInstance(service, variant, own_stores, instance);
  Result<void> started = plan ? Result<void>() : Fail(plan.error());
  if (plan) {
    for (const std::string& secret : plan->session.secrets) tools_.redactor.Add(secret);
    const auto spec = std::find_if(plan->services.begin(), plan->services.end(),
                                   [&](const ServiceSpec& one) { return one.name == instance.name; });
    if (spec == plan->services.end()) return Fail(ErrorKind::kInternal, "an instance without a plan");
    spec->wanted_by = client.descriptor;
    started = MakePlannedFolders(*plan);
    if (started) started = tools_.engine.Start(*spec);
    if (started) started = CheckDefects(service, *plan);
  }
  if (!started) {
    tools_.engine.Discard(instance.name);
    RemoveDatabases(instance);
    return Fail(started.error());
  }
  instances_.push_back(instance);
  const ServiceEndpoint& endpoint = plan->session.services.at(service);
  return Json{{"name", instance.name},
              {"url", endpoint.url},
              {"log_file", endpoint.log_file},
              {"stores", own_stores ? Json(plan->session.stores) : Json::object()},
              {"secrets", plan->session.secrets}};
}

void ServiceControl::RemoveDatabases(const Instance& instance) {
  for (const std::string& database : instance.databases) {
    const Result<void> removed = tools_.postgres->DropDatabase(database);
    if (!removed) fmt::print(stderr, "{}\n", removed.error().Brief());
  }
}

Result<void> ServiceControl::EndInstances(int client, const std::string& service, bool with_grace) {
  CollectEnded();
  Result<void> result;
  for (auto instance = instances_.begin(); instance != instances_.end();) {
    if (instance->client != client || (!service.empty() && instance->service != service)) {
      ++instance;
      continue;
    }
    if (!instance->ended.empty() && result) result = Fail(ErrorKind::kTarget, instance->ended);
    if (with_grace) tools_.engine.Stop(instance->name);
    tools_.engine.Discard(instance->name);
    RemoveDatabases(*instance);
    instance = instances_.erase(instance);
  }
  return result;
}

Result<Json> ServiceControl::StopInstance(const Json& request, const ControlClient& client) {
  READINESS_ASSIGN(const std::string service, TextOf(request, "service"));
  READINESS_RETURN_IF_ERROR(EndInstances(client.number, service, true));
  return Json(nullptr);
}

const ServiceControl::Instance* ServiceControl::InstanceOf(int client, const std::string& service) const {
  const auto found = std::find_if(instances_.begin(), instances_.end(), [&](const Instance& instance) {
    return instance.client == client && instance.service == service;
  });
  return found == instances_.end() ? nullptr : &*found;
}

Result<Json> ServiceControl::ProcessOf(const Json& request, const ControlClient& client) {
  READINESS_ASSIGN(const std::string service, TextOf(request, "service"));
  const Instance* instance = InstanceOf(client.number, service);
  READINESS_ASSIGN(std::string process, tools_.engine.ProcessOf(instance == nullptr ? service : instance->name));
  return Json(std::move(process));
}

void ServiceControl::CollectEnded() {
  const auto all_ended = tools_.engine.TakeEnded();
  if (all_ended.empty()) return;
  // Their last words may hold what items sent them.
  for (const std::string& secret : AllLearnedSecrets(run_directory_)) tools_.redactor.Add(secret);
  for (const auto& [name, how] : all_ended) {
    const std::string reason = ReasonWithLog(fmt::format("service {} {}", name, how), LogOf(name), tools_.redactor);
    fmt::print(stderr, "{}\n", reason);
    const auto instance = std::find_if(instances_.begin(), instances_.end(),
                                       [&name = name](const Instance& one) { return one.name == name; });
    if (instance != instances_.end()) {
      instance->ended = "an instance ended by itself: " + reason;
    } else if ((!faults_.empty() || unsettled_) && !IsCluster(name)) {
      to_revive_.insert(name);
    } else {
      tools_.spoil(reason);
    }
  }
}

// ---- faults -------------------------------------------------------------------------------------------------------

Result<ServiceControl::Fault> ServiceControl::ReadFault(const Json& request) {
  READINESS_ASSIGN(const std::string word, TextOf(request, "fault"));
  static const std::map<std::string, Fault> words{{"stopped", Fault::kStopped},
                                                  {"killed", Fault::kKilled},
                                                  {"hanging", Fault::kHanging},
                                                  {"cut_off", Fault::kCutOff}};
  const auto fault = words.find(word);
  if (fault == words.end())
    return Fail(ErrorKind::kMalformed, fmt::format("unknown fault \"{}\"", Printable(word, 100)));
  return fault->second;
}

const ServiceSpec* ServiceControl::SpecOf(const std::string& service) const {
  const auto& services = tools_.started.services;
  const auto spec =
      std::find_if(services.begin(), services.end(), [&](const ServiceSpec& one) { return one.name == service; });
  return spec == services.end() ? nullptr : &*spec;
}

Result<void> ServiceControl::Break(const std::string& broken, Fault fault, int client) {
  if (!faults_.empty() && !BrokenBy(client))
    return Fail(ErrorKind::kRefused, "another item has broken something; items that do are exclusive");
  READINESS_RETURN_IF_ERROR(Mend(broken));
  CollectEnded();
  unsettled_ = true;
  breaker_ = client;
  // First the note: what ends now does not end by itself.
  faults_[broken] = fault;
  Result<void> inflicted = Inflict(broken, fault);
  if (!inflicted) faults_.erase(broken);
  return inflicted;
}

Result<void> ServiceControl::Inflict(const std::string& broken, Fault fault) {
  Engine& engine = tools_.engine;
  // Also where an engine has no power over its services: then none has a process.
  READINESS_ASSIGN([[maybe_unused]] const std::string process, engine.ProcessOf(broken));
  switch (fault) {
    case Fault::kHanging:
      return engine.Pause(broken);
    case Fault::kCutOff:
      return engine.CutOff(broken);
    case Fault::kStopped:
      engine.Stop(broken);
      break;
    case Fault::kKilled:
      engine.Kill(broken);
      break;
  }
  if (!engine.ProcessOf(broken)) return {};
  return Fail(ErrorKind::kTimeout, fmt::format("service {} cannot be ended", broken));
}

Result<void> ServiceControl::Mend(const std::string& broken) {
  const auto found = faults_.find(broken);
  if (found == faults_.end()) return {};
  Engine& engine = tools_.engine;
  CollectEnded();
  // Of what has ended while it was taken away, too, a new one is started.
  const bool runs = engine.ProcessOf(broken).has_value();
  if (runs && found->second == Fault::kHanging) READINESS_RETURN_IF_ERROR(engine.Resume(broken));
  if (runs && found->second == Fault::kCutOff) READINESS_RETURN_IF_ERROR(engine.Rejoin(broken));
  if (IsCluster(broken)) {
    READINESS_RETURN_IF_ERROR(runs ? tools_.postgres->AwaitAnswer() : tools_.postgres->StartAgain(engine));
  } else {
    READINESS_RETURN_IF_ERROR(runs ? engine.AwaitReady(broken) : engine.Start(*SpecOf(broken)));
    to_revive_.erase(broken);
  }
  faults_.erase(broken);
  return {};
}

Result<void> ServiceControl::MendAll() {
  // The store first: without it, services do not become ready.
  if (tools_.postgres) READINESS_RETURN_IF_ERROR(Mend(tools_.postgres->service()));
  for (const ServiceSpec& spec : tools_.started.services) READINESS_RETURN_IF_ERROR(Mend(spec.name));
  return {};
}

Result<Json> ServiceControl::BreakStore(const Json& request, const ControlClient& client) {
  READINESS_ASSIGN(const std::string store, TextOf(request, "store"));
  READINESS_ASSIGN(const Fault fault, ReadFault(request));
  // Every store whose URL we made ourselves is a database of the one private cluster; they break together.
  if (!tools_.postgres || !tools_.started.session.stores.contains(store)) {
    return Fail(ErrorKind::kNotAvailable,
                fmt::format("store \"{}\" is not in the run's own PostgreSQL", Printable(store, 100)));
  }
  READINESS_RETURN_IF_ERROR(Break(tools_.postgres->service(), fault, client.number));
  return Json(nullptr);
}

Result<Json> ServiceControl::MendStore(const Json& request, const ControlClient& client) {
  READINESS_ASSIGN(const std::string store, TextOf(request, "store"));
  if (!faults_.empty() && !BrokenBy(client.number))
    return Fail(ErrorKind::kRefused, fmt::format("store \"{}\" was broken by another item", Printable(store, 100)));
  if (tools_.postgres) READINESS_RETURN_IF_ERROR(Mend(tools_.postgres->service()));
  return Json(nullptr);
}

Result<Json> ServiceControl::BreakService(const Json& request, const ControlClient& client) {
  READINESS_ASSIGN(const std::string service, TextOf(request, "service"));
  READINESS_ASSIGN(const Fault fault, ReadFault(request));
  if (SpecOf(service) == nullptr)
    return Fail(ErrorKind::kNotAvailable, fmt::format("the deployment has no service \"{}\"", Printable(service, 100)));
  READINESS_RETURN_IF_ERROR(Break(service, fault, client.number));
  return Json(nullptr);
}

Result<Json> ServiceControl::MendService(const Json& request, const ControlClient& client) {
  READINESS_ASSIGN(const std::string service, TextOf(request, "service"));
  if (!faults_.empty() && !BrokenBy(client.number))
    return Fail(ErrorKind::kRefused, fmt::format("service \"{}\" was broken by another item", Printable(service, 100)));
  READINESS_RETURN_IF_ERROR(Mend(service));
  return Json(nullptr);
}

Result<void> ServiceControl::AwaitServices() {
  CollectEnded();
  for (const ServiceSpec& spec : tools_.started.services) {
    if (!to_revive_.contains(spec.name)) continue;
    fmt::print(stderr, "service {} is started again\n", spec.name);
    READINESS_RETURN_IF_ERROR(tools_.engine.Start(spec));
    to_revive_.erase(spec.name);
  }
  for (const ServiceSpec& spec : tools_.started.services)
    READINESS_RETURN_IF_ERROR(tools_.engine.AwaitReady(spec.name));
  return {};
}

Result<void> ServiceControl::Restore(int client, bool wait) {
  if (!faults_.empty() && !BrokenBy(client)) return {};
  if (!wait && !unsettled_) return {};
  Result<void> restored = MendAll();
  if (restored) restored = AwaitServices();
  if (restored) {
    unsettled_ = false;
    return {};
  }
  const std::string reason = Printable(
      tools_.redactor.Redact("the target did not come back after an item: " + restored.error().Brief()), 16 * 1024);
  fmt::print(stderr, "{}\n", reason);
  tools_.spoil(reason);
  return restored;
}

Result<Json> ServiceControl::Settle(const Json& request, const ControlClient& client) {
  const Result<void> restored = Restore(client.number, request.value("wait_ready", Json(false)) == true);
  const Result<void> ended = EndInstances(client.number, "", false);
  READINESS_RETURN_IF_ERROR(restored);
  READINESS_RETURN_IF_ERROR(ended);
  return Json(nullptr);
}

void ServiceControl::Closed(const ControlClient& client) {
  // First the store: an instance's databases could not be removed without it.
  (void)Restore(client.number, BrokenBy(client.number));
  (void)EndInstances(client.number, "", false);
}

}  // namespace readiness
