#include "definition/service_url.h"

#include <charconv>
#include <optional>

#include "definition/syntax.h"

namespace readiness {
namespace {

constexpr std::string_view kExample = "http:// or https://, a host, perhaps a port and a path";
constexpr std::size_t kLongest = 2000;

Error Wrong(std::string what) {
  return Error{ErrorKind::kDefinition, std::move(what), std::nullopt, std::string(kExample), {}, {}};
}

std::optional<int> ReadPort(std::string_view digits) {
  int port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535) return std::nullopt;
  return port;
}

bool IsPathText(std::string_view path) {
  for (const char c : path) {
    if (c <= ' ' || c == '?' || c == '#' || c == '\\' || static_cast<unsigned char>(c) >= 0x7f) return false;
  }
  return path.find("/../") == std::string_view::npos && !path.ends_with("/..");
}

}  // namespace

Result<ServiceUrl> ParseServiceUrl(std::string_view text) {
  if (text.size() > kLongest) return Fail(Wrong("is too long"));
  ServiceUrl url;
  std::string_view rest = text;
  if (rest.starts_with("http://")) {
    url.port = 80;
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    url.port = 443;
    rest.remove_prefix(8);
  } else {
    return Fail(Wrong("has no scheme that is known"));
  }
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  const std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (authority.find('@') != std::string_view::npos) return Fail(Wrong("has a user or password"));
  if (!IsPathText(path)) return Fail(Wrong("has a query, a fragment or a character that no path has"));
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const std::optional<int> port = ReadPort(authority.substr(colon + 1));
    if (!port) return Fail(Wrong("has a wrong port"));
    url.port = *port;
  }
  std::string_view host = authority.substr(0, colon);
  if (bracket != std::string_view::npos) {
    if (host.size() != bracket + 1) return Fail(Wrong("has no host"));
    host = host.substr(1, bracket - 1);
  }
  if (!IsHostName(host)) return Fail(Wrong("has no host"));
  url.host = host;
  url.text = text;
  while (url.text.ends_with('/')) url.text.pop_back();
  return url;
}

}  // namespace readiness
