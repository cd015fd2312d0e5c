// Fakes of what stands around the target's API: language model, operations, services, commands, source tree.

#include "readiness/source_glob.h"
#include "readiness/sweep.h"
#include "readiness/testing.h"

namespace readiness::testing {
namespace {

tl::unexpected<Error> NotScripted(const std::string& what) {
  return Fail(ErrorKind::kNotAvailable, what + " was not scripted by the test");
}

std::string Word(StoreFault fault) {
  return fault == StoreFault::kStopped ? "stopped" : "hanging";
}

std::string Word(ServiceFault fault) {
  constexpr const char* kWords[] = {"stopped", "killed", "hanging", "cut_off"};
  return kWords[static_cast<int>(fault)];
}

}  // namespace

void FakeLanguageModel::Call(const std::string& prompt, bool genuine_key) {
  ModelCall call;
  call.sequence = static_cast<std::int64_t>(calls.size()) + 1;
  call.method = "POST";
  call.path = "/v1/chat/completions";
  call.genuine_key = genuine_key;
  call.prompt = prompt;
  call.status = reply().hang ? 0 : reply().status;
  calls.push_back(std::move(call));
}

Result<void> FakeLanguageModel::AnswerWith(const ModelReply& reply) {
  if (error_) return Fail(*error_);
  replies.push_back(reply);
  return {};
}

Result<std::vector<ModelCall>> FakeLanguageModel::Calls() {
  if (error_) return Fail(*error_);
  return calls;
}

FakeLanguageModel& FakeDoubles::Model(const std::string& name) {
  std::unique_ptr<FakeLanguageModel>& model = models_[name];
  if (!model) model = std::make_unique<FakeLanguageModel>();
  return *model;
}

Result<LanguageModel*> FakeDoubles::OpenLanguageModel(const std::string& name) {
  const auto found = models_.find(name);
  if (found == models_.end()) return Fail(ErrorKind::kNotAvailable, "language model \"" + name + "\" is not declared");
  return found->second.get();
}

Operation& FakeOpenApi::Declare(const std::string& name) {
  Operation operation;
  operation.service = "api";
  const std::size_t space = name.find(' ');
  operation.method = name.substr(0, space);
  operation.path = name.substr(space + 1);
  for (std::size_t at = operation.path.find('{'); at != std::string::npos; at = operation.path.find('{', at + 1)) {
    operation.parameters.push_back(
        {operation.path.substr(at + 1, operation.path.find('}', at) - at - 1), "path", true, Json::object()});
  }
  return operations_.emplace_back(std::move(operation));
}

void FakeOpenApi::Answer(const std::string& operation, const std::string& who, int status, std::string body,
                         Effect effect) {
  answers_[operation][who].Add({status, std::move(body), std::move(effect), std::nullopt});
}

void FakeOpenApi::FailCall(const std::string& operation, const std::string& who, Error error) {
  answers_[operation][who].Add({0, {}, nullptr, std::move(error)});
}

Result<std::vector<Operation>> FakeOpenApi::Operations(const std::string&) {
  if (operations_error_) return Fail(*operations_error_);
  return operations_;
}

Result<PopulatedIdentity> FakeOpenApi::Populate(const Identity& who) {
  populated.push_back(who.label);
  if (populate_error_) return Fail(*populate_error_);
  if (populated_effect_) populated_effect_(who);
  PopulatedIdentity identity{who, {}};
  identity.who.values["object_id"] = "object-of-" + who.label;
  for (const auto& [name, value] : values_of[who.label]) identity.who.values[name] = value;
  identity.canaries.Add("canary of " + who.label, "canary-of-" + who.label);
  const auto email = who.values.find("email");
  if (email != who.values.end()) identity.canaries.Add(AttributeCanary(who, "email"), email->second.get<std::string>());
  return identity;
}

Result<std::pair<int, std::string>> FakeOpenApi::AnswerTo(const Sent& request) {
  auto& of_operation = answers_[request.operation];
  auto found = of_operation.find(request.who.label);
  if (found == of_operation.end()) found = of_operation.find("*");
  if (found == of_operation.end()) {
    const auto handler = handlers_.find(request.operation);
    if (handler == handlers_.end()) return NotScripted(request.operation + " by " + request.who.label);
    return handler->second(request);
  }
  Scripted& scripted = found->second.Next();
  if (scripted.error) return Fail(*scripted.error);
  if (scripted.effect) scripted.effect(request);
  return std::pair(scripted.status, scripted.body);
}

Result<Exchange> FakeOpenApi::Call(const Operation& operation, const Identity& who, const Identity& subject,
                                   const OperationInput& input) {
  sent.push_back({operation.Name(), who, subject, input});
  READINESS_ASSIGN(const auto answer, AnswerTo(Sent(sent.back())));
  Exchange exchange;
  exchange.request.method = operation.method;
  std::string path = operation.path;
  for (const OperationParameter& parameter : operation.parameters) {
    const std::size_t at = path.find("{" + parameter.name + "}");
    if (parameter.in != "path" || at == std::string::npos) continue;
    const auto given = input.values.find(parameter.name);
    const std::string value = given == input.values.end() ? parameter.name + "-of-" + subject.label
                              : given->second.is_string() ? given->second.get<std::string>()
                                                          : given->second.dump();
    path.replace(at, parameter.name.size() + 2, value);
  }
  exchange.request.url = "http://127.0.0.1:1" + path;
  exchange.response.status = answer.first;
  exchange.response.body = answer.second;
  return exchange;
}

std::vector<std::string> FakeOpenApi::SubjectPathParameters(const Operation& operation) {
  std::vector<std::string> names;
  for (const OperationParameter& parameter : operation.parameters) {
    if (parameter.in == "path") names.push_back(parameter.name);
  }
  return names;
}

Result<void> FakeServices::StartInstance(const std::string& service, const InstanceOptions& options) {
  log.push_back("start " + service + (options.variant.empty() ? "" : " " + options.variant) +
                (options.own_stores ? " own-stores" : ""));
  started.push_back(options.variant);
  if (const auto error = errors_.find(options.variant); error != errors_.end()) return Fail(error->second);
  running = options.variant;
  auto effect = effects_.find(options.variant);
  if (effect == effects_.end()) effect = effects_.find("*");
  if (effect != effects_.end()) effect->second();
  return {};
}

Result<void> FakeServices::StopInstance(const std::string& service) {
  log.push_back("stop " + service);
  running.clear();
  if (stopped_effect_) stopped_effect_();
  return {};
}

Result<void> FakeServices::BreakStore(const std::string& store, StoreFault fault) {
  log.push_back("break " + store + " " + Word(fault));
  if (break_error_) return Fail(*break_error_);
  if (broken_effect_) broken_effect_(fault);
  return {};
}

Result<void> FakeServices::MendStore(const std::string& store) {
  log.push_back("mend " + store);
  if (mend_error_) return Fail(*mend_error_);
  if (mended_effect_) mended_effect_();
  return {};
}

Result<void> FakeServices::BreakService(const std::string& service, ServiceFault fault) {
  log.push_back("break service " + service + " " + Word(fault));
  if (service_break_error_) return Fail(*service_break_error_);
  if (service_broken_effect_) service_broken_effect_(fault);
  return {};
}

Result<void> FakeServices::MendService(const std::string& service) {
  log.push_back("mend service " + service);
  if (service_mend_error_) return Fail(*service_mend_error_);
  if (service_mended_effect_) service_mended_effect_();
  return {};
}

Result<std::string> FakeServices::ProcessOf(const std::string& service) {
  if (process.empty()) return Fail(ErrorKind::kNotAvailable, "service " + service + " is not running");
  return process;
}

Result<CommandResult> FakeCommands::Run(const std::string& name, const Json& input) {
  calls.emplace_back(name, input);
  const auto found = functions_.find(name);
  if (found == functions_.end()) return NotScripted("command " + name);
  return found->second(input);
}

Result<std::vector<SourceFile>> FakeSourceTree::Files(const std::vector<std::string>& globs) {
  if (error_) return Fail(*error_);
  std::vector<SourceFile> files;
  for (const auto& [path, text] : files_) {
    if (MatchesAnyGlob(globs, path)) files.push_back({path, static_cast<std::int64_t>(text.size())});
  }
  return files;
}

Result<std::string> FakeSourceTree::Read(const std::string& path) {
  if (error_) return Fail(*error_);
  const auto found = files_.find(path);
  if (found == files_.end()) return NotScripted("file " + path);
  return found->second;
}

}  // namespace readiness::testing
