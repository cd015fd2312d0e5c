#pragma once
// Callers without a valid credential who say in other places who they are. Pure.

#include <string>
#include <vector>

#include "readiness/openapi.h"

namespace readiness::probes::credential_parts {

inline constexpr const char* kForged = "forged: ";

/// Somebody without a valid credential, and how the request departs from the usual one.
struct Caller {
  Identity who;
  OperationInput input;
  bool names_owner = false;  ///< in places that the target may not take at all
};

/// Nobody, from where `owner` calls.
Identity Nobody(const Identity& owner, std::string label);

/// Nobody who claims to be `owner` in the query (`names`), in headers (`headers`) and cookies, or brings a credential
/// that says nothing.
std::vector<Caller> Pretenders(const Identity& owner, const std::vector<std::string>& names,
                               const std::vector<std::string>& headers);

}  // namespace readiness::probes::credential_parts
