#include "capabilities/target_services.h"

#include <utility>

namespace readiness {
namespace {

constexpr std::chrono::seconds kConnectTime{5};
// The deployment's own deadlines end every operation; this is for a supervisor that does not keep to them.
constexpr std::chrono::minutes kAnswerTime{15};

Error NotUnderstood() {
  return Error{ErrorKind::kMalformed, "the supervisor's account of an instance is not understood", {}, {}, {}, {}};
}

const char* WordOf(ServiceFault fault) {
  switch (fault) {
    case ServiceFault::kStopped:
      return "stopped";
    case ServiceFault::kKilled:
      return "killed";
    case ServiceFault::kHanging:
      return "hanging";
    case ServiceFault::kCutOff:
      return "cut_off";
  }
  return "";
}

std::string TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<InstanceEndpoints> ReadInstance(const Json& answer, SecretKeeper& secrets) {
  if (!answer.is_object()) return Fail(NotUnderstood());
  InstanceEndpoints instance{TextAt(answer, "name"), {TextAt(answer, "url"), TextAt(answer, "log_file")}, {}};
  const Json stores = answer.value("stores", Json());
  const Json known = answer.value("secrets", Json());
  if (instance.name.empty() || !stores.is_object() || !known.is_array()) return Fail(NotUnderstood());
  for (const auto& [store, url] : stores.items()) {
    if (!url.is_string()) return Fail(NotUnderstood());
    instance.stores[store] = url.get<std::string>();
  }
  for (const Json& secret : known) {
    if (secret.is_string()) secrets.Add(secret.get<std::string>());
  }
  return instance;
}

}  // namespace

Result<Json> TargetServices::Ask(const Json& request) {
  if (control_socket_.empty()) return Fail(ErrorKind::kNotAvailable, "this run has no control over services");
  if (!connection_) {
    READINESS_ASSIGN(connection_, ControlConnection::Open(control_socket_, kConnectTime));
  }
  Result<Json> answer = connection_->Call(request, kAnswerTime);
  EvidenceEntry entry;
  entry.statement = "supervisor: " + request.dump();
  if (!answer) entry.error = answer.error();
  log_.Add(std::move(entry));
  return answer;
}

Result<void> TargetServices::StartInstance(const std::string& service, const InstanceOptions& options) {
  endpoints_.UseRun(service);
  READINESS_ASSIGN(const Json answer, Ask({{"op", "start_instance"},
                                           {"service", service},
                                           {"variant", options.variant},
                                           {"own_stores", options.own_stores}}));
  READINESS_ASSIGN(const InstanceEndpoints instance, ReadInstance(answer, secrets_));
  endpoints_.Use(service, instance);
  return {};
}

Result<void> TargetServices::StopInstance(const std::string& service) {
  endpoints_.UseRun(service);
  if (!connection_) return {};
  READINESS_ASSIGN([[maybe_unused]] const Json none, Ask({{"op", "stop_instance"}, {"service", service}}));
  return {};
}

Result<void> TargetServices::MayBreak(const std::string& what) const {
  if (isolation_ == Isolation::kExclusive) return {};
  Error error{ErrorKind::kRefused, "only an item that runs alone may break " + what, {}, {}, {}, {}};
  error.expected = "\"isolation\": \"exclusive\"";
  error.fix = "set the item's isolation";
  return Fail(std::move(error));
}

Result<void> TargetServices::BreakStore(const std::string& store, StoreFault fault) {
  READINESS_RETURN_IF_ERROR(MayBreak("a store"));
  const char* word = fault == StoreFault::kStopped ? "stopped" : "hanging";
  READINESS_ASSIGN([[maybe_unused]] const Json none, Ask({{"op", "break_store"}, {"store", store}, {"fault", word}}));
  return {};
}

Result<void> TargetServices::MendStore(const std::string& store) {
  if (!connection_) return {};
  READINESS_ASSIGN([[maybe_unused]] const Json none, Ask({{"op", "mend_store"}, {"store", store}}));
  return {};
}

Result<void> TargetServices::BreakService(const std::string& service, ServiceFault fault) {
  READINESS_RETURN_IF_ERROR(MayBreak("a service"));
  READINESS_ASSIGN([[maybe_unused]] const Json none,
                   Ask({{"op", "break_service"}, {"service", service}, {"fault", WordOf(fault)}}));
  return {};
}

Result<void> TargetServices::MendService(const std::string& service) {
  if (!connection_) return {};
  READINESS_ASSIGN([[maybe_unused]] const Json none, Ask({{"op", "mend_service"}, {"service", service}}));
  return {};
}

Result<std::string> TargetServices::ProcessOf(const std::string& service) {
  READINESS_ASSIGN(const Json answer, Ask({{"op", "process"}, {"service", service}}));
  if (!answer.is_string()) return Fail(NotUnderstood());
  return answer.get<std::string>();
}

Result<void> TargetServices::Settle() {
  const bool exclusive = isolation_ == Isolation::kExclusive && !control_socket_.empty();
  if (!connection_ && !exclusive) return {};
  READINESS_ASSIGN([[maybe_unused]] const Json none, Ask({{"op", "settle"}, {"wait_ready", exclusive}}));
  return {};
}

}  // namespace readiness
