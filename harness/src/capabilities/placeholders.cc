#include "capabilities/placeholders.h"

#include <optional>
#include <utility>

#include "base/text.h"

namespace readiness {
namespace {

struct Part {
  std::string literal;
  std::optional<std::string> name;  // of the placeholder after the literal
};

Result<std::vector<Part>> Split(std::string_view text) {
  std::vector<Part> parts;
  std::size_t position = 0;
  while (true) {
    const std::size_t open = text.find("${", position);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos || close == open + 2) {
      return Fail(ErrorKind::kDefinition, "\"" + Printable(text, 200) + "\" has a placeholder without end or name");
    }
    parts.push_back(
        {std::string(text.substr(position, open - position)), std::string(text.substr(open + 2, close - open - 2))});
    position = close + 1;
  }
  parts.push_back({std::string(text.substr(position)), std::nullopt});
  return parts;
}

Result<const Json*> Require(const std::string& name, const ValueLayers& values) {
  const Json* value = values.Find(name);
  if (value == nullptr) return Fail(ErrorKind::kNotAvailable, "placeholder ${" + name + "} has no value");
  return value;
}

Result<std::string> AsText(const std::string& name, const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return Fail(ErrorKind::kNotAvailable, "placeholder ${" + name + "} has no value but null");
  if (value.is_structured() || value.is_binary()) {
    Error error;
    error.kind = ErrorKind::kTarget;
    error.what = "placeholder ${" + name + "} stands inside a text";
    error.expected = "a string, a number or a boolean";
    error.actual = std::string("a value of type ") + value.type_name();
    return Fail(std::move(error));
  }
  return DumpJson(value);
}

bool IsDotSegment(std::string_view segment) {
  return segment == "." || segment == "..";
}

Result<void> RefuseDotSegments(const std::string& path) {
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (IsDotSegment(std::string_view(path).substr(begin, end - begin))) {
      return Fail(ErrorKind::kRefused,
                  "a filled-in value would turn path \"" + Printable(path, 200) + "\" into another one");
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace

const Json* ValueLayers::Find(const std::string& name) const {
  for (const Values* layer : layers_) {
    const auto found = layer->find(name);
    if (found != layer->end()) return &found->second;
  }
  return nullptr;
}

Result<std::vector<std::string>> PlaceholdersIn(std::string_view text) {
  READINESS_ASSIGN(const std::vector<Part> parts, Split(text));
  std::vector<std::string> names;
  for (const Part& part : parts) {
    if (part.name) names.push_back(*part.name);
  }
  return names;
}

Result<std::string> FillText(std::string_view text, const ValueLayers& values, const Escape& escape) {
  READINESS_ASSIGN(const std::vector<Part> parts, Split(text));
  std::string filled;
  for (const Part& part : parts) {
    filled += part.literal;
    if (!part.name) continue;
    READINESS_ASSIGN(const Json* value, Require(*part.name, values));
    READINESS_ASSIGN(std::string as_text, AsText(*part.name, *value));
    if (escape) {
      READINESS_ASSIGN(as_text, escape(*part.name, as_text));
    }
    filled += as_text;
  }
  return filled;
}

Result<Json> FillValue(const std::string& text, const ValueLayers& values) {
  READINESS_ASSIGN(const std::vector<Part> parts, Split(text));
  const bool one_placeholder = parts.size() == 2 && parts[0].literal.empty() && parts[1].literal.empty();
  if (!one_placeholder) {
    READINESS_ASSIGN(std::string filled, FillText(text, values));
    return Json(std::move(filled));
  }
  READINESS_ASSIGN(const Json* value, Require(*parts[0].name, values));
  return *value;
}

Result<Json> FillJson(const Json& value, const ValueLayers& values) {
  if (value.is_string()) return FillValue(value.get_ref<const std::string&>(), values);
  if (!value.is_structured()) return value;
  Json filled = value;
  for (Json& element : filled) {
    READINESS_ASSIGN(element, FillJson(element, values));
  }
  return filled;
}

Result<std::string> FillPath(const std::string& path, const ValueLayers& values) {
  const Escape encode = [](const std::string& name, const std::string& value) -> Result<std::string> {
    if (value.empty()) return Fail(ErrorKind::kRefused, "placeholder ${" + name + "} in a path is empty");
    return PercentEncode(value);
  };
  READINESS_ASSIGN(std::string filled, FillText(path, values, encode));
  READINESS_RETURN_IF_ERROR(RefuseDotSegments(filled));
  return filled;
}

Result<std::string> FillHeader(const std::string& header, const ValueLayers& values) {
  READINESS_ASSIGN(std::string filled, FillText(header, values));
  if (filled.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return Fail(ErrorKind::kRefused, "a value for header text \"" + header + "\" holds a line break or NUL");
  }
  return filled;
}

Result<std::string> FillPairs(const std::vector<std::pair<std::string, std::string>>& pairs,
                              const ValueLayers& values) {
  std::string joined;
  for (const auto& [name, text] : pairs) {
    READINESS_ASSIGN(const std::string value, FillText(text, values));
    if (!joined.empty()) joined += '&';
    joined += PercentEncode(name) + '=' + PercentEncode(value);
  }
  return joined;
}

Result<std::string> DumpJson(const Json& value) {
  try {
    return value.dump();
  } catch (const Json::exception& exception) {
    return Fail(ErrorKind::kMalformed, std::string("a value cannot be written as JSON: ") + exception.what());
  }
}

}  // namespace readiness
