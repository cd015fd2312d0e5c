#include "lifecycle/json_fields.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/located_json.h"

namespace readiness {

Result<Json> ReadJsonObject(const std::string& file, int format) {
  READINESS_ASSIGN(const std::string text, ReadFile(file));
  READINESS_ASSIGN(Json json, ParseStrictJson(text, file));
  const auto found = json.is_object() ? json.find("format") : json.end();
  if (!json.is_object() || found == json.end() || *found != format) {
    return Fail(Error{ErrorKind::kMalformed, "file is not of this version of the tool", Place{file, 0, 0},
                      fmt::format("an object with \"format\": {}", format), text.substr(0, 80), "run `up` again"});
  }
  return json;
}

const Json* FieldReader::Find(const char* key, const char* expected) {
  const auto found = object_.find(key);
  if (found != object_.end()) return &*found;
  Problem(key, expected);
  return nullptr;
}

void FieldReader::Problem(const std::string& key, const std::string& expected) {
  if (!problem_.empty()) return;
  problem_ = key;
  expected_ = expected;
}

std::string FieldReader::String(const char* key) {
  const Json* value = Find(key, "a string");
  if (value != nullptr && value->is_string()) return value->get<std::string>();
  Problem(key, "a string");
  return {};
}

bool FieldReader::Boolean(const char* key) {
  const Json* value = Find(key, "true or false");
  if (value != nullptr && value->is_boolean()) return value->get<bool>();
  Problem(key, "true or false");
  return false;
}

std::int64_t FieldReader::Integer(const char* key) {
  const Json* value = Find(key, "an integer");
  if (value != nullptr && value->is_number_integer()) return value->get<std::int64_t>();
  Problem(key, "an integer");
  return 0;
}

std::vector<std::string> FieldReader::Strings(const char* key) {
  std::vector<std::string> strings;
  const Json* value = Find(key, "a list of strings");
  if (value == nullptr || !value->is_array()) {
    Problem(key, "a list of strings");
    return strings;
  }
  for (const Json& element : *value) {
    if (element.is_string()) {
      strings.push_back(element.get<std::string>());
    } else {
      Problem(key, "a list of strings");
    }
  }
  return strings;
}

std::map<std::string, std::string> FieldReader::StringMap(const char* key) {
  std::map<std::string, std::string> strings;
  for (const auto& [name, value] : Object(key).items()) {
    if (value.is_string()) {
      strings[name] = value.get<std::string>();
    } else {
      Problem(key, "an object of strings");
    }
  }
  return strings;
}

const Json& FieldReader::Object(const char* key) {
  static const Json empty = Json::object();
  const Json* value = Find(key, "an object");
  if (value != nullptr && value->is_object()) return *value;
  Problem(key, "an object");
  return empty;
}

Result<void> FieldReader::Check() const {
  if (problem_.empty()) return {};
  return Fail(Error{ErrorKind::kMalformed,
                    fmt::format("field \"{}\" is missing or of the wrong type", problem_),
                    Place{file_, 0, 0},
                    expected_,
                    {},
                    "run `up` again"});
}

}  // namespace readiness
