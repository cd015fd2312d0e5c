#pragma once
// One area of the API: its operations and the schemas that their documentation refers to.

#include <vector>

#include "standin/routes.h"

namespace readiness::ai_health {

struct Area {
  std::vector<standin::Route> routes;
  standin::Json schemas = standin::Json::object();
};

/// {"$ref": ...} to a schema of the document, and an array of such.
inline standin::Json SchemaReference(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}
inline standin::Json ListOf(const std::string& name) {
  return {{"type", "array"}, {"items", SchemaReference(name)}};
}

inline standin::ParameterDoc PathParameter(const char* name, const char* type, const char* format = nullptr) {
  standin::Json schema = {{"type", type}};
  if (format != nullptr) schema["format"] = format;
  return {name, "path", true, schema};
}
inline standin::ParameterDoc QueryParameter(const char* name, bool required, standin::Json schema) {
  return {name, "query", required, std::move(schema)};
}
inline standin::ParameterDoc QueryLimit(int most, int otherwise) {
  return {"limit", "query", false, {{"type", "integer"}, {"minimum", 1}, {"maximum", most}, {"default", otherwise}}};
}

inline constexpr const char* kJsonType = "application/json";

}  // namespace readiness::ai_health
