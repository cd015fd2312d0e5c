#pragma once
// The stores of a session by the names that target.json gives them, each opened at most once. One thread; what it is
// given is borrowed.

#include <map>
#include <memory>
#include <string>

#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/stores.h"

namespace readiness {

class SessionStores : public Stores {
 public:
  SessionStores(const Target& target, const Session& session) : target_(target), session_(session) {}
  Result<Store*> Open(const std::string& name) override;

 private:
  const Target& target_;
  const Session& session_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Store>> open_;
};

}  // namespace readiness
