#pragma once
// Where an item's traffic goes: the run's own services, or an instance that the item started. It is the one place that
// changes an item's Session; every capability reads the Session anew whenever it is asked, so that it follows. One
// thread.

#include <map>
#include <string>

#include "lifecycle/session.h"

namespace readiness {

/// An instance of a service, as the supervisor started it.
struct InstanceEndpoints {
  std::string name;  ///< also its channel at the language models
  ServiceEndpoint service;
  std::map<std::string, std::string> stores;  ///< its own; empty: those of the run
};

class Endpoints {
 public:
  /// `session` is borrowed. As it is now it holds the endpoints of the run.
  explicit Endpoints(Session& session) : session_(session), run_(session) {}

  /// From now on what goes to `service` goes to `instance`.
  void Use(const std::string& service, const InstanceEndpoints& instance);
  /// From now on what goes to `service` goes to the run's again.
  void UseRun(const std::string& service);
  /// Of every instance that was used, by name.
  const std::map<std::string, std::string>& instance_logs() const { return instance_logs_; }

 private:
  Session& session_;
  const Session run_;
  std::map<std::string, std::string> instance_logs_;
};

}  // namespace readiness
