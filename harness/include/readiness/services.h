#pragma once
// Control over what runs the target: instances of a service with another configuration, and dependencies that are
// really taken away. Whatever is started or broken here belongs to the item: when it ends, in whatever way, the harness
// ends its instances and mends what it broke. One thread; calls block until done or until the deployment's deadlines.

#include <string>

#include "readiness/result.h"

namespace readiness {

struct InstanceOptions {
  std::string variant;      ///< of the deployment; empty: configured as the service that runs
  bool own_stores = false;  ///< databases of its own, empty as at a first start; else those of the run
};

enum class StoreFault {
  kStopped,  ///< its server is ended: connections are refused
  kHanging,  ///< its server is paused: connections are accepted and nothing answers
};

enum class ServiceFault {
  kStopped,  ///< ended with SIGTERM, and grace
  kKilled,   ///< ended with SIGKILL
  kHanging,  ///< paused: connections are accepted and nothing answers
  kCutOff,   ///< runs on without any network
};

class Services {
 public:
  virtual ~Services() = default;

  /// Starts an instance of `service` beside the running one and waits until it is ready. From then on everything that
  /// this item sends to `service`, reads of its log and asks of its stores goes to the instance, and doubles tell its
  /// calls apart; a Store that was opened before stays what it was. A second Start replaces the first. Errors:
  /// kNotAvailable (no such service or variant), kTarget and kTimeout (it did not start; with the last lines of its
  /// log).
  virtual Result<void> StartInstance(const std::string& service, const InstanceOptions& options) = 0;
  /// Ends the instance, with grace; what follows goes to the service of the run again. Without an instance: nothing.
  virtual Result<void> StopInstance(const std::string& service) = 0;

  /// Takes `store` away from everybody. Errors: kRefused (the item is not `exclusive`), kNotAvailable (the store is not
  /// ours to break).
  virtual Result<void> BreakStore(const std::string& store, StoreFault fault) = 0;
  /// Brings `store` back and returns when it answers. Without a fault: nothing.
  virtual Result<void> MendStore(const std::string& store) = 0;

  /// Takes `service` of the run away from everybody, also from other services; an instance is left alone. A second
  /// fault replaces the first. Errors: kRefused (the item is not `exclusive`), kNotAvailable (no such service, or a
  /// fault that the deployment's engine cannot make), kTimeout.
  virtual Result<void> BreakService(const std::string& service, ServiceFault fault) = 0;
  /// Brings `service` back, started again where it had ended, and returns when it is ready. Without a fault: nothing.
  virtual Result<void> MendService(const std::string& service) = 0;

  /// A text that names the process that `service` is now: another one after a restart. Errors: kNotAvailable (it does
  /// not run).
  virtual Result<std::string> ProcessOf(const std::string& service) = 0;
};

}  // namespace readiness
