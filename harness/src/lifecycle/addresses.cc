#include "lifecycle/addresses.h"

#include <fmt/format.h>

#include "definition/service_url.h"

namespace readiness {
namespace {

/// Who listens where, as one side names it: "127.0.0.1:20123", "double-llm:8080".
std::string DoubleAuthority(const std::string& name, int port, bool in_network) {
  return in_network ? fmt::format("{}:{}", DoubleName(name), kDoublePort) : fmt::format("127.0.0.1:{}", port);
}

/// A language model tells its callers apart by the channel in the URL, or by the user of the proxy.
std::string DoubleUrl(const std::string& authority, bool model, const std::string& channel) {
  return model ? fmt::format("http://{}/channels/{}/v1", authority, channel) : "http://" + authority;
}
std::string DoubleProxy(const std::string& authority, bool model, const std::string& channel) {
  return model ? fmt::format("http://{}@{}", channel, authority) : "http://" + authority;
}

}  // namespace

std::string LoopbackUrl(int port) {
  return fmt::format("http://127.0.0.1:{}", port);
}

std::string DoubleName(const std::string& name) {
  return "double-" + name;
}

std::string CaDirectory(const std::string& run_directory, const std::string& name) {
  return fmt::format("{}/{}-ca", run_directory, DoubleName(name));
}

std::string CaDirectoryInContainers(const std::string& name) {
  return fmt::format("/run/readiness/{}-ca", name);
}

Result<std::map<std::string, std::string>> ExternalUrls(const Deployment& deployment,
                                                        const EnvironmentLookup& environment) {
  PlaceholderValues placeholders;
  placeholders.SetEnvironment(environment);
  std::map<std::string, std::string> urls;
  for (const auto& [name, service] : deployment.services) {
    if (deployment.engine != EngineKind::kExternal) break;
    const std::string field = fmt::format("services.{}.url", name);
    READINESS_ASSIGN(const std::string text, placeholders.Fill(service.url, deployment.file, field));
    Result<ServiceUrl> url = ParseServiceUrl(text);
    if (!url) {
      url.error().what = fmt::format("{} {}", field, url.error().what);
      url.error().place = Place{deployment.file, 0, 0};
      return Fail(std::move(url).error());
    }
    urls[name] = url->text;
  }
  return urls;
}

void SetAddresses(const Deployment& deployment, const PlanInputs& inputs, Side side,
                  const std::map<std::string, std::string>& external_urls, PlaceholderValues& placeholders) {
  const bool in_network = side == Side::kInside && deployment.engine == EngineKind::kCompose;
  for (const auto& [name, port] : inputs.service_ports) {
    const int inside = in_network ? deployment.services.at(name).container_port : port;
    placeholders.Set(fmt::format("port.{}", name), std::to_string(inside));
    placeholders.Set(fmt::format("url.{}", name),
                     in_network ? fmt::format("http://{}:{}", inputs.StartedAs(name), inside) : LoopbackUrl(port));
    placeholders.Set(fmt::format("public_url.{}", name), LoopbackUrl(port));
  }
  for (const auto& [name, url] : external_urls) {
    placeholders.Set(fmt::format("url.{}", name), url);
    placeholders.Set(fmt::format("public_url.{}", name), url);
  }
  for (const auto& [name, url] : in_network ? inputs.inside_store_urls : inputs.store_urls)
    placeholders.Set(fmt::format("store.{}.url", name), url);
  for (const auto& [name, port] : inputs.double_ports) {
    const bool model = deployment.language_models.contains(name);
    const std::string authority = DoubleAuthority(name, port, in_network);
    const std::string directory = in_network ? CaDirectoryInContainers(name) : CaDirectory(inputs.run_directory, name);
    placeholders.Set(fmt::format("double.{}.url", name), DoubleUrl(authority, model, inputs.Channel()));
    placeholders.Set(fmt::format("double.{}.proxy", name), DoubleProxy(authority, model, inputs.Channel()));
    placeholders.Set(fmt::format("double.{}.ca_file", name), directory + "/ca.pem");
  }
}

}  // namespace readiness
