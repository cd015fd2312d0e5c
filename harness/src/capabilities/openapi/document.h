#pragma once
// An OpenAPI 3 document as the list of its operations. The document is foreign: number of operations and parameters,
// paths and names are bounded and checked. Pure.

#include <string>
#include <vector>

#include "readiness/openapi.h"

namespace readiness {

inline constexpr std::size_t kMaxOperations = 2000;
inline constexpr std::size_t kMaxOperationParameters = 200;

/// Every operation of `document`, which is that of `service`: by path, and of one path GET, POST, PUT, PATCH, DELETE,
/// HEAD, OPTIONS. Errors: kMalformed (no OpenAPI 3, a path that is none, no
/// operation at all), kLimit.
Result<std::vector<Operation>> ReadOperations(const Json& document, const std::string& service);

}  // namespace readiness
