#include "lifecycle/session.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/files.h"
#include "lifecycle/process.h"
#include "lifecycle/session_json.h"

namespace readiness {
namespace {

constexpr int kStateFormat = 1;
constexpr int kSessionFormat = 1;

std::optional<CommandSpec> ReadCommand(const Json& value, const std::string& file) {
  if (!value.is_object()) return std::nullopt;
  FieldReader fields(value, file);
  CommandSpec command;
  command.command = fields.Strings("command");
  command.environment = fields.StringMap("environment");
  command.working_directory = fields.String("working_directory");
  command.timeout = std::chrono::milliseconds(fields.Integer("timeout_ms"));
  if (!fields.Check() || command.command.empty()) return std::nullopt;
  return command;
}

}  // namespace

Json ToJson(const ProcessIdentity& process) {
  return Json{{"pid", process.pid}, {"start_ticks", process.start_ticks}};
}

Json ToJson(const Owner& owner) {
  Json json{{"process", ToJson(owner.process)}, {"description", owner.description}};
  if (owner.lease_until) {
    json["lease_until_unix_ms"] =
        std::chrono::duration_cast<std::chrono::milliseconds>(owner.lease_until->time_since_epoch()).count();
  }
  return json;
}

ProcessIdentity ReadIdentity(FieldReader& parent, const char* key, const std::string& file) {
  FieldReader fields(parent.Object(key), file);
  ProcessIdentity process;
  const std::int64_t pid = fields.Integer("pid");
  const std::int64_t ticks = fields.Integer("start_ticks");
  if (!fields.Check() || pid < 0 || pid > INT32_MAX || ticks < 0) {
    parent.Problem(key, "an object with pid and start_ticks");
    return {};
  }
  process.pid = static_cast<int>(pid);
  process.start_ticks = static_cast<std::uint64_t>(ticks);
  return process;
}

Owner ReadOwner(FieldReader& parent, const char* key, const std::string& file) {
  FieldReader fields(parent.Object(key), file);
  Owner owner;
  owner.process = ReadIdentity(fields, "process", file);
  owner.description = fields.String("description");
  if (fields.Has("lease_until_unix_ms")) {
    owner.lease_until =
        std::chrono::system_clock::time_point(std::chrono::milliseconds(fields.Integer("lease_until_unix_ms")));
  }
  if (!fields.Check()) parent.Problem(key, "an owner: process, description, and of a lease its end");
  return owner;
}

Result<TargetState> ReadState(const std::string& state_directory) {
  const std::string file = state_directory + "/" + kStateFile;
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) {
    return Fail(Error{ErrorKind::kTarget, "`up` has not run", Place{file, 0, 0}, "the state that `readiness up` writes",
                      "no such file", "run the whole test set, or `readiness up` first"});
  }
  READINESS_ASSIGN(const Json json, ReadJsonObject(file, kStateFormat));
  FieldReader fields(json, file);
  TargetState state;
  state.run_id = fields.String("run_id");
  state.target = fields.String("target");
  state.owner = ReadOwner(fields, "owner", file);
  state.started = fields.Boolean("started");
  state.reason = fields.String("reason");
  state.run_directory = fields.String("run_directory");
  state.spoiled = fields.String("spoiled");
  READINESS_RETURN_IF_ERROR(fields.Check());
  return state;
}

Result<void> WriteState(const std::string& state_directory, const TargetState& state) {
  const Json json{{"format", kStateFormat},
                  {"run_id", state.run_id},
                  {"target", state.target},
                  {"owner", ToJson(state.owner)},
                  {"started", state.started},
                  {"reason", state.reason},
                  {"run_directory", state.run_directory},
                  {"spoiled", state.spoiled}};
  return WriteFileAtomically(state_directory + "/" + kStateFile,
                             json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<Session> ReadSession(const std::string& run_directory) {
  const std::string file = run_directory + "/" + kSessionFile;
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) {
    return Fail(Error{ErrorKind::kTarget, "the run has ended", Place{file, 0, 0}, "the session of a running target",
                      "no such file", "run `readiness up` again"});
  }
  READINESS_ASSIGN(const Json json, ReadJsonObject(file, kSessionFormat));
  FieldReader fields(json, file);
  Session session;
  session.run_id = fields.String("run_id");
  session.target_file = fields.String("target_file");
  session.deployment_id = fields.String("deployment_id");
  session.deployment_file = fields.String("deployment_file");
  session.engine = fields.String("engine");
  const auto allowed = fields.Integer("allowed");
  if (allowed < 0 || allowed > static_cast<int>(Reach::kWholeTarget)) fields.Problem("allowed", "0, 1 or 2");
  session.allowed = static_cast<Reach>(allowed);
  session.allowed_place = {session.deployment_file, static_cast<int>(fields.Integer("allowed_line")),
                           static_cast<int>(fields.Integer("allowed_column"))};
  for (const auto& [name, value] : fields.Object("services").items()) {
    if (!value.is_object()) {
      fields.Problem("services", "objects with url and log_file");
      continue;
    }
    FieldReader service(value, file);
    session.services[name] = {service.String("url"), service.String("log_file")};
    if (!service.Check()) fields.Problem("services", "objects with url and log_file");
  }
  session.stores = fields.StringMap("stores");
  for (const auto& [name, socket] : fields.StringMap("data_providers")) session.data_providers[name] = {socket};
  for (const auto& [name, value] : fields.Object("commands").items()) {
    if (auto command = ReadCommand(value, file)) {
      session.commands[name] = std::move(*command);
    } else {
      fields.Problem("commands", "objects with command, environment, working_directory and timeout_ms");
    }
  }
  for (const auto& [name, value] : fields.Object("language_models").items()) {
    if (!value.is_object()) {
      fields.Problem("language_models", "objects with admin_socket and channel");
      continue;
    }
    FieldReader model(value, file);
    session.language_models[name] = {model.String("admin_socket"), model.String("channel")};
    if (!model.Check()) fields.Problem("language_models", "objects with admin_socket and channel");
  }
  session.token_signing_key = fields.String("token_signing_key");
  session.token_algorithm = fields.String("token_algorithm");
  session.allowed_hosts = fields.Strings("allowed_hosts");
  session.secrets = fields.Strings("secrets");
  session.source_tree = fields.String("source_tree");
  session.defects = fields.Strings("defects");
  READINESS_RETURN_IF_ERROR(fields.Check());
  return session;
}

Result<void> WriteSession(const std::string& run_directory, const Session& session) {
  Json services = Json::object();
  for (const auto& [name, service] : session.services) {
    services[name] = {{"url", service.url}, {"log_file", service.log_file}};
  }
  Json data_providers = Json::object();
  for (const auto& [name, provider] : session.data_providers) data_providers[name] = provider.admin_socket;
  Json commands = Json::object();
  for (const auto& [name, command] : session.commands) {
    commands[name] = {{"command", command.command},
                      {"environment", command.environment},
                      {"working_directory", command.working_directory},
                      {"timeout_ms", command.timeout.count()}};
  }
  Json language_models = Json::object();
  for (const auto& [name, model] : session.language_models) {
    language_models[name] = {{"admin_socket", model.admin_socket}, {"channel", model.channel}};
  }
  const Json json{{"format", kSessionFormat},
                  {"run_id", session.run_id},
                  {"target_file", session.target_file},
                  {"deployment_id", session.deployment_id},
                  {"deployment_file", session.deployment_file},
                  {"engine", session.engine},
                  {"allowed", static_cast<int>(session.allowed)},
                  {"allowed_line", session.allowed_place.line},
                  {"allowed_column", session.allowed_place.column},
                  {"services", services},
                  {"stores", session.stores},
                  {"data_providers", data_providers},
                  {"commands", commands},
                  {"language_models", language_models},
                  {"token_signing_key", session.token_signing_key},
                  {"token_algorithm", session.token_algorithm},
                  {"allowed_hosts", session.allowed_hosts},
                  {"secrets", session.secrets},
                  {"source_tree", session.source_tree},
                  {"defects", session.defects}};
  // A secret that is not UTF-8 must not throw here; its replacement could no longer be redacted, so it is refused.
  std::string text;
  try {
    text = json.dump(2);
  } catch (const nlohmann::json::exception& exception) {
    return Fail(Error{ErrorKind::kMalformed,
                      "a value of the session is not UTF-8",
                      std::nullopt,
                      "UTF-8 in secrets and URLs",
                      exception.what(),
                      {}});
  }
  return WriteFileAtomically(run_directory + "/" + kSessionFile, text + "\n", 0600);
}

Result<void> CheckOwner(const TargetState& state, const ProcessIdentity& parent) {
  const Owner& owner = state.owner;
  if (owner.lease_until) {
    if (std::chrono::system_clock::now() < *owner.lease_until) return {};
    return Fail(Error{ErrorKind::kRefused, "the lease of the running target is over", std::nullopt,
                      "a lease that still holds", owner.description, "run `readiness up` again"});
  }
  if (owner.process == parent) return {};
  return Fail(Error{ErrorKind::kRefused, "the running target belongs to somebody else", std::nullopt,
                    fmt::format("owner {}", DescribeProcess(parent.pid)),
                    fmt::format("owner {}{}", owner.description, IsAlive(owner.process) ? "" : ", which has ended"),
                    "wait until it has ended, or use a build tree of your own"});
}

}  // namespace readiness
