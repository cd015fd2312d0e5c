// Between compose files and JSON, both ways. YAML itself is read by the adapter of readiness::source.

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "containers/compose_project.h"
#include "readiness/source_yaml.h"

namespace readiness {
namespace {

constexpr const char* kName = "the resolved compose file";

bool IsInteger(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  // 0755 is eight times something for some readers and 755 for others: it stays a text, which all take as it stands.
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

Json ScalarOf(const YamlNode& node) {
  const std::string& text = node.text;
  if (!node.plain) return text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const char* end = text.data() + text.size();
  if (IsInteger(text)) {
    std::int64_t number = 0;
    if (std::from_chars(text.data(), end, number).ec == std::errc()) return number;
  }
  if (text.find_first_not_of("0123456789.-+eE") == std::string::npos && text.find('.') != std::string::npos) {
    double number = 0;
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end) return number;
  }
  return text;
}

Json ToJson(const YamlNode& node) {
  switch (node.type) {
    case YamlNode::Type::kNull:
      return nullptr;
    case YamlNode::Type::kScalar:
      return ScalarOf(node);
    case YamlNode::Type::kSequence: {
      Json list = Json::array();
      for (const YamlNode& item : node.items) list.push_back(ToJson(item));
      return list;
    }
    case YamlNode::Type::kMapping: {
      Json object = Json::object();
      for (const auto& [key, value] : node.members) object[key] = ToJson(value);
      return object;
    }
  }
  return nullptr;
}

/// Characters that YAML does not allow as they are, though JSON does: DEL, C1 and the two non-characters.
std::string EscapeForYaml(const std::string& json) {
  std::string text;
  text.reserve(json.size());
  for (std::size_t at = 0; at < json.size(); ++at) {
    const auto byte = [&](std::size_t offset) {
      return at + offset < json.size() ? static_cast<unsigned char>(json[at + offset]) : 0U;
    };
    if (byte(0) == 0x7f) {
      text += "\\u007f";
    } else if (byte(0) == 0xc2 && byte(1) < 0xa0) {
      text += fmt::format("\\u{:04x}", byte(1));
      ++at;
    } else if (byte(0) == 0xef && byte(1) == 0xbf && byte(2) >= 0xbe) {
      text += fmt::format("\\uff{:02x}", byte(2) == 0xbe ? 0xfe : 0xff);
      at += 2;
    } else {
      text += json[at];
    }
  }
  return text;
}

bool HoldsNul(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().find('\0') != std::string::npos;
  for (const auto& [key, member] : value.items()) {
    if (value.is_object() && key.find('\0') != std::string::npos) return true;
    if ((member.is_structured() || member.is_string()) && HoldsNul(member)) return true;
  }
  return false;
}

}  // namespace

Result<Json> ParseComposeConfig(const std::string& yaml) {
  Result<std::vector<YamlNode>> documents = ParseYaml(yaml, kName);
  if (!documents) {
    Error error = documents.error();
    if (error.kind != ErrorKind::kLimit) error.kind = ErrorKind::kDefinition;
    return Fail(std::move(error));
  }
  const YamlNode* services = documents->size() == 1 ? documents->front().Find("services") : nullptr;
  const bool mapping = services != nullptr && services->IsMapping();
  if (mapping) {
    for (const auto& [name, service] : services->members) {
      if (service.IsMapping()) continue;
      return Fail(Error{ErrorKind::kDefinition,
                        fmt::format("service {} of the compose files says nothing", Printable(name, 100)),
                        Place{kName, service.line, service.column},
                        "a mapping",
                        {},
                        {}});
    }
    return ToJson(documents->front());
  }
  return Fail(Error{ErrorKind::kDefinition,
                    "the compose files hold no services",
                    Place{kName, 0, 0},
                    "one document with a mapping \"services\"",
                    Printable(yaml, 200),
                    {}});
}

Result<std::string> ComposeText(const Json& project) {
  if (HoldsNul(project)) return Fail(ErrorKind::kDefinition, "a text of the compose project holds a NUL");
  try {
    return EscapeForYaml(project.dump(1));
  } catch (const Json::exception&) {
    return Fail(ErrorKind::kDefinition, "a text of the compose project is no UTF-8");
  }
}

}  // namespace readiness
