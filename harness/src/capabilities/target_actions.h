#pragma once
// Actions as target.json declares them, played against the services of a session. It judges nothing but whether a step
// met its own `expect`. One thread; what it is given is borrowed and outlives it.

#include <memory>
#include <set>
#include <string>

#include "capabilities/evidence.h"
#include "capabilities/openapi/documents.h"
#include "capabilities/placeholders.h"
#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/actions.h"
#include "readiness/stores.h"

namespace readiness {

class TargetActions : public Actions {
 public:
  TargetActions(const Target& target, const Session& session, Http& http, Stores& stores, EvidenceLog& log,
                SecretKeeper& secrets);

  Result<bool> Has(const std::string& name) override;
  Result<ActionResult> Run(const std::string& name, const Identity& who, const Values& arguments = {}) override;
  StatusSet RefusalStatuses(const std::string& name) const override;

 private:
  struct StepOutcome {
    std::optional<Exchange> exchange;
    Values captured;
    std::string mismatch;
  };

  Result<HttpRequest> MakeRequest(const HttpStep& step, const Identity& who, const ValueLayers& values) const;
  Result<void> AddBody(const HttpStep& step, const ValueLayers& values, HttpRequest& request) const;
  Result<StepOutcome> RunHttp(const HttpStep& step, const Identity& who, const ValueLayers& values);
  Result<StepOutcome> RunSql(const SqlStep& step, const ValueLayers& values);
  void LearnSecrets(const Values& captured);

  const Target& target_;
  const Session& session_;
  Http& http_;
  Stores& stores_;
  EvidenceLog& log_;
  SecretKeeper& secrets_;
  std::set<std::string> secret_names_;  // values that some identity kind uses as its token
  OpenApiDocuments documents_;
};

}  // namespace readiness
