#pragma once
// Fresh principals of the target, made by running the `create` actions of their kind. Names, passwords and source
// addresses never repeat, within an item, between items at once or between attempts. One thread; what it is given is
// borrowed.

#include <string>

#include "capabilities/evidence.h"
#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/actions.h"
#include "readiness/identities.h"

namespace readiness {

class TargetIdentities : public Identities {
 public:
  /// `item` goes into every unique name, so that rows and log lines tell whose they are.
  TargetIdentities(const Target& target, const Session& session, std::string item, Actions& actions,
                   SecretKeeper& secrets);
  Result<Identity> Create(const std::string& kind, const std::string& label) override;

 private:
  Result<Identity> CreateQuietly(const std::string& kind, const std::string& label);
  Result<Identity> Prepare(const std::string& kind, const IdentityKind& description, const std::string& label);
  std::string UniqueName();

  const Target& target_;
  const Session& session_;
  std::string item_;
  Actions& actions_;
  SecretKeeper& secrets_;
  std::string salt_;  // differs between two processes that run the same item
  int made_ = 0;
};

/// 28 characters from the system's randomness with lower and upper case, digits and symbols; begins with a letter.
std::string GeneratePassword();

}  // namespace readiness
