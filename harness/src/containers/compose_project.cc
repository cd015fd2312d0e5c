#include "containers/compose_project.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/text.h"
#include "containers/compose_service.h"
#include "containers/container_cli.h"
#include "engines/wait.h"

namespace readiness {
namespace {

/// What compose puts in for `$$`: our own values hold no references.
std::string Escaped(const std::string& value) {
  std::string escaped;
  for (const char c : value) escaped.append(c == '$' ? "$$" : std::string(1, c));
  return escaped;
}

Json Escaped(const std::vector<std::string>& values) {
  Json list = Json::array();
  for (const std::string& value : values) list.push_back(Escaped(value));
  return list;
}

Error DefinitionError(std::string what, std::string expected, const std::string& actual, std::string fix = {}) {
  return Error{ErrorKind::kDefinition, std::move(what),        std::nullopt,
               std::move(expected),    Printable(actual, 200), std::move(fix)};
}

/// Does `text` hold `address`, and not a longer one that begins or ends with it?
bool Tells(const std::string& text, const std::string& address) {
  const auto part_of_one = [&](std::size_t at) { return std::isxdigit(static_cast<unsigned char>(text[at])) != 0; };
  for (std::size_t at = text.find(address); at != std::string::npos; at = text.find(address, at + 1)) {
    const std::size_t end = at + address.size();
    if ((at == 0 || !part_of_one(at - 1)) && (end == text.size() || !part_of_one(end))) return true;
  }
  return false;
}

/// Where `address` stands in `value`, as a JSON pointer; empty: nowhere.
std::string Find(const Json& value, const std::string& address, const std::string& at = {}) {
  if (value.is_string()) return Tells(value.get_ref<const std::string&>(), address) ? at : "";
  if (!value.is_structured()) return {};
  for (const auto& [key, member] : value.items()) {
    if (std::string found = Find(member, address, at + "/" + key); !found.empty()) return found;
  }
  return {};
}

class Maker {
 public:
  Maker(const std::string& run_id, const Json& sources, const std::vector<ServiceSpec>& specs)
      : run_id_(run_id), sources_(sources), specs_(specs) {}

  Result<Json> Run() {
    services_ = networks_ = volumes_ = secrets_ = configs_ = Json::object();
    for (const ServiceSpec& spec : specs_) {
      READINESS_RETURN_IF_ERROR(AddSpec(spec));
    }
    READINESS_RETURN_IF_ERROR(AddNeeds());
    networks_[kRunNetwork] = Json::object();
    READINESS_RETURN_IF_ERROR(AddResources("network", "networks", used_networks_, networks_));
    READINESS_RETURN_IF_ERROR(AddResources("volume", "volumes", used_volumes_, volumes_));
    READINESS_RETURN_IF_ERROR(AddResources("secret", "secrets", used_secrets_, secrets_));
    READINESS_RETURN_IF_ERROR(AddResources("config", "configs", used_configs_, configs_));
    for (Json* labelled : {&networks_, &volumes_}) {
      for (Json& one : *labelled) one["labels"][kContainerLabel] = run_id_;
    }
    READINESS_RETURN_IF_ERROR(CheckAddresses());
    Json project{{"services", services_}, {"networks", networks_}};
    for (const auto& [key, value] : {std::pair{"volumes", &volumes_}, {"secrets", &secrets_}, {"configs", &configs_}}) {
      if (!value->empty()) project[key] = *value;
    }
    return project;
  }

 private:
  Result<const FitService*> Fit(const std::string& name) {
    if (const auto found = fit_.find(name); found != fit_.end()) return &found->second;
    const Json services = sources_.is_object() ? sources_.value("services", Json::object()) : Json::object();
    const auto source = services.find(name);
    if (source == services.end()) {
      std::vector<std::string> known;
      for (const auto& entry : services.items()) known.push_back(entry.key());
      const std::optional<std::string> nearest = NearestWord(name, known);
      return Fail(DefinitionError(fmt::format("the compose files have no service {}", Printable(name, 100)),
                                  fmt::format("one of {}", fmt::join(known, ", ")), name,
                                  nearest ? fmt::format("did you mean {}?", *nearest)
                                          : "a service with a profile has to have it chosen by COMPOSE_PROFILES"));
    }
    READINESS_ASSIGN(FitService fit, MakeFit(name, *source));
    return &fit_.emplace(name, std::move(fit)).first->second;
  }

  Result<void> AddSpec(const ServiceSpec& spec) {
    if (!spec.container) return Fail(ErrorKind::kInternal, fmt::format("service {} is not for a container", spec.name));
    Json service{{"image", spec.container->image}, {"environment", Json::object()}, {"labels", Json::object()}};
    bool own_network = true;
    if (!spec.container->base.empty()) {
      READINESS_ASSIGN(const FitService* fit, Fit(spec.container->base));
      service = fit->service;
      own_network = fit->own_network;
      Use(spec.container->base, *fit);
    }
    if (services_.contains(spec.name))
      return Fail(ErrorKind::kInternal, fmt::format("two services have the name {}", spec.name));
    READINESS_RETURN_IF_ERROR(LayOver(service, spec, own_network));
    return Place(spec.name, std::move(service), own_network, spec.container->base);
  }

  Result<void> LayOver(Json& service, const ServiceSpec& spec, bool own_network) {
    const ContainerSpec& container = *spec.container;
    for (const auto& [name, value] : spec.environment) {
      if (name.empty() || name.find('=') != std::string::npos)
        return Fail(DefinitionError(fmt::format("service {} has an impossible environment variable", spec.name),
                                    "a name without =", fmt::format("\"{}\"", name)));
      service["environment"][name] = Escaped(value);
    }
    if (!spec.command.empty()) {
      service["entrypoint"] = Escaped(spec.command);
      service.erase("command");
    }
    if (!spec.working_directory.empty()) service["working_dir"] = Escaped(spec.working_directory);
    if (!container.user.empty()) service["user"] = container.user;
    if (!container.stop_signal.empty()) service["stop_signal"] = container.stop_signal;
    for (const ContainerSpec::Mount& mount : container.mounts) {
      service["volumes"].push_back({{"type", "bind"},
                                    {"source", Escaped(mount.source)},
                                    {"target", Escaped(mount.target)},
                                    {"read_only", mount.read_only}});
    }
    if ((container.port != 0 || !container.aliases.empty()) && !own_network)
      return Fail(DefinitionError(fmt::format("service {} is to be reached and has no network of its own", spec.name),
                                  "networks of its own",
                                  fmt::format("network_mode: {}", service.value("network_mode", "")),
                                  "let the deployment name the one that has"));
    if (container.port != 0) {
      READINESS_ASSIGN(const Endpoint endpoint, ParseEndpoint(spec.url));
      service["ports"] = {fmt::format("127.0.0.1:{}:{}", endpoint.port, container.port)};
    }
    if (own_network) {
      Json& joined = service["networks"][kRunNetwork];
      if (!container.aliases.empty()) joined["aliases"] = container.aliases;
    }
    return {};
  }

  /// What every service of the run has.
  Result<void> Place(const std::string& name, Json service, bool own_network, const std::string& base) {
    service["container_name"] = ContainerName(run_id_, name);
    service["labels"][kContainerLabel] = run_id_;
    // Twice what is kept of a log: the engine wraps every line into a record.
    service["logging"] = {{"driver", "json-file"},
                          {"options", {{"max-size", fmt::format("{}m", kMaxLogBytes >> 19)}, {"max-file", "2"}}}};
    if (own_network) {
      READINESS_RETURN_IF_ERROR(JoinRunNetwork(name, service["networks"]));
    }
    if (const auto build = service.find("build"); build != service.end()) {
      service["image"] = BuiltImageName(run_id_, base);
      Json labels = ToMapping(build->value("labels", Json()));
      labels[kContainerLabel] = run_id_;
      (*build)["labels"] = std::move(labels);
    }
    services_[name] = std::move(service);
    return {};
  }

  /// The run's network stands in for the default one, which there is no second need of.
  Result<void> JoinRunNetwork(const std::string& name, Json& networks) {
    if (!networks.is_object()) networks = Json::object();
    Json& joined = networks[kRunNetwork];
    if (!joined.is_object()) joined = Json::object();
    if (const auto fallback = networks.find("default"); fallback != networks.end()) {
      for (const auto& alias : fallback->value("aliases", Json::array()))
        networks[kRunNetwork]["aliases"].push_back(alias);
      networks.erase("default");
    }
    if (used_networks_.contains(kRunNetwork))
      return Fail(DefinitionError(
          fmt::format("service {} has a network named {}, which is the harness' own", name, kRunNetwork),
          "another name", kRunNetwork));
    return {};
  }

  void Use(const std::string& name, const FitService& fit) {
    if (!used_.insert(name).second) return;
    used_volumes_.insert(fit.volumes.begin(), fit.volumes.end());
    used_networks_.insert(fit.networks.begin(), fit.networks.end());
    used_secrets_.insert(fit.secrets.begin(), fit.secrets.end());
    used_configs_.insert(fit.configs.begin(), fit.configs.end());
    addresses_.insert(fit.addresses.begin(), fit.addresses.end());
    needed_.insert(needed_.end(), fit.needs.begin(), fit.needs.end());
  }

  /// The services of the files that others depend on, directly or not.
  Result<void> AddNeeds() {
    for (std::size_t at = 0; at < needed_.size(); ++at) {
      const std::string name = needed_[at];
      READINESS_ASSIGN(const FitService* fit, Fit(name));
      Use(name, *fit);
      if (const auto spec =
              std::find_if(specs_.begin(), specs_.end(), [&](const auto& one) { return one.name == name; });
          spec != specs_.end()) {
        if (spec->container->base == name) continue;
        return Fail(DefinitionError(fmt::format("the compose files and the harness both have a service {}", name),
                                    "names that differ", name, "rename the one in the compose files or the double"));
      }
      if (!services_.contains(name)) {
        READINESS_RETURN_IF_ERROR(Place(name, fit->service, fit->own_network, name));
      }
    }
    return {};
  }

  Result<void> AddResources(const std::string& kind, const char* key, const std::set<std::string>& used, Json& into) {
    const Json defined = sources_.is_object() ? sources_.value(key, Json()) : Json();
    for (const std::string& name : used) {
      const Json definition = defined.is_object() && defined.contains(name) ? defined[name] : Json();
      READINESS_ASSIGN(into[name], MakeResourceFit(kind, name, definition, addresses_));
    }
    return {};
  }

  Result<void> CheckAddresses() const {
    for (const std::string& address : addresses_) {
      const std::string where = Find(services_, address.substr(0, address.find('/')));
      if (where.empty()) continue;
      return Fail(DefinitionError("a fixed address is told to a service; beside other runs it cannot be kept",
                                  "services that are reached by their names",
                                  fmt::format("{} at services{}", address, where), "use the service's name there"));
    }
    return {};
  }

  const std::string& run_id_;
  const Json& sources_;
  const std::vector<ServiceSpec>& specs_;
  std::map<std::string, FitService> fit_;
  std::vector<std::string> needed_;
  std::set<std::string> used_, used_networks_, used_volumes_, used_secrets_, used_configs_, addresses_;
  Json services_, networks_, volumes_, secrets_, configs_;
};

}  // namespace

std::string ContainerName(const std::string& run_id, const std::string& service) {
  return fmt::format("readiness-{}-{}", run_id, service);
}

std::string BuiltImageName(const std::string& run_id, const std::string& service) {
  return fmt::format("readiness-{}:{}", run_id, service);
}

Result<Json> MakeComposeProject(const std::string& run_id, const Json& sources, const std::vector<ServiceSpec>& specs) {
  return Maker(run_id, sources, specs).Run();
}

}  // namespace readiness
