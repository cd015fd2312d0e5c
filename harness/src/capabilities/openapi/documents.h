#pragma once
// The OpenAPI documents of the services of a session, each asked for once per instance, also when that failed. Bounded:
// 8 MiB, depth 64, a million values. One thread; what it is given is borrowed and outlives it.

#include <map>
#include <string>
#include <utility>

#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/http.h"

namespace readiness {

class OpenApiDocuments {
 public:
  OpenApiDocuments(const Target& target, const Session& session, Http& http)
      : target_(target), session_(session), http_(http) {}

  /// The document of `service`, an object with "paths". Errors: kDefinition (target.json names none), kTarget (no
  /// strict JSON, another document), those of Http::Send.
  Result<const Json*> Get(const std::string& service);

 private:
  Result<Json> Fetch(const std::string& service) const;

  const Target& target_;
  const Session& session_;
  Http& http_;
  std::map<std::pair<std::string, std::string>, Result<Json>> documents_;  // by service and where it is now
};

}  // namespace readiness
