#include "lifecycle/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "base/text.h"
#include "lifecycle/defects.h"
#include "lifecycle/placeholders.h"

namespace readiness {
namespace {

constexpr std::string_view kGenerated = "generated:";
constexpr int kMaxGeneratedBytes = 1024;
constexpr const char* kPrivatePostgres = "postgresql";
constexpr std::array kInherited{"PATH", "HOME", "LANG", "TZ"};
constexpr std::array kReserved{kRunLabel, kDefectsVariable, kAcknowledgeVariable};

std::string LoopbackUrl(int port) {
  return fmt::format("http://127.0.0.1:{}", port);
}

/// Base URL of a channel of a language model double, and the proxy that tells it the channel.
std::string ModelUrl(int port, const std::string& channel) {
  return fmt::format("http://127.0.0.1:{}/channels/{}/v1", port, channel);
}
std::string ModelProxy(int port, const std::string& channel) {
  return fmt::format("http://{}@127.0.0.1:{}", channel, port);
}

std::string DoubleName(const std::string& provider) {
  return "double-" + provider;
}

Error DefinitionError(const Deployment& deployment, const std::string& what, const std::string& expected) {
  return Error{ErrorKind::kDefinition, what, Place{deployment.file, 0, 0}, expected, {}, {}};
}

Result<std::string> Generate(const Deployment& deployment, const std::string& name, std::string_view bytes) {
  int count = 0;
  const auto parsed = std::from_chars(bytes.data(), bytes.data() + bytes.size(), count);
  if (parsed.ec != std::errc() || parsed.ptr != bytes.data() + bytes.size() || count < 1 ||
      count > kMaxGeneratedBytes) {
    return Fail(DefinitionError(deployment, fmt::format("secret \"{}\" is generated with a wrong length", name),
                                fmt::format("generated:<bytes>, 1 to {}", kMaxGeneratedBytes)));
  }
  return RandomHex(count);
}

/// The password of a URL with user information, percent-encoded as it stands there; empty if it has none.
std::string PasswordOf(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const std::size_t begin = scheme + 3;
  const std::string authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  const std::size_t at = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  if (at == std::string::npos || colon == std::string::npos || colon > at) return {};
  return authority.substr(colon + 1, at - colon - 1);
}

bool IsSafeName(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name[0] != '.' &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
}

/// Names become file names and names within the engine, beside our own.
Result<void> CheckNames(const Deployment& deployment) {
  for (const auto& entry : deployment.services) {
    const std::string& name = entry.first;
    if (!IsSafeName(name) || name == kPrivatePostgres || name.starts_with("double-") ||
        name.starts_with(kInstancePrefix)) {
      return Fail(
          DefinitionError(deployment, fmt::format("service cannot be called \"{}\"", Printable(name, 100)),
                          "letters, digits, - and _; not \"postgresql\", not \"double-...\" or \"instance-...\""));
    }
    for (const char* reserved : kReserved) {
      if (!entry.second.environment.contains(reserved)) continue;
      return Fail(DefinitionError(deployment, fmt::format("services.{}.environment sets {}", name, reserved),
                                  "only Readiness itself sets this variable"));
    }
  }
  for (const auto& entry : deployment.commands) {
    for (const char* reserved : kReserved) {
      if (!entry.second.environment.contains(reserved)) continue;
      return Fail(DefinitionError(deployment, fmt::format("commands.{}.environment sets {}", entry.first, reserved),
                                  "only Readiness itself sets this variable"));
    }
  }
  for (const auto& entry : deployment.data_providers) {
    if (IsSafeName(entry.first)) continue;
    return Fail(DefinitionError(deployment,
                                fmt::format("data provider cannot be called \"{}\"", Printable(entry.first, 100)),
                                "letters, digits, - and _"));
  }
  for (const auto& entry : deployment.language_models) {
    if (IsSafeName(entry.first) && !deployment.data_providers.contains(entry.first)) continue;
    return Fail(DefinitionError(deployment,
                                fmt::format("language model cannot be called \"{}\"", Printable(entry.first, 100)),
                                "letters, digits, - and _, and no data provider of that name"));
  }
  return {};
}

/// Makes one Plan; members are what its steps share.
class Planner {
 public:
  Planner(const Target& target, const Deployment& deployment, const PlanInputs& inputs)
      : target_(target), deployment_(deployment), inputs_(inputs), secrets_only_(SecretPlaceholders()) {}

  Result<Plan> Make() {
    READINESS_RETURN_IF_ERROR(CheckNames(deployment_));
    for (const auto& [name, provider] : deployment_.data_providers)
      READINESS_RETURN_IF_ERROR(AddDataProvider(name, provider));
    for (const auto& [name, model] : deployment_.language_models)
      READINESS_RETURN_IF_ERROR(AddLanguageModel(name, model));
    DefinePlaceholders();
    for (const std::string& name : deployment_.service_order) {
      READINESS_RETURN_IF_ERROR(AddService(name, deployment_.services.at(name)));
    }
    for (const auto& [name, command] : deployment_.commands) READINESS_RETURN_IF_ERROR(AddCommand(name, command));
    READINESS_RETURN_IF_ERROR(CompleteSession());
    return std::move(plan_);
  }

 private:
  PlaceholderValues SecretPlaceholders() const;
  void DefinePlaceholders();
  Result<void> AddDataProvider(const std::string& name, const DataProviderDeployment& provider);
  Result<void> AddLanguageModel(const std::string& name, const LanguageModelDeployment& model);
  Result<void> AddDouble(const std::string& name, const std::string& program, Json config);
  Result<void> AddService(const std::string& name, const ServiceDeployment& service);
  Result<std::map<std::string, std::string>> EnvironmentOf(const std::string& name, const ServiceDeployment& service);
  Result<void> AddCommand(const std::string& name, const CommandDeployment& command);
  Result<void> CompleteSession();
  std::map<std::string, std::string> InheritedEnvironment() const;

  /// A service's name within the engine and of its files.
  const std::string& StartedAs(const std::string& service) const {
    return service == inputs_.instance_of && !inputs_.instance.empty() ? inputs_.instance : service;
  }
  std::string InRun(const std::string& name) const { return inputs_.run_directory + "/" + name; }
  const std::string& SourceTree() const {
    return inputs_.source_tree.empty() ? deployment_.source_tree : inputs_.source_tree;
  }
  std::string LogOf(const std::string& name) const { return InRun(name + ".log"); }
  std::string AdminSocket(const std::string& name) const { return InRun(DoubleName(name) + ".sock"); }
  std::string CaDirectory(const std::string& provider) const { return InRun(DoubleName(provider) + "-ca"); }
  Result<std::string> Fill(const PlaceholderValues& placeholders, const std::string& text,
                           const std::string& field) const {
    return placeholders.Fill(text, deployment_.file, field);
  }

  const Target& target_;
  const Deployment& deployment_;
  const PlanInputs& inputs_;
  PlaceholderValues secrets_only_;
  PlaceholderValues in_environment_;
  PlaceholderValues in_command_;
  Plan plan_;
};

PlaceholderValues Planner::SecretPlaceholders() const {
  PlaceholderValues placeholders;
  for (const auto& [name, value] : inputs_.secrets) placeholders.Set("secret." + name, value);
  placeholders.SetEnvironment(inputs_.environment);
  return placeholders;
}

void Planner::DefinePlaceholders() {
  in_environment_ = secrets_only_;
  in_environment_.Set("run.directory", inputs_.run_directory);
  for (const auto& [name, port] : inputs_.service_ports) {
    in_environment_.Set(fmt::format("port.{}", name), std::to_string(port));
    in_environment_.Set(fmt::format("url.{}", name), LoopbackUrl(port));
  }
  for (const auto& [name, url] : inputs_.store_urls) in_environment_.Set(fmt::format("store.{}.url", name), url);
  for (const auto& [name, port] : inputs_.double_ports) {
    const bool model = deployment_.language_models.contains(name);
    in_environment_.Set(fmt::format("double.{}.url", name),
                        model ? ModelUrl(port, inputs_.Channel()) : LoopbackUrl(port));
    in_environment_.Set(fmt::format("double.{}.proxy", name),
                        model ? ModelProxy(port, inputs_.Channel()) : LoopbackUrl(port));
    in_environment_.Set(fmt::format("double.{}.ca_file", name), CaDirectory(name) + "/ca.pem");
  }
  in_command_ = in_environment_;
  in_command_.Set("tool.directory", inputs_.tool_directory);
  in_command_.Set("deployment.directory", std::filesystem::path(deployment_.file).parent_path().string());
}

std::map<std::string, std::string> Planner::InheritedEnvironment() const {
  std::map<std::string, std::string> environment{{kRunLabel, inputs_.run_id}};
  for (const char* name : kInherited) {
    if (const std::optional<std::string> value = inputs_.environment(name)) environment[name] = *value;
  }
  return environment;
}

Result<void> Planner::AddDataProvider(const std::string& name, const DataProviderDeployment& provider) {
  const std::string field = "data_providers." + name;
  READINESS_ASSIGN(const std::string client_id, Fill(secrets_only_, provider.client_id, field + ".client_id"));
  READINESS_ASSIGN(const std::string client_secret,
                   Fill(secrets_only_, provider.client_secret, field + ".client_secret"));
  plan_.session.data_providers[name] = {AdminSocket(name)};
  plan_.session.secrets.push_back(client_secret);
  return AddDouble(name, "readiness-double-data-provider",
                   {{"hosts", provider.hosts}, {"client_id", client_id}, {"client_secret", client_secret}});
}

Result<void> Planner::AddLanguageModel(const std::string& name, const LanguageModelDeployment& model) {
  READINESS_ASSIGN(const std::string api_key,
                   Fill(secrets_only_, model.api_key, "language_models." + name + ".api_key"));
  plan_.session.language_models[name] = {AdminSocket(name), inputs_.Channel()};
  plan_.session.secrets.push_back(api_key);
  return AddDouble(name, "readiness-double-language-model",
                   {{"hosts", model.hosts}, {"api_key", api_key}, {"reply", model.reply}});
}

/// `config` is what the double needs beside what all of them do.
Result<void> Planner::AddDouble(const std::string& name, const std::string& program, Json config) {
  const auto port = inputs_.double_ports.find(name);
  if (port == inputs_.double_ports.end()) return Fail(ErrorKind::kInternal, "no port for the double " + name);
  config["port"] = port->second;
  config["admin_socket"] = AdminSocket(name);
  config["ca_directory"] = CaDirectory(name);
  const std::string config_file = InRun(DoubleName(name) + ".json");
  plan_.files.push_back({config_file, config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"});

  ServiceSpec spec;
  spec.name = DoubleName(name);
  spec.command = {inputs_.tool_directory + "/" + program, "--config", config_file};
  spec.environment = InheritedEnvironment();
  spec.working_directory = inputs_.run_directory;
  spec.log_file = LogOf(spec.name);
  spec.url = LoopbackUrl(port->second);
  WaitCondition healthy;
  healthy.http = WaitCondition::HttpAnswers{"/__double__/health", {200}};
  spec.ready = {healthy};
  plan_.doubles.push_back(std::move(spec));
  return {};
}

Result<void> Planner::AddService(const std::string& name, const ServiceDeployment& service) {
  const std::string field = "services." + name;
  ServiceSpec spec;
  spec.name = StartedAs(name);
  for (const std::string& word : service.command) {
    READINESS_ASSIGN(std::string filled, Fill(in_command_, word, field + ".command"));
    spec.command.push_back(std::move(filled));
  }
  READINESS_ASSIGN(spec.working_directory, Fill(in_command_, service.working_directory, field + ".working_directory"));
  if (spec.working_directory.empty()) spec.working_directory = inputs_.run_directory;
  READINESS_ASSIGN(spec.environment, EnvironmentOf(name, service));
  spec.log_file = LogOf(spec.name);
  if (const auto port = inputs_.service_ports.find(name); port != inputs_.service_ports.end())
    spec.url = LoopbackUrl(port->second);
  spec.ready = service.ready;
  spec.startup_timeout = service.startup_timeout;
  spec.stop_grace = service.stop_grace;
  plan_.session.services[name] = {spec.url, spec.log_file};
  plan_.services.push_back(std::move(spec));
  return {};
}

Result<std::map<std::string, std::string>> Planner::EnvironmentOf(const std::string& name,
                                                                  const ServiceDeployment& service) {
  std::map<std::string, std::string> environment = InheritedEnvironment();
  for (const auto& [variable, value] : service.environment) {
    READINESS_ASSIGN(const std::string filled,
                     Fill(in_environment_, value.value, fmt::format("services.{}.environment.{}", name, variable)));
    environment[variable] = filled;
    if (value.secret) plan_.session.secrets.push_back(filled);
  }
  if (!deployment_.defects_file.empty()) {
    // Also in a run without defects: a stand-in that has one switched on by itself then says so.
    const std::string file = InRun(fmt::format("defects-{}.json", StartedAs(name)));
    environment[kAcknowledgeVariable] = file;
    plan_.acknowledgements[name] = file;
    if (!inputs_.defects.empty()) environment[kDefectsVariable] = inputs_.defects;
  }
  return environment;
}

Result<void> Planner::AddCommand(const std::string& name, const CommandDeployment& command) {
  const std::string field = "commands." + name;
  PlaceholderValues placeholders = in_command_;
  if (const std::string tree = SourceTree(); !tree.empty()) placeholders.Set("source_tree", tree);
  CommandSpec spec;
  for (const std::string& word : command.command) {
    READINESS_ASSIGN(std::string filled, Fill(placeholders, word, field + ".command"));
    spec.command.push_back(std::move(filled));
  }
  READINESS_ASSIGN(spec.working_directory, Fill(placeholders, command.working_directory, field + ".working_directory"));
  if (spec.working_directory.empty()) spec.working_directory = inputs_.run_directory;
  spec.environment = InheritedEnvironment();
  for (const auto& [variable, value] : command.environment) {
    READINESS_ASSIGN(const std::string filled,
                     Fill(placeholders, value.value, fmt::format("{}.environment.{}", field, variable)));
    spec.environment[variable] = filled;
    if (value.secret) plan_.session.secrets.push_back(filled);
  }
  if (!inputs_.defects.empty()) spec.environment[kDefectsVariable] = inputs_.defects;
  spec.timeout = command.timeout;
  plan_.session.commands[name] = std::move(spec);
  return {};
}

Result<void> Planner::CompleteSession() {
  Session& session = plan_.session;
  session.run_id = inputs_.run_id;
  session.target_file = target_.file;
  session.deployment_id = deployment_.id;
  session.deployment_file = deployment_.file;
  session.engine = "process";
  session.stores = inputs_.store_urls;
  session.source_tree = SourceTree();
  READINESS_ASSIGN(session.token_signing_key, Fill(secrets_only_, deployment_.token_signing_key, "token.signing_key"));
  session.token_algorithm = deployment_.token_algorithm;
  session.allowed_hosts = deployment_.allowed_hosts;
  for (const auto& secret : inputs_.secrets) session.secrets.push_back(secret.second);
  session.secrets.push_back(session.token_signing_key);
  for (const auto& store : inputs_.store_urls) session.secrets.push_back(PasswordOf(store.second));
  std::sort(session.secrets.begin(), session.secrets.end());
  session.secrets.erase(std::unique(session.secrets.begin(), session.secrets.end()), session.secrets.end());
  std::erase(session.secrets, "");
  return {};
}

bool NeedsPort(const WaitCondition& condition) {
  return condition.port_open || condition.http.has_value();
}

}  // namespace

std::set<std::string> ServicesWithPort(const Deployment& deployment) {
  std::vector<const std::string*> texts;
  for (const auto& entry : deployment.commands) {
    for (const std::string& word : entry.second.command) texts.push_back(&word);
    for (const auto& variable : entry.second.environment) texts.push_back(&variable.second.value);
  }
  for (const auto& entry : deployment.services) {
    for (const std::string& word : entry.second.command) texts.push_back(&word);
    texts.push_back(&entry.second.working_directory);
    for (const auto& variable : entry.second.environment) texts.push_back(&variable.second.value);
  }
  std::set<std::string> services;
  for (const auto& [name, service] : deployment.services) {
    const std::string port = fmt::format("${{port.{}}}", name);
    const std::string url = fmt::format("${{url.{}}}", name);
    const bool referred = std::any_of(texts.begin(), texts.end(), [&](const std::string* text) {
      return text->find(port) != std::string::npos || text->find(url) != std::string::npos;
    });
    if (service.port || referred || std::any_of(service.ready.begin(), service.ready.end(), NeedsPort))
      services.insert(name);
  }
  return services;
}

Result<std::map<std::string, std::string>> ResolveSecrets(const Deployment& deployment,
                                                          const EnvironmentLookup& environment) {
  PlaceholderValues placeholders;
  placeholders.SetEnvironment(environment);
  std::map<std::string, std::string> secrets;
  for (const auto& [name, value] : deployment.secrets) {
    if (value.starts_with(kGenerated)) {
      READINESS_ASSIGN(secrets[name], Generate(deployment, name, std::string_view(value).substr(kGenerated.size())));
    } else {
      READINESS_ASSIGN(secrets[name], placeholders.Fill(value, deployment.file, "secrets." + name));
    }
  }
  return secrets;
}

Result<std::optional<std::string>> ExternalStoreUrl(const Deployment& deployment, const std::string& store,
                                                    const std::map<std::string, std::string>& secrets,
                                                    const EnvironmentLookup& environment) {
  const auto found = deployment.stores.find(store);
  if (found == deployment.stores.end()) return Fail(ErrorKind::kInternal, "no such store: " + store);
  if (found->second == kPrivatePostgres) return std::optional<std::string>();
  PlaceholderValues placeholders;
  for (const auto& [name, value] : secrets) placeholders.Set("secret." + name, value);
  placeholders.SetEnvironment(environment);
  READINESS_ASSIGN(std::string url, placeholders.Fill(found->second, deployment.file, "stores." + store));
  return std::optional<std::string>(std::move(url));
}

Result<Plan> MakePlan(const Target& target, const Deployment& deployment, const PlanInputs& inputs) {
  return Planner(target, deployment, inputs).Make();
}

}  // namespace readiness
