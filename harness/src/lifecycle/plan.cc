#include "lifecycle/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "base/text.h"
#include "containers/compose_project.h"
#include "definition/engine_rules.h"
#include "definition/service_url.h"
#include "lifecycle/addresses.h"
#include "lifecycle/defects.h"
#include "lifecycle/placeholders.h"

namespace readiness {
namespace {

constexpr std::string_view kGenerated = "generated:";
constexpr int kMaxGeneratedBytes = 1024;
constexpr const char* kPrivatePostgres = "postgresql";
constexpr const char* kDataProviderProgram = "readiness-double-data-provider";
constexpr const char* kLanguageModelProgram = "readiness-double-language-model";
// What of the run directory is mounted where in containers.
constexpr const char* kConfigInside = "/run/readiness/config.json";
constexpr const char* kCaInside = "/run/readiness/ca";
constexpr const char* kAdminInside = "/run/readiness/admin";
constexpr const char* kDefectsInside = "/run/readiness/defects";
constexpr const char* kAcknowledgementFile = "acknowledged.json";
constexpr std::array kPortPlaceholders{"port", "url", "public_url"};
constexpr std::array kInherited{"PATH", "HOME", "LANG", "TZ"};
constexpr std::array kReserved{kRunLabel, kDefectsVariable, kAcknowledgeVariable};

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
    READINESS_ASSIGN(external_urls_, ExternalUrls(deployment_, inputs_.environment));
    for (const auto& [name, provider] : deployment_.data_providers)
      READINESS_RETURN_IF_ERROR(AddDataProvider(name, provider));
    for (const auto& [name, model] : deployment_.language_models)
      READINESS_RETURN_IF_ERROR(AddLanguageModel(name, model));
    DefinePlaceholders();
    if (InContainers()) READINESS_RETURN_IF_ERROR(AddComposeFiles());
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
  Result<void> AddComposeFiles();
  ContainerSpec DoubleContainer(const std::string& name, const std::string& config_file, const std::string& image,
                                Json& config);
  ContainerSpec ContainerOf(const std::string& name, const ServiceDeployment& service);
  Result<std::map<std::string, std::string>> FillEnvironment(const PlaceholderValues& placeholders,
                                                             const std::map<std::string, EnvValue>& variables,
                                                             const std::string& field);
  Result<void> CompleteSession();
  std::map<std::string, std::string> InheritedEnvironment() const;

  bool InContainers() const { return deployment_.engine == EngineKind::kCompose; }
  std::string InRun(const std::string& name) const { return inputs_.run_directory + "/" + name; }
  const std::string& SourceTree() const {
    return inputs_.source_tree.empty() ? deployment_.source_tree : inputs_.source_tree;
  }
  std::string LogOf(const std::string& name) const { return InRun(name + ".log"); }
  /// A container gets the folder of its socket, and with it no other one.
  std::string AdminFolder(const std::string& name) const { return InRun(DoubleName(name) + ".d"); }
  std::string AdminSocket(const std::string& name) const {
    return InContainers() ? AdminFolder(name) + "/sock" : InRun(DoubleName(name) + ".sock");
  }
  Result<std::string> Fill(const PlaceholderValues& placeholders, const std::string& text,
                           const std::string& field) const {
    return placeholders.Fill(text, deployment_.file, field);
  }

  const Target& target_;
  const Deployment& deployment_;
  const PlanInputs& inputs_;
  PlaceholderValues secrets_only_;
  std::map<std::string, std::string> external_urls_;
  PlaceholderValues in_environment_;  // of services
  PlaceholderValues in_command_;      // of this machine
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
  SetAddresses(deployment_, inputs_, Side::kInside, external_urls_, in_environment_);
  if (!InContainers()) in_environment_.Set("run.directory", inputs_.run_directory);
  in_command_ = secrets_only_;
  SetAddresses(deployment_, inputs_, Side::kHere, external_urls_, in_command_);
  in_command_.Set("run.directory", inputs_.run_directory);
  in_command_.Set("tool.directory", inputs_.tool_directory);
  in_command_.Set("deployment.directory", std::filesystem::path(deployment_.file).parent_path().string());
}

Result<void> Planner::AddComposeFiles() {
  plan_.compose.files = deployment_.compose.files;
  PlaceholderValues placeholders = in_environment_;
  placeholders.Set("tool.directory", inputs_.tool_directory);
  placeholders.Set("deployment.directory", std::filesystem::path(deployment_.file).parent_path().string());
  for (const auto& [name, image] : inputs_.images) placeholders.Set("image." + name, image);
  READINESS_ASSIGN(plan_.compose.environment,
                   FillEnvironment(placeholders, deployment_.compose.environment, "compose.environment"));
  return {};
}

Result<std::map<std::string, std::string>> Planner::FillEnvironment(const PlaceholderValues& placeholders,
                                                                    const std::map<std::string, EnvValue>& variables,
                                                                    const std::string& field) {
  std::map<std::string, std::string> environment;
  for (const auto& [variable, value] : variables) {
    READINESS_ASSIGN(const std::string filled, Fill(placeholders, value.value, fmt::format("{}.{}", field, variable)));
    environment[variable] = filled;
    if (value.secret) plan_.session.secrets.push_back(filled);
  }
  return environment;
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
  return AddDouble(name, kDataProviderProgram,
                   {{"hosts", provider.hosts}, {"client_id", client_id}, {"client_secret", client_secret}});
}

Result<void> Planner::AddLanguageModel(const std::string& name, const LanguageModelDeployment& model) {
  READINESS_ASSIGN(const std::string api_key,
                   Fill(secrets_only_, model.api_key, "language_models." + name + ".api_key"));
  plan_.session.language_models[name] = {AdminSocket(name), inputs_.Channel()};
  plan_.session.secrets.push_back(api_key);
  return AddDouble(name, kLanguageModelProgram, {{"hosts", model.hosts}, {"api_key", api_key}, {"reply", model.reply}});
}

/// `config` is what the double needs beside what all of them do.
Result<void> Planner::AddDouble(const std::string& name, const std::string& program, Json config) {
  const auto port = inputs_.double_ports.find(name);
  if (port == inputs_.double_ports.end()) return Fail(ErrorKind::kInternal, "no port for the double " + name);
  const std::string config_file = InRun(DoubleName(name) + ".json");
  ServiceSpec spec;
  spec.name = DoubleName(name);
  if (InContainers()) {
    const auto image = inputs_.double_images.find(program);
    if (image == inputs_.double_images.end()) return Fail(ErrorKind::kInternal, "no image for the double " + name);
    spec.container = DoubleContainer(name, config_file, image->second, config);
    spec.command = {"/" + program, "--config", kConfigInside};
  } else {
    config["port"] = port->second;
    config["admin_socket"] = AdminSocket(name);
    config["ca_directory"] = CaDirectory(inputs_.run_directory, name);
    spec.command = {inputs_.tool_directory + "/" + program, "--config", config_file};
    spec.environment = InheritedEnvironment();
    spec.working_directory = inputs_.run_directory;
  }
  plan_.files.push_back({config_file, config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"});
  spec.log_file = LogOf(spec.name);
  spec.url = LoopbackUrl(port->second);
  WaitCondition healthy;
  healthy.http = WaitCondition::HttpAnswers{"/__double__/health", {200}};
  spec.ready = {healthy};
  plan_.doubles.push_back(std::move(spec));
  return {};
}

/// Its container, and in `config` where it has what.
ContainerSpec Planner::DoubleContainer(const std::string& name, const std::string& config_file,
                                       const std::string& image, Json& config) {
  const std::string ca_directory = CaDirectory(inputs_.run_directory, name);
  ContainerSpec container;
  container.image = image;
  container.port = kDoublePort;
  // What it writes is the run's, and removed with it.
  container.user = inputs_.user;
  container.mounts = {
      {config_file, kConfigInside, true}, {ca_directory, kCaInside, false}, {AdminFolder(name), kAdminInside, false}};
  for (const Json& host : config["hosts"]) container.aliases.push_back(host.get<std::string>());
  config["listen"] = "0.0.0.0";
  config["port"] = kDoublePort;
  config["tls_port"] = kDoubleTlsPort;
  config["names"] = {DoubleName(name)};
  config["admin_socket"] = std::string(kAdminInside) + "/sock";
  config["ca_directory"] = kCaInside;
  plan_.folders.insert(plan_.folders.end(), {ca_directory, AdminFolder(name)});
  return container;
}

ContainerSpec Planner::ContainerOf(const std::string& name, const ServiceDeployment& service) {
  ContainerSpec container;
  container.base = name;
  container.port = service.container_port;
  for (const auto& entry : inputs_.double_ports) {
    container.mounts.push_back(
        {CaDirectory(inputs_.run_directory, entry.first), CaDirectoryInContainers(entry.first), true});
  }
  if (!deployment_.defects_file.empty())
    container.mounts.push_back({InRun("defects-" + inputs_.StartedAs(name)), kDefectsInside, false});
  return container;
}

Result<void> Planner::AddService(const std::string& name, const ServiceDeployment& service) {
  const std::string field = "services." + name;
  ServiceSpec spec;
  spec.name = inputs_.StartedAs(name);
  for (const std::string& word : service.command) {
    READINESS_ASSIGN(std::string filled, Fill(in_command_, word, field + ".command"));
    spec.command.push_back(std::move(filled));
  }
  READINESS_ASSIGN(spec.working_directory, Fill(in_command_, service.working_directory, field + ".working_directory"));
  if (InContainers()) {
    spec.container = ContainerOf(name, service);
  } else if (spec.working_directory.empty()) {
    spec.working_directory = inputs_.run_directory;
  }
  if (const auto url = external_urls_.find(name); url != external_urls_.end()) {
    spec.url = url->second;
  } else {
    READINESS_ASSIGN(spec.environment, EnvironmentOf(name, service));
    spec.log_file = LogOf(spec.name);
    if (const auto port = inputs_.service_ports.find(name); port != inputs_.service_ports.end())
      spec.url = LoopbackUrl(port->second);
  }
  spec.ready = service.ready;
  spec.startup_timeout = service.startup_timeout;
  spec.stop_grace = service.stop_grace;
  plan_.session.services[name] = {spec.url, spec.log_file};
  plan_.services.push_back(std::move(spec));
  return {};
}

Result<std::map<std::string, std::string>> Planner::EnvironmentOf(const std::string& name,
                                                                  const ServiceDeployment& service) {
  READINESS_ASSIGN(auto environment,
                   FillEnvironment(in_environment_, service.environment, fmt::format("services.{}.environment", name)));
  // A container has an environment of its own.
  if (!InContainers()) environment.merge(InheritedEnvironment());
  if (!deployment_.defects_file.empty()) {
    // Also in a run without defects: a stand-in that has one switched on by itself then says so.
    const std::string folder = InRun("defects-" + inputs_.StartedAs(name));
    const std::string file = InContainers() ? fmt::format("{}/{}", folder, kAcknowledgementFile) : folder + ".json";
    if (InContainers()) plan_.folders.push_back(folder);
    environment[kAcknowledgeVariable] =
        InContainers() ? fmt::format("{}/{}", kDefectsInside, kAcknowledgementFile) : file;
    plan_.acknowledgements[name] = file;
    if (!inputs_.defects.empty()) environment[kDefectsVariable] = inputs_.defects;
  }
  return environment;
}

Result<void> Planner::AddCommand(const std::string& name, const CommandDeployment& command) {
  const std::string field = "commands." + name;
  const bool in_container = !command.service.empty();
  PlaceholderValues placeholders = in_container ? in_environment_ : in_command_;
  if (const std::string tree = SourceTree(); !tree.empty() && !in_container) placeholders.Set("source_tree", tree);
  CommandSpec spec;
  for (const std::string& word : command.command) {
    READINESS_ASSIGN(std::string filled, Fill(placeholders, word, field + ".command"));
    spec.command.push_back(std::move(filled));
  }
  READINESS_ASSIGN(spec.working_directory, Fill(placeholders, command.working_directory, field + ".working_directory"));
  READINESS_ASSIGN(spec.environment, FillEnvironment(placeholders, command.environment, field + ".environment"));
  if (!inputs_.defects.empty()) spec.environment[kDefectsVariable] = inputs_.defects;
  spec.timeout = command.timeout;
  if (in_container) {
    std::set<std::string> secrets;
    for (const auto& [variable, value] : command.environment) {
      if (value.secret) secrets.insert(variable);
    }
    READINESS_ASSIGN(
        spec, ExecInContainer(inputs_.containers, ContainerName(inputs_.run_id, command.service), spec, secrets));
    spec.working_directory = inputs_.run_directory;
  } else {
    spec.environment.merge(InheritedEnvironment());
    if (spec.working_directory.empty()) spec.working_directory = inputs_.run_directory;
  }
  plan_.session.commands[name] = std::move(spec);
  return {};
}

Result<void> Planner::CompleteSession() {
  Session& session = plan_.session;
  session.run_id = inputs_.run_id;
  session.target_file = target_.file;
  session.deployment_id = deployment_.id;
  session.deployment_file = deployment_.file;
  session.engine = NameOf(deployment_.engine);
  session.allowed = deployment_.allowed;
  session.allowed_place = deployment_.allowed_place;
  session.stores = inputs_.store_urls;
  session.source_tree = SourceTree();
  READINESS_ASSIGN(session.token_signing_key, Fill(secrets_only_, deployment_.token_signing_key, "token.signing_key"));
  session.token_algorithm = deployment_.token_algorithm;
  session.allowed_hosts = deployment_.allowed_hosts;
  for (const auto& [name, url] : external_urls_) {
    READINESS_ASSIGN(const ServiceUrl parsed, ParseServiceUrl(url));
    session.allowed_hosts.push_back(parsed.host);
  }
  for (const auto& secret : inputs_.secrets) session.secrets.push_back(secret.second);
  session.secrets.push_back(session.token_signing_key);
  for (const auto* urls : {&inputs_.store_urls, &inputs_.inside_store_urls}) {
    for (const auto& store : *urls) session.secrets.push_back(PasswordOf(store.second));
  }
  std::sort(session.secrets.begin(), session.secrets.end());
  session.secrets.erase(std::unique(session.secrets.begin(), session.secrets.end()), session.secrets.end());
  std::erase(session.secrets, "");
  return {};
}

bool NeedsPort(const WaitCondition& condition) {
  return condition.port_open || condition.http.has_value();
}

}  // namespace

std::set<std::string> DoublePrograms(const Deployment& deployment) {
  std::set<std::string> programs;
  if (!deployment.data_providers.empty()) programs.insert(kDataProviderProgram);
  if (!deployment.language_models.empty()) programs.insert(kLanguageModelProgram);
  return programs;
}

Result<void> CheckInstance(const Deployment& deployment, const std::string& service, bool own_stores) {
  const auto found = deployment.services.find(service);
  if (found == deployment.services.end()) {
    return Fail(ErrorKind::kNotAvailable, fmt::format("the deployment has no service \"{}\"", Printable(service, 100)));
  }
  std::vector<std::string> own;
  for (const auto& entry : deployment.language_models) {
    for (const char* part : {"url", "proxy"}) own.push_back(fmt::format("${{double.{}.{}}}", entry.first, part));
  }
  for (const auto& entry : deployment.stores) {
    if (own_stores) own.push_back(fmt::format("${{store.{}.url}}", entry.first));
  }
  for (const std::string& placeholder : own) {
    const auto has = [&](const auto& variable) { return variable.second.value.find(placeholder) != std::string::npos; };
    const auto& of_files = deployment.compose.environment;
    const auto& of_service = found->second.environment;
    if (std::none_of(of_files.begin(), of_files.end(), has) || std::any_of(of_service.begin(), of_service.end(), has))
      continue;
    return Fail(Error{ErrorKind::kNotAvailable,
                      fmt::format("an instance of service \"{}\" would share what it must have of its own", service),
                      Place{deployment.file, 0, 0},
                      fmt::format("{} in the \"environment\" of the service", placeholder),
                      "it only in that of the compose files",
                      {}});
  }
  return {};
}

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
    if (deployment.engine != EngineKind::kProcess) {
      if (service.container_port != 0) services.insert(name);
      continue;
    }
    const bool referred = std::any_of(texts.begin(), texts.end(), [&, &name = name](const std::string* text) {
      return std::any_of(kPortPlaceholders.begin(), kPortPlaceholders.end(), [&](const char* part) {
        return text->find(fmt::format("${{{}.{}}}", part, name)) != std::string::npos;
      });
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
