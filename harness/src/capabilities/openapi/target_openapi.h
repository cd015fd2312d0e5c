#pragma once
// The sweepable operations of a running target: its own OpenAPI document, with what target.json states about filling
// it. Requests go the way that those of actions go: the same credential, source address and evidence. It judges
// nothing. One thread; what it is given is borrowed and outlives it.

#include <map>
#include <string>
#include <vector>

#include "capabilities/evidence.h"
#include "capabilities/openapi/documents.h"
#include "capabilities/openapi/generate.h"
#include "readiness/actions.h"
#include "readiness/openapi.h"

namespace readiness {

class TargetOpenApi : public OpenApi {
 public:
  TargetOpenApi(const Target& target, const Session& session, Http& http, Actions& actions, SecretKeeper& secrets)
      : target_(target),
        session_(session),
        http_(http),
        actions_(actions),
        secrets_(secrets),
        documents_(target, session, http) {}

  Result<std::vector<Operation>> Operations(const std::string& service) override;
  Result<PopulatedIdentity> Populate(const Identity& who) override;
  Result<Exchange> Call(const Operation& operation, const Identity& who, const Identity& subject,
                        const OperationInput& input = {}) override;
  std::vector<std::string> SubjectPathParameters(const Operation& operation) override;

 private:
  struct Parts {
    std::string path;
    std::vector<std::pair<std::string, std::string>> query;
    HeaderList headers;
  };

  const readiness::Operations::Override* OverrideOf(const Operation& operation) const;
  Result<HttpRequest> MakeRequest(const Operation& operation, const Identity& who, const Identity& subject,
                                  const OperationInput& input);
  Result<Parts> MakeParts(const Operation& operation, const StatedValues& stated) const;
  Result<void> AddBody(const Operation& operation, const StatedValues& stated, const OperationInput& input,
                       HttpRequest& request) const;

  const Target& target_;
  const Session& session_;
  Http& http_;
  Actions& actions_;
  SecretKeeper& secrets_;
  OpenApiDocuments documents_;
  std::map<std::pair<std::string, std::string>, Result<std::vector<Operation>>> operations_;  // by service and place
};

}  // namespace readiness
