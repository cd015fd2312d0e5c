#include "lifecycle/start_target.h"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "base/text.h"
#include "lifecycle/defects.h"

namespace readiness {
namespace {

std::string DatabaseName(const std::string& store) {
  std::string name = store;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

Result<void> ReservePorts(Engine& engine, const Deployment& deployment, PlanInputs& inputs) {
  for (const std::string& name : ServicesWithPort(deployment)) {
    READINESS_ASSIGN(inputs.service_ports[name], engine.ReservePort(deployment.services.at(name).port));
  }
  for (const auto& entry : deployment.language_models) {
    READINESS_ASSIGN(inputs.double_ports[entry.first], engine.ReservePort(entry.second.port));
  }
  for (const auto& entry : deployment.data_providers) {
    READINESS_ASSIGN(inputs.double_ports[entry.first], engine.ReservePort(entry.second.port));
  }
  return {};
}

Result<void> OpenStores(const Target& target, const Deployment& deployment, const StartTools& tools,
                        PlanInputs& inputs) {
  for (const auto& entry : deployment.stores) {
    const std::string& store = entry.first;
    READINESS_ASSIGN(std::optional<std::string> url,
                     ExternalStoreUrl(deployment, store, inputs.secrets, inputs.environment));
    DatabaseUrls urls{url.value_or(""), url.value_or("")};
    if (!url) {
      READINESS_ASSIGN(urls, tools.create_database(DatabaseName(target.id + "_" + store)));
    }
    inputs.store_urls[store] = urls.observed;
    inputs.inside_store_urls[store] = urls.inside;
  }
  return {};
}

/// Starts `specs`, within what `deadline` leaves.
Result<void> StartWithin(Engine& engine, std::vector<ServiceSpec> specs, const std::optional<Deadline>& deadline) {
  for (ServiceSpec& spec : specs) {
    if (!deadline) break;
    const Milliseconds left = deadline->Remaining();
    if (left.count() == 0) {
      return Fail(Error{ErrorKind::kTimeout,
                        "the target's startup time is over",
                        std::nullopt,
                        fmt::format("service {} to be started in time", spec.name),
                        {},
                        "allow more startup time"});
    }
    spec.startup_timeout = std::min(spec.startup_timeout, left);
  }
  return engine.StartAll(specs);
}

/// Those that can start together do; with the others each gets what the ones before it have left.
Result<void> StartServices(Engine& engine, const Deployment& deployment, const std::vector<ServiceSpec>& specs,
                           const std::optional<Deadline>& deadline) {
  if (deployment.engine == EngineKind::kCompose) return StartWithin(engine, specs, deadline);
  for (const ServiceSpec& spec : specs) READINESS_RETURN_IF_ERROR(StartWithin(engine, {spec}, deadline));
  return {};
}

Result<std::vector<std::string>> ConfirmDefects(const DefectsRequest& defects, const Plan& plan) {
  std::set<std::string> acknowledged;
  for (const auto& entry : plan.acknowledgements) {
    READINESS_ASSIGN(const std::set<std::string> of_service, ReadAcknowledged(entry.second));
    acknowledged.insert(of_service.begin(), of_service.end());
  }
  READINESS_RETURN_IF_ERROR(CheckAcknowledged(defects, acknowledged));
  for (const Overlay& overlay : defects.overlays) acknowledged.insert(overlay.defect);
  return std::vector<std::string>(acknowledged.begin(), acknowledged.end());
}

}  // namespace

Result<void> MakePlannedFolders(const Plan& plan) {
  for (const std::string& folder : plan.folders) {
    READINESS_RETURN_IF_ERROR(MakeDirectories(folder));
    // Whatever the umask says: other users' processes in containers read what lies in them.
    if (::chmod(folder.c_str(), 0755) == 0) continue;
    return Fail(Error{ErrorKind::kEnvironment,
                      "cannot set the mode of a directory",
                      Place{folder, 0, 0},
                      "0755",
                      std::strerror(errno),
                      {}});
  }
  return {};
}

Result<StartedTarget> StartTarget(const Target& target, const Deployment& deployment, const StartRequest& request,
                                  const StartTools& tools, Redactor& redactor) {
  READINESS_ASSIGN(const DefectsRequest defects, PlanDefects(request.defects, target.id, deployment.defects_file));
  if (!defects.overlays.empty() && (request.source_tree.empty() || request.source_tree == deployment.source_tree))
    return Fail(ErrorKind::kInternal, "defects of the source tree are asked for and were not applied");
  PlanInputs inputs;
  inputs.source_tree = request.source_tree;
  inputs.run_id = request.run_id;
  inputs.run_directory = request.run_directory;
  inputs.tool_directory = request.tool_directory;
  inputs.environment = request.environment;
  inputs.defects = defects.variable;
  inputs.images = request.images.images;
  inputs.double_images = request.images.double_images;
  inputs.containers = request.images.tool;
  inputs.user = fmt::format("{}:{}", ::geteuid(), ::getegid());
  READINESS_ASSIGN(inputs.secrets, ResolveSecrets(deployment, request.environment));
  for (const auto& secret : inputs.secrets) redactor.Add(secret.second);
  READINESS_RETURN_IF_ERROR(ReservePorts(tools.engine, deployment, inputs));
  READINESS_RETURN_IF_ERROR(OpenStores(target, deployment, tools, inputs));
  READINESS_ASSIGN(Plan plan, MakePlan(target, deployment, inputs));
  for (const std::string& secret : plan.session.secrets) redactor.Add(secret);
  // Already now, so that whoever cleans up after a start that was cut off can redact its logs.
  READINESS_RETURN_IF_ERROR(WriteSession(request.run_directory, plan.session));
  READINESS_RETURN_IF_ERROR(MakePlannedFolders(plan));
  for (const PlannedFile& planned : plan.files)
    READINESS_RETURN_IF_ERROR(WriteFileAtomically(planned.file, planned.contents, 0600));

  if (!plan.compose.files.empty()) READINESS_RETURN_IF_ERROR(tools.engine.UseCompose(plan.compose));
  READINESS_RETURN_IF_ERROR(StartServices(tools.engine, deployment, plan.doubles, request.deadline));
  READINESS_RETURN_IF_ERROR(StartServices(tools.engine, deployment, plan.services, request.deadline));
  READINESS_ASSIGN(plan.session.defects, ConfirmDefects(defects, plan));
  return StartedTarget{std::move(plan.session), std::move(plan.services), std::move(inputs),
                       std::move(plan.acknowledgements)};
}

}  // namespace readiness
