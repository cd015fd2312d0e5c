#pragma once
// The doubles of a session, each opened at most once. One thread; what it is given is borrowed and outlives it.

#include <map>
#include <memory>
#include <string>

#include "capabilities/evidence.h"
#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/doubles.h"

namespace readiness {

class SessionDoubles : public Doubles {
 public:
  /// `session` may come to name other channels while this lives.
  SessionDoubles(const Target& target, const Session& session, EvidenceLog& log, SecretKeeper& secrets);
  Result<DataProvider*> OpenDataProvider(const std::string& name) override;
  Result<LanguageModel*> OpenLanguageModel(const std::string& name) override;

 private:
  const Target& target_;
  const Session& session_;
  EvidenceLog& log_;
  SecretKeeper& secrets_;
  std::map<std::string, std::unique_ptr<DataProvider>> providers_;
  std::map<std::string, std::unique_ptr<LanguageModel>> models_;
};

}  // namespace readiness
