#include "text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace readiness::probes::scenario_parts {
namespace {

constexpr std::size_t kMostShown = 300;

struct Part {
  std::string literal;
  std::string name;  // of the placeholder after it; empty: none
};

Result<std::vector<Part>> Split(std::string_view text) {
  std::vector<Part> parts;
  while (true) {
    const std::size_t open = text.find("${");
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return Fail(ErrorKind::kDefinition, "a placeholder has no end");
    const std::string_view name = text.substr(open + 2, close - open - 2);
    const std::size_t dot = name.find('.');
    if (dot == 0 || dot == std::string_view::npos || dot + 1 == name.size()) {
      return Fail(ErrorKind::kDefinition, fmt::format("${{{}}} is not of the form ${{identity.value}}", name));
    }
    parts.push_back({std::string(text.substr(0, open)), std::string(name)});
    text.remove_prefix(close + 1);
  }
  parts.push_back({std::string(text), {}});
  return parts;
}

Result<Json> ValueOf(const std::string& name, const Cast& cast) {
  const std::size_t dot = name.find('.');
  const auto identity = cast.find(name.substr(0, dot));
  if (identity != cast.end()) {
    const auto value = identity->second.values.find(name.substr(dot + 1));
    if (value != identity->second.values.end()) return value->second;
  }
  return Fail(ErrorKind::kNotAvailable,
              fmt::format("${{{}}} has no value: no attribute and not captured so far", name));
}

std::string Unescaped(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      text += token[++i] == '0' ? '~' : '/';
    } else {
      text += token[i];
    }
  }
  return text;
}

const Json* Child(const Json& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto found = parent.find(token);
    return found == parent.end() ? nullptr : &*found;
  }
  if (!parent.is_array() || token.empty() || (token.size() > 1 && token[0] == '0')) return nullptr;
  std::size_t index = 0;
  const char* const last = token.data() + token.size();
  const auto [end, failure] = std::from_chars(token.data(), last, index);
  return failure == std::errc() && end == last && index < parent.size() ? &parent[index] : nullptr;
}

bool ShowsInStrings(const Json& value, const std::string& text) {
  if (value.is_string()) return value.get_ref<const std::string&>().find(text) != std::string::npos;
  if (!value.is_structured()) return false;
  for (const auto& [key, element] : value.items()) {
    if (value.is_object() && key.find(text) != std::string::npos) return true;
    if (ShowsInStrings(element, text)) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string>> PlaceholdersIn(std::string_view text) {
  READINESS_ASSIGN(const std::vector<Part> parts, Split(text));
  std::vector<std::string> names;
  for (const Part& part : parts) {
    if (!part.name.empty()) names.push_back(part.name);
  }
  return names;
}

Result<std::string> FillText(const std::string& text, const Cast& cast) {
  READINESS_ASSIGN(const std::vector<Part> parts, Split(text));
  std::string filled;
  for (const Part& part : parts) {
    filled += part.literal;
    if (part.name.empty()) continue;
    READINESS_ASSIGN(const Json value, ValueOf(part.name, cast));
    filled += value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return filled;
}

Result<Json> Fill(const Json& value, const Cast& cast) {
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    READINESS_ASSIGN(const std::vector<Part> parts, Split(text));
    if (parts.size() == 2 && parts[0].literal.empty() && parts[1].literal.empty()) return ValueOf(parts[0].name, cast);
    READINESS_ASSIGN(std::string filled, FillText(text, cast));
    return Json(std::move(filled));
  }
  if (!value.is_structured()) return value;
  Json filled = value;
  for (Json& element : filled) {
    READINESS_ASSIGN(element, Fill(element, cast));
  }
  return filled;
}

std::string PointerProblem(std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return "does not begin with /";
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] != '~') continue;
    if (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1'))
      return "has a ~ without 0 or 1 after it";
  }
  return {};
}

const Json* AtPointer(const Json& document, std::string_view pointer) {
  const Json* value = &document;
  while (value != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    value = Child(*value, Unescaped(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return value;
}

bool Shows(const HttpResponse& answer, const std::string& text) {
  if (answer.body.find(text) != std::string::npos) return true;
  for (const auto& [name, value] : answer.headers) {
    if (name.find(text) != std::string::npos || value.find(text) != std::string::npos) return true;
  }
  const Result<Json> json = answer.ParseJson();
  return json && ShowsInStrings(*json, text);
}

std::string Shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kMostShown) text = fmt::format("{}... ({} bytes)", text.substr(0, kMostShown), text.size());
  return text;
}

}  // namespace readiness::probes::scenario_parts
