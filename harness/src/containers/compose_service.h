#pragma once
// One service of the deployment's compose files, made fit for a run: what would collide with others is taken away, what
// no run can have is refused. Pure functions.

#include <set>
#include <string>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

/// A service without what ties it to the machine or to a second copy of itself. Labels, network, ports and name are for
/// the caller to add. `service` is as compose has resolved it.
struct FitService {
  Json service;
  std::set<std::string> needs;     ///< other services of the files that it depends on
  std::set<std::string> volumes;   ///< named volumes
  std::set<std::string> networks;  ///< but the default one
  std::set<std::string> secrets;
  std::set<std::string> configs;
  std::set<std::string> addresses;  ///< fixed ones that were taken away
  bool own_network = true;          ///< false: it has none, or another service's
};

/// Errors: kDefinition (what is refused, with `name` and what to do instead).
Result<FitService> MakeFit(const std::string& name, const Json& service);

/// The same for the definition of a network, volume, secret or config; `kind` is that word. Labels are the caller's.
Result<Json> MakeResourceFit(const std::string& kind, const std::string& name, const Json& definition,
                             std::set<std::string>& addresses);

/// "A=1" lists and mappings as a mapping of texts; members without a value are left out.
Json ToMapping(const Json& list_or_mapping);

}  // namespace readiness
