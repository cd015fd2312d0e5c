#include "containers/compose_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"

namespace readiness {
namespace {

tl::unexpected<Error> Refuse(const std::string& name, const std::string& what, const std::string& expected,
                             const std::string& actual, const std::string& fix) {
  return Fail(Error{ErrorKind::kDefinition, fmt::format("service {} {}", Printable(name, 100), what), std::nullopt,
                    expected, Printable(actual, 200), fix});
}

std::string TextAt(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool IsTrue(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  return *found == true || *found == "true";
}

/// Every text of a list, or every key of a mapping.
std::vector<std::string> NamesOf(const Json& service, const char* key) {
  std::vector<std::string> names;
  const auto found = service.find(key);
  if (found == service.end()) return names;
  for (const auto& [member, value] : found->items()) {
    if (found->is_object()) names.push_back(member);
    if (found->is_array() && value.is_string()) names.push_back(value.get<std::string>());
  }
  return names;
}

std::string BeforeColon(const std::string& text) {
  return text.substr(0, text.find(':'));
}

/// Is `source` the socket of a container engine, or a folder that holds one?
bool HoldsEngineSocket(const std::string& source) {
  const std::filesystem::path path = std::filesystem::path(source).lexically_normal();
  const std::string name = path.filename().string();
  for (const char* socket : {"docker.sock", "podman.sock", "containerd.sock", "crio.sock"}) {
    if (name == socket) return true;
  }
  const std::string folder = path.has_filename() ? path.string() : path.parent_path().string();
  for (const char* holder : {"/", "/run", "/var", "/var/run", "/run/docker", "/run/podman", "/run/containerd",
                             "/var/run/podman", "/var/lib/docker"}) {
    if (folder == holder) return true;
  }
  return false;
}

class Fitter {
 public:
  Fitter(const std::string& name, const Json& service) : name_(name) { fit_.service = service; }

  Result<FitService> Run() {
    READINESS_RETURN_IF_ERROR(CheckPrivileges());
    READINESS_RETURN_IF_ERROR(FitNamespaces());
    READINESS_RETURN_IF_ERROR(FitNeeds());
    READINESS_RETURN_IF_ERROR(FitMounts());
    READINESS_RETURN_IF_ERROR(FitBuild());
    FitNetworks();
    Drop();
    return std::move(fit_);
  }

 private:
  Result<void> CheckPrivileges() {
    if (IsTrue(fit_.service, "privileged"))
      return Refuse(name_, "is privileged: what it leaves on this machine no run would find again",
                    "a service without \"privileged\"", "privileged: true",
                    "grant what it really needs with cap_add and devices");
    if (fit_.service.contains("provider"))
      return Refuse(name_, "is no container", "a service with an image", "provider", "leave it out of the deployment");
    return {};
  }

  Result<void> FitNamespaces() {
    for (const char* key : {"network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup"}) {
      const std::string mode = TextAt(fit_.service, key);
      if (mode.empty()) continue;
      if (mode == "host") {
        return Refuse(name_, "shares a namespace of this machine, where it would meet what is not part of the run",
                      fmt::format("no \"{}: host\"", key), fmt::format("{}: {}", key, mode), mode_fix(key));
      }
      if (mode.starts_with("container:"))
        return Refuse(name_, "shares a namespace of somebody else's container", "containers of the run",
                      fmt::format("{}: {}", key, mode), "use service:<name>");
      if (mode.starts_with("service:")) fit_.needs.insert(mode.substr(8));
    }
    const std::string mode = TextAt(fit_.service, "network_mode");
    if (mode == "bridge" || mode == "default") {
      fit_.service.erase("network_mode");
    } else if (mode == "none" || mode.starts_with("service:")) {
      fit_.own_network = false;
    } else if (!mode.empty()) {
      return Refuse(name_, "uses a network of others", "networks of the compose files",
                    fmt::format("network_mode: {}", mode), "list the network under \"networks\"");
    }
    return {};
  }
  static std::string mode_fix(std::string_view key) {
    return key == "network_mode" ? "take it away: services of a run reach each other by name"
                                 : fmt::format("take \"{}\" away", key);
  }

  Result<void> FitNeeds() {
    for (const std::string& need : NamesOf(fit_.service, "depends_on")) fit_.needs.insert(need);
    for (const std::string& link : NamesOf(fit_.service, "links")) fit_.needs.insert(BeforeColon(link));
    for (const std::string& from : NamesOf(fit_.service, "volumes_from")) {
      if (from.starts_with("container:"))
        return Refuse(name_, "uses the volumes of somebody else's container", "containers of the run", from,
                      "mount a named volume");
      fit_.needs.insert(BeforeColon(from));
    }
    if (!NamesOf(fit_.service, "external_links").empty())
      return Refuse(name_, "is linked to somebody else's container", "containers of the run",
                    NamesOf(fit_.service, "external_links").front(), "take \"external_links\" away");
    return {};
  }

  Result<void> FitMounts() {
    const auto volumes = fit_.service.find("volumes");
    if (volumes != fit_.service.end() && volumes->is_array()) {
      for (const Json& volume : *volumes) {
        std::string source = TextAt(volume, "source");
        if (volume.is_string()) {
          const auto& text = volume.get_ref<const std::string&>();
          if (text.find(':') != std::string::npos) source = BeforeColon(text);
        }
        if (source.empty()) continue;
        if (source.front() != '/') {
          if (TextAt(volume, "type") != "bind") fit_.volumes.insert(source);
        } else if (HoldsEngineSocket(source)) {
          return Refuse(name_, "has the container engine's socket: what it starts no run would find again",
                        "mounts without it", source, "leave the mount out, or the service");
        }
      }
    }
    for (const auto& [key, names] : {std::pair{"secrets", &fit_.secrets}, {"configs", &fit_.configs}}) {
      for (const std::string& short_form : NamesOf(fit_.service, key)) names->insert(short_form);
      if (const auto list = fit_.service.find(key); list != fit_.service.end() && list->is_array()) {
        for (const Json& entry : *list) {
          if (const std::string source = TextAt(entry, "source"); !source.empty()) names->insert(source);
        }
      }
    }
    return {};
  }

  Result<void> FitBuild() {
    const auto build = fit_.service.find("build");
    if (build == fit_.service.end() || build->is_null()) {
      fit_.service.erase("build");
      if (TextAt(fit_.service, "image").empty())
        return Refuse(name_, "has nothing to run", "an image, or how to build one", "neither", "");
      return {};
    }
    if (build->is_string()) *build = Json{{"context", *build}};
    if (IsTrue(*build, "privileged"))
      return Refuse(name_, "is built with privileges", "no \"build.privileged\"", "privileged: true", "take it away");
    for (const char* key : {"tags", "cache_to", "privileged", "entitlements"}) build->erase(key);
    return {};
  }

  void FitNetworks() {
    const auto networks = fit_.service.find("networks");
    if (networks == fit_.service.end() || networks->is_null()) return;
    Json kept = Json::object();
    for (const std::string& network : NamesOf(fit_.service, "networks")) {
      Json options = networks->is_object() ? (*networks)[network] : Json();
      if (!options.is_object()) options = Json::object();
      for (const char* key : {"ipv4_address", "ipv6_address", "link_local_ips", "mac_address"}) {
        if (const std::string address = TextAt(options, key); !address.empty()) fit_.addresses.insert(address);
        options.erase(key);
      }
      if (network != "default") fit_.networks.insert(network);
      kept[network] = std::move(options);
    }
    *networks = std::move(kept);
  }

  void Drop() {
    Json& service = fit_.service;
    if (const auto deploy = service.find("deploy"); deploy != service.end()) {
      const Json resources = deploy->is_object() ? deploy->value("resources", Json()) : Json();
      service.erase(deploy);
      if (resources.is_object()) service["deploy"] = {{"resources", resources}};
    }
    for (const char* key : {"container_name", "restart", "ports", "profiles", "scale", "logging", "mac_address",
                            "env_file", "develop", "attach", "extends", "stop_grace_period", "log_driver", "log_opt"})
      service.erase(key);
    for (auto member = service.begin(); member != service.end();)
      member = member.key().starts_with("x-") || member->is_null() ? service.erase(member) : std::next(member);
    service["environment"] = ToMapping(service.value("environment", Json()));
    service["labels"] = ToMapping(service.value("labels", Json()));
  }

  const std::string& name_;
  FitService fit_;
};

}  // namespace

Json ToMapping(const Json& list_or_mapping) {
  Json mapping = Json::object();
  for (const auto& [key, value] : list_or_mapping.items()) {
    if (list_or_mapping.is_object()) {
      if (!value.is_null()) mapping[key] = value.is_string() ? value : Json(value.dump());
    } else if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      const std::size_t equals = text.find('=');
      if (equals != std::string::npos) mapping[text.substr(0, equals)] = text.substr(equals + 1);
    }
  }
  return mapping;
}

Result<FitService> MakeFit(const std::string& name, const Json& service) {
  return Fitter(name, service).Run();
}

Result<Json> MakeResourceFit(const std::string& kind, const std::string& name, const Json& definition,
                             std::set<std::string>& addresses) {
  Json fit = definition.is_object() ? definition : Json::object();
  const auto refuse = [&](const std::string& what, const std::string& actual, const std::string& fix) {
    return Fail(Error{ErrorKind::kDefinition, fmt::format("{} {} {}", kind, Printable(name, 100), what), std::nullopt,
                      "what the run makes and removes itself", Printable(actual, 200), fix});
  };
  const Json external = fit.value("external", Json(false));
  if (external == true || external == "true" || external.is_object())
    return refuse("is external: it belongs to others", "external: true",
                  "describe it in the compose files, or in one more file of the deployment");
  fit.erase("external");
  fit.erase("name");
  for (auto member = fit.begin(); member != fit.end();)
    member = member.key().starts_with("x-") || member->is_null() ? fit.erase(member) : std::next(member);
  if (kind == "network") {
    const std::string driver = TextAt(fit, "driver");
    if (!driver.empty() && driver != "bridge")
      return refuse("is no bridge: it would reach others", "driver: " + driver, "leave its driver out");
    if (const auto ipam = fit.find("ipam"); ipam != fit.end() && ipam->is_object()) {
      for (const Json& pool : ipam->value("config", Json::array())) {
        if (const std::string subnet = TextAt(pool, "subnet"); !subnet.empty()) addresses.insert(subnet);
        if (const std::string gateway = TextAt(pool, "gateway"); !gateway.empty()) addresses.insert(gateway);
      }
    }
    for (const char* key : {"ipam", "enable_ipv6", "attachable"}) fit.erase(key);
    if (const auto options = fit.find("driver_opts"); options != fit.end() && options->is_object())
      options->erase("com.docker.network.bridge.name");
  }
  if (kind == "network" || kind == "volume") fit["labels"] = ToMapping(fit.value("labels", Json()));
  return fit;
}

}  // namespace readiness
