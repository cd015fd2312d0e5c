#include "lifecycle/start_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

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
    READINESS_ASSIGN(inputs.double_ports[entry.first], engine.ReservePort(std::nullopt));
  }
  for (const auto& entry : deployment.data_providers) {
    READINESS_ASSIGN(inputs.double_ports[entry.first], engine.ReservePort(std::nullopt));
  }
  return {};
}

Result<void> OpenStores(const Target& target, const Deployment& deployment, const StartTools& tools,
                        PlanInputs& inputs) {
  for (const auto& entry : deployment.stores) {
    const std::string& store = entry.first;
    READINESS_ASSIGN(std::optional<std::string> url,
                     ExternalStoreUrl(deployment, store, inputs.secrets, inputs.environment));
    if (!url) {
      READINESS_ASSIGN(url, tools.create_database(DatabaseName(target.id + "_" + store)));
    }
    inputs.store_urls[store] = *url;
  }
  return {};
}

Result<void> StartOne(Engine& engine, ServiceSpec spec, const std::optional<Deadline>& deadline) {
  if (deadline) {
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
  return engine.Start(spec);
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

Result<void> CheckEngine(const Deployment& deployment) {
  if (deployment.engine == EngineKind::kProcess) return {};
  return Fail(Error{ErrorKind::kNotAvailable,
                    "the deployment's engine is not supported",
                    Place{deployment.file, 0, 0},
                    "\"engine\": \"process\"",
                    deployment.engine == EngineKind::kCompose ? "compose" : "external",
                    {}});
}

}  // namespace

Result<StartedTarget> StartTarget(const Target& target, const Deployment& deployment, const StartRequest& request,
                                  const StartTools& tools, Redactor& redactor) {
  READINESS_RETURN_IF_ERROR(CheckEngine(deployment));
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
  READINESS_ASSIGN(inputs.secrets, ResolveSecrets(deployment, request.environment));
  for (const auto& secret : inputs.secrets) redactor.Add(secret.second);
  READINESS_RETURN_IF_ERROR(ReservePorts(tools.engine, deployment, inputs));
  READINESS_RETURN_IF_ERROR(OpenStores(target, deployment, tools, inputs));
  READINESS_ASSIGN(Plan plan, MakePlan(target, deployment, inputs));
  for (const std::string& secret : plan.session.secrets) redactor.Add(secret);
  // Already now, so that whoever cleans up after a start that was cut off can redact its logs.
  READINESS_RETURN_IF_ERROR(WriteSession(request.run_directory, plan.session));
  for (const PlannedFile& planned : plan.files)
    READINESS_RETURN_IF_ERROR(WriteFileAtomically(planned.file, planned.contents, 0600));

  for (const ServiceSpec& spec : plan.doubles)
    READINESS_RETURN_IF_ERROR(StartOne(tools.engine, spec, request.deadline));
  for (const ServiceSpec& spec : plan.services)
    READINESS_RETURN_IF_ERROR(StartOne(tools.engine, spec, request.deadline));
  READINESS_ASSIGN(plan.session.defects, ConfirmDefects(defects, plan));
  return StartedTarget{std::move(plan.session), std::move(plan.services), std::move(inputs),
                       std::move(plan.acknowledgements)};
}

}  // namespace readiness
