#pragma once
// What items may do to a running target: instances of a service beside it, stores and services taken away. Everything
// belongs to the control connection of the item that did it: when that closes, in whatever way, the instances are
// ended, the stores and services mended and waited for; a target that does not come back is spoiled. Used by the
// supervisor's one thread. Starting an instance and mending block that thread until done or until the deployment's own
// deadlines; the guard watches for the end of the run meanwhile, and an instance that nobody waits for any more is
// given up.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/redactor.h"
#include "engines/engine.h"
#include "engines/postgres.h"
#include "lifecycle/control.h"
#include "lifecycle/run_directory.h"
#include "lifecycle/start_target.h"

namespace readiness {

/// What a ServiceControl works with; all of it outlives it.
struct ServiceControlTools {
  Engine& engine;
  const StartedTarget& started;
  std::optional<PostgresCluster>& postgres;  ///< none: no store is in the private cluster
  Redactor& redactor;
  std::function<void(const std::string& reason)> spoil;  ///< later items are not to judge
};

class ServiceControl {
 public:
  /// `record` says which definitions instances are made from.
  ServiceControl(const RunRecord& record, const std::string& run_directory, ServiceControlTools tools)
      : record_(record), run_directory_(run_directory), tools_(std::move(tools)) {}

  /// The operations start_instance, stop_instance, break_store, mend_store, break_service, mend_service,
  /// settle and process.
  ControlTable Table();

  /// Ends and mends what was `client`'s.
  void Closed(const ControlClient& client);

  /// Notes what ended by itself. A service of the run spoils the target, unless something is broken or was since the
  /// last time the services were waited for: then it is started again with them.
  void CollectEnded();

 private:
  struct Instance {
    std::string name;
    std::string service;
    int client = 0;
    std::vector<std::string> databases;
    std::string ended;  // how, if by itself
  };
  enum class Fault { kStopped, kKilled, kHanging, kCutOff };

  Result<Json> StartInstance(const Json& request, const ControlClient& client);
  Result<Json> StopInstance(const Json& request, const ControlClient& client);
  Result<Json> BreakStore(const Json& request, const ControlClient& client);
  Result<Json> MendStore(const Json& request, const ControlClient& client);
  Result<Json> BreakService(const Json& request, const ControlClient& client);
  Result<Json> MendService(const Json& request, const ControlClient& client);
  Result<Json> Settle(const Json& request, const ControlClient& client);
  Result<Json> ProcessOf(const Json& request, const ControlClient& client);

  Result<Plan> PlanInstance(const std::string& service, const std::string& variant, bool own_stores,
                            Instance& instance);
  Result<void> MakeStores(Instance& instance, const Deployment& deployment, PlanInputs& inputs);
  Result<void> CheckDefects(const std::string& service, const Plan& plan) const;
  void RemoveDatabases(const Instance& instance);
  /// Ends the instance of `service`, or all of them; the Error says which had ended by themselves.
  Result<void> EndInstances(int client, const std::string& service, bool with_grace);
  static Result<Fault> ReadFault(const Json& request);
  /// `broken` is the engine's name of it: a service, or that of the private cluster.
  Result<void> Break(const std::string& broken, Fault fault, int client);
  Result<void> Inflict(const std::string& broken, Fault fault);
  Result<void> Mend(const std::string& broken);
  Result<void> MendAll();
  bool IsCluster(const std::string& name) const { return tools_.postgres && name == tools_.postgres->service(); }
  const ServiceSpec* SpecOf(const std::string& service) const;
  bool BrokenBy(int client) const { return !faults_.empty() && breaker_ == client; }
  Result<void> AwaitServices();
  /// Mends, and waits for the services if `wait` or something was broken. A failure spoils the target.
  Result<void> Restore(int client, bool wait);
  const Instance* InstanceOf(int client, const std::string& service) const;
  std::string LogOf(const std::string& name) const { return run_directory_ + "/" + name + ".log"; }

  const RunRecord& record_;
  const std::string run_directory_;
  ServiceControlTools tools_;
  std::vector<Instance> instances_;
  std::map<std::string, Fault> faults_;  // all of one client, the breaker
  int breaker_ = 0;
  bool unsettled_ = false;           // something was broken since the services were last waited for
  std::set<std::string> to_revive_;  // services of the run that ended meanwhile
  int started_ = 0;
};

}  // namespace readiness
