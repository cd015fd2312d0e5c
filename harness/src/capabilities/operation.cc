#include "readiness/openapi.h"

#include <algorithm>

namespace readiness {

bool Operation::Takes(const std::string& in, const std::string& name) const {
  if (in == "body") {
    const auto properties = body_schema.is_object() ? body_schema.find("properties") : body_schema.end();
    return properties != body_schema.end() && properties->is_object() && properties->contains(name);
  }
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const OperationParameter& parameter) { return parameter.in == in && parameter.name == name; });
}

}  // namespace readiness
