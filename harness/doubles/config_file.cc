#include "doubles/config_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "base/files.h"
#include "base/located_json.h"
#include "base/text.h"
#include "doubles/uri.h"

namespace readiness::doubles {
namespace {

constexpr std::size_t kMaxConfigBytes = 64 * 1024;
constexpr std::size_t kMaxHosts = 32;
constexpr std::size_t kMaxSocketPath = 107;  // sun_path with its terminating zero holds 108

using Member = LocatedJson::Member;

std::string Describe(const LocatedJson& value) {
  switch (value.type) {
    case LocatedJson::Type::kObject:
      return "an object";
    case LocatedJson::Type::kArray:
      return "an array";
    default:
      return value.scalar.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

tl::unexpected<Error> Wrong(const std::string& file, const Member& member, std::string expected) {
  return Fail(Error{ErrorKind::kDefinition,
                    "wrong value of \"" + member.key + "\"",
                    Place{file, member.value.line, member.value.column},
                    std::move(expected),
                    Describe(member.value),
                    {}});
}

std::optional<std::string> NonEmptyString(const LocatedJson& value) {
  if (value.type != LocatedJson::Type::kString) return std::nullopt;
  auto text = value.scalar.get<std::string>();
  if (text.empty()) return std::nullopt;
  return text;
}

Result<int> ReadPort(const std::string& file, const Member& member) {
  const bool whole = member.value.type == LocatedJson::Type::kNumber && member.value.scalar.is_number_integer();
  const auto port = whole ? member.value.scalar.get<std::int64_t>() : -1;
  if (port < 0 || port > 65535) return Wrong(file, member, "a whole number from 0 to 65535");
  return static_cast<int>(port);
}

Result<void> ReadHosts(const std::string& file, const Member& member, std::vector<std::string>& hosts) {
  const auto& value = member.value;
  if (value.type != LocatedJson::Type::kArray || value.elements.size() > kMaxHosts) {
    return Wrong(file, member, "a list of at most " + std::to_string(kMaxHosts) + " host names");
  }
  for (const auto& element : value.elements) {
    const auto text = NonEmptyString(element);
    if (!text || !IsHostName(*text)) {
      return Fail(Error{ErrorKind::kDefinition,
                        "wrong host name",
                        Place{file, element.line, element.column},
                        "a DNS name without port",
                        Describe(element),
                        {}});
    }
    hosts.push_back(NormalHost(*text));
  }
  return {};
}

Result<void> ReadListen(const std::string& file, const Member& member, ServerConfig& config) {
  const auto text = NonEmptyString(member.value);
  if (text != "127.0.0.1" && text != "0.0.0.0") return Wrong(file, member, "\"127.0.0.1\" or \"0.0.0.0\"");
  config.all_interfaces = text == "0.0.0.0";
  return {};
}

Result<void> ReadPath(const std::string& file, const Member& member, std::string& path) {
  const auto text = NonEmptyString(member.value);
  if (!text || text->front() != '/') return Wrong(file, member, "an absolute path");
  path = *text;
  return {};
}

Result<void> ReadSocketPath(const std::string& file, const Member& member, std::string& path) {
  READINESS_RETURN_IF_ERROR(ReadPath(file, member, path));
  if (path.size() > kMaxSocketPath) {
    return Wrong(file, member, "at most " + std::to_string(kMaxSocketPath) + " bytes, the limit of unix sockets");
  }
  return {};
}

Result<void> ReadText(const std::string& file, const Member& member, const TextKey& key) {
  const auto given = NonEmptyString(member.value);
  if (!given || (key.no_colon && given->find(':') != std::string::npos)) {
    return Wrong(file, member, key.no_colon ? "a text that is not empty and has no colon" : "a text that is not empty");
  }
  *key.value = *given;
  return {};
}

Result<void> ReadMember(const std::string& file, const Member& member, ServerConfig& config,
                        const std::vector<TextKey>& texts) {
  if (member.key == "port" || member.key == "tls_port") {
    READINESS_ASSIGN(const int port, ReadPort(file, member));
    if (member.key == "port") config.port = port;
    if (member.key == "tls_port") config.tls_port = port;
    return {};
  }
  if (member.key == "listen") return ReadListen(file, member, config);
  if (member.key == "hosts") return ReadHosts(file, member, config.hosts);
  if (member.key == "names") return ReadHosts(file, member, config.names);
  if (member.key == "admin_socket") return ReadSocketPath(file, member, config.admin_socket);
  if (member.key == "ca_directory") return ReadPath(file, member, config.ca_directory);
  const auto text = std::find_if(texts.begin(), texts.end(), [&](const TextKey& key) { return key.key == member.key; });
  return ReadText(file, member, *text);
}

}  // namespace

Result<void> ParseConfigFile(std::string_view text, const std::string& file, ServerConfig& config,
                             const std::vector<TextKey>& texts) {
  std::vector<std::string> required = {"port", "admin_socket", "hosts", "ca_directory"};
  for (const TextKey& key : texts) required.push_back(key.key);
  std::vector<std::string> known = required;
  known.insert(known.end(), {"listen", "tls_port", "names"});
  READINESS_ASSIGN(const LocatedJson document, ParseLocatedJson(text, file, {kMaxConfigBytes, 4, 1000}));
  if (document.type != LocatedJson::Type::kObject) {
    return Fail(Error{ErrorKind::kDefinition,
                      "not a configuration",
                      Place{file, document.line, document.column},
                      "an object",
                      Describe(document),
                      {}});
  }
  std::set<std::string> seen;
  for (const auto& member : document.members) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      const auto nearest = NearestWord(member.key, known);
      return Fail(Error{ErrorKind::kDefinition, "unknown key", Place{file, member.line, member.column},
                        fmt::format("one of {}", fmt::join(known, ", ")), "\"" + Printable(member.key, 100) + "\"",
                        nearest ? "did you mean \"" + *nearest + "\"?" : std::string()});
    }
    READINESS_RETURN_IF_ERROR(ReadMember(file, member, config, texts));
    seen.insert(member.key);
  }
  for (const auto& key : required) {
    if (!seen.contains(key)) {
      return Fail(Error{ErrorKind::kDefinition,
                        "missing key \"" + key + "\"",
                        Place{file, document.line, document.column},
                        {},
                        {},
                        {}});
    }
  }
  if (config.tls_port && config.hosts.empty()) {
    return Fail(Error{ErrorKind::kDefinition,
                      "\"tls_port\" without \"hosts\"",
                      Place{file, document.line, document.column},
                      "the hosts that are served there",
                      "an empty list",
                      {}});
  }
  return {};
}

Result<std::string> ReadConfigFile(const std::string& file) {
  return ReadFile(file, kMaxConfigBytes);
}

}  // namespace readiness::doubles
