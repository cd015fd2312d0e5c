#include "definition/parameter_check.h"

#include <fmt/format.h>

#include <cstdint>

#include "definition/object_reader.h"

namespace readiness {
namespace {

template <class T>
std::optional<Json> ToJson(std::optional<T> value) {
  if (!value) return std::nullopt;
  return Json(*value);
}

bool IsEmpty(const LocatedJson& value) {
  switch (value.type) {
    case LocatedJson::Type::kString:
      return value.scalar.get_ref<const std::string&>().empty();
    case LocatedJson::Type::kArray:
      return value.elements.empty();
    case LocatedJson::Type::kObject:
      return value.members.empty();
    default:
      return false;
  }
}

}  // namespace

std::optional<Json> CheckParameterValue(const LocatedJson& value, ParameterType type, std::string_view label,
                                        Problems& problems) {
  switch (type) {
    case ParameterType::kString:
      return ToJson(ReadString(value, label, TextRule::kAny, problems));
    case ParameterType::kInteger:
      return ToJson(ReadInteger(value, label, {INT64_MIN, INT64_MAX}, problems));
    case ParameterType::kBoolean:
      return ToJson(ReadBoolean(value, label, problems));
    case ParameterType::kStringList:
      return ToJson(ReadStrings(value, label, TextRule::kText, true, problems));
    case ParameterType::kStatusSet:
      return ToJson(ReadStatuses(value, label, problems));
    case ParameterType::kDuration:
      return ToJson(ReadInteger(value, label, shapes::kMilliseconds, problems));
    case ParameterType::kObject:
      if (!ExpectType(value, LocatedJson::Type::kObject, label, "an object", problems)) return std::nullopt;
      return value.ToJson();
    case ParameterType::kList:
      if (!ExpectType(value, LocatedJson::Type::kArray, label, "a list", problems)) return std::nullopt;
      return value.ToJson();
  }
  return std::nullopt;
}

Json CheckParameters(const LocatedJson* given, const ProbeDescription& probe, At item_at, Problems& problems) {
  Json values = Json::object();
  const bool is_object =
      given != nullptr && ExpectType(*given, LocatedJson::Type::kObject, "\"parameters\"", "an object", problems);
  if (given != nullptr && !is_object) return values;

  std::vector<std::string> known;
  for (const auto& [name, description] : probe.parameters) known.push_back(name);
  const std::string of = fmt::format("of probe {}", probe.id);
  std::set<std::string> wrong;
  if (is_object) {
    for (const LocatedJson::Member& member : given->members) {
      const auto described = probe.parameters.find(member.key);
      if (described == probe.parameters.end()) {
        problems.AddUnknown(member, "parameter", member.key, known, of);
        continue;
      }
      const std::string label = fmt::format("parameter \"{}\"", member.key);
      if (described->second.required && IsEmpty(member.value)) {
        problems.Add(member.value, fmt::format("{} is empty", label), described->second.description,
                     DescribeValue(member.value));
        wrong.insert(member.key);
      } else if (auto value = CheckParameterValue(member.value, described->second.type, label, problems)) {
        values[member.key] = std::move(*value);
      } else {
        wrong.insert(member.key);
      }
    }
  }
  for (const auto& [name, description] : probe.parameters) {
    if (values.contains(name) || wrong.contains(name)) continue;
    if (description.fallback) {
      values[name] = *description.fallback;
    } else if (description.required) {
      problems.Add(is_object ? At(*given) : item_at, fmt::format("probe {} needs the parameter \"{}\"", probe.id, name),
                   description.description);
    }
  }
  return values;
}

}  // namespace readiness
