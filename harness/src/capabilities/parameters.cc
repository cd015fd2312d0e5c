#include "readiness/parameters.h"

#include <cstdint>

namespace readiness {
namespace {

Error Unusable(const std::string& name, const std::string& expected, const std::string& actual) {
  Error error;
  error.kind = ErrorKind::kDefinition;
  error.what = "the probe asks for parameter \"" + name + "\"";
  error.expected = expected;
  error.actual = actual;
  error.fix = "declare \"" + name + "\" with this type in the probe's probe.json";
  return error;
}

std::string TypeOf(const Json& value) {
  if (value.is_number_float()) return "a number with a fraction";
  return std::string("a value of type ") + value.type_name();
}

Result<Json> Find(const Json& values, const std::string& name, const std::string& expected) {
  const auto found = values.is_object() ? values.find(name) : values.end();
  if (found == values.end()) return Fail(Unusable(name, expected, "no such parameter"));
  return *found;
}

}  // namespace

Result<std::string> Parameters::String(const std::string& name) const {
  READINESS_ASSIGN(const Json value, Find(values_, name, "a string"));
  if (!value.is_string()) return Fail(Unusable(name, "a string", TypeOf(value)));
  return value.get<std::string>();
}

Result<std::int64_t> Parameters::Integer(const std::string& name) const {
  READINESS_ASSIGN(const Json value, Find(values_, name, "an integer"));
  if (!value.is_number_integer()) return Fail(Unusable(name, "an integer", TypeOf(value)));
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return Fail(Unusable(name, "an integer of 64 bits", value.dump()));
  }
  return value.get<std::int64_t>();
}

Result<bool> Parameters::Boolean(const std::string& name) const {
  READINESS_ASSIGN(const Json value, Find(values_, name, "true or false"));
  if (!value.is_boolean()) return Fail(Unusable(name, "true or false", TypeOf(value)));
  return value.get<bool>();
}

Result<std::vector<std::string>> Parameters::StringList(const std::string& name) const {
  READINESS_ASSIGN(const Json value, Find(values_, name, "a list of strings"));
  if (!value.is_array()) return Fail(Unusable(name, "a list of strings", TypeOf(value)));
  std::vector<std::string> strings;
  for (const Json& element : value) {
    if (!element.is_string()) return Fail(Unusable(name, "a list of strings", "an element is " + TypeOf(element)));
    strings.push_back(element.get<std::string>());
  }
  return strings;
}

Result<StatusSet> Parameters::Statuses(const std::string& name) const {
  const std::string expected = "a list of HTTP statuses (100 to 599)";
  READINESS_ASSIGN(const Json value, Find(values_, name, expected));
  if (!value.is_array()) return Fail(Unusable(name, expected, TypeOf(value)));
  StatusSet statuses;
  for (const Json& element : value) {
    if (!element.is_number_integer()) return Fail(Unusable(name, expected, "an element is " + TypeOf(element)));
    if (element < 100 || element > 599) return Fail(Unusable(name, expected, element.dump()));
    statuses.insert(element.get<int>());
  }
  return statuses;
}

Result<StatusSet> Parameters::Refusals(const std::string& name) const {
  static const StatusSet kNotLookedAt = {405, 408, 415, 425, 429, 431};
  READINESS_ASSIGN(StatusSet statuses, Statuses(name));
  for (const int status : statuses) {
    if (status >= 400 && status <= 499 && !kNotLookedAt.contains(status)) continue;
    return Fail(Unusable(name, "statuses that mean a refusal (401, 403, 404 and the like)", std::to_string(status)));
  }
  return statuses;
}

Result<std::chrono::milliseconds> Parameters::Duration(const std::string& name) const {
  READINESS_ASSIGN(const Json value, Find(values_, name, "a duration in milliseconds"));
  if (!value.is_number_integer()) return Fail(Unusable(name, "a duration in milliseconds", TypeOf(value)));
  // A week is longer than any item may run; more would overflow somewhere else.
  if (value < 0 || value > 7LL * 24 * 3600 * 1000) {
    return Fail(Unusable(name, "a duration from 0 ms to one week", value.dump()));
  }
  return std::chrono::milliseconds(value.get<std::int64_t>());
}

Result<Json> Parameters::Raw(const std::string& name) const {
  READINESS_ASSIGN(Json value, Find(values_, name, "an object or a list"));
  if (!value.is_structured()) return Fail(Unusable(name, "an object or a list", TypeOf(value)));
  return value;
}

}  // namespace readiness
