#pragma once
// Origins that a pattern must not match, made from the names that it holds; and expressions as people write them. Pure.

#include <string>
#include <vector>

#include "readiness/source_python.h"

namespace readiness::cors {

/// Foreign origins that resemble those that `pattern` is meant for.
std::vector<std::string> LookAlikes(const std::string& pattern);

/// An expression as source, shortened.
std::string Show(const PythonExpression& expression);

}  // namespace readiness::cors
