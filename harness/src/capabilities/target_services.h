#pragma once
// Control over the target's services through the run's supervisor. One connection to it is kept open as long as this
// object lives: what the item started or broke ends with it. One thread; what it is given is borrowed.

#include <optional>
#include <string>

#include "capabilities/endpoints.h"
#include "capabilities/evidence.h"
#include "definition/definition.h"
#include "lifecycle/control.h"
#include "readiness/services.h"

namespace readiness {

class TargetServices : public Services {
 public:
  /// `control_socket` empty: this run has no control over services.
  TargetServices(std::string control_socket, Isolation isolation, Endpoints& endpoints, EvidenceLog& log,
                 SecretKeeper& secrets)
      : control_socket_(std::move(control_socket)),
        isolation_(isolation),
        endpoints_(endpoints),
        log_(log),
        secrets_(secrets) {}

  Result<void> StartInstance(const std::string& service, const InstanceOptions& options) override;
  Result<void> StopInstance(const std::string& service) override;
  Result<void> BreakStore(const std::string& store, StoreFault fault) override;
  Result<void> MendStore(const std::string& store) override;
  Result<void> BreakService(const std::string& service, ServiceFault fault) override;
  Result<void> MendService(const std::string& service) override;
  Result<std::string> ProcessOf(const std::string& service) override;

  /// After the probe: ends and mends everything, and waits for the services if the item is exclusive. Errors: an
  /// instance had ended by itself; the target did not come back (it is then spoiled).
  Result<void> Settle();

 private:
  Result<Json> Ask(const Json& request);
  /// Errors: kRefused unless the item is exclusive; `what` it may not do.
  Result<void> MayBreak(const std::string& what) const;

  const std::string control_socket_;
  const Isolation isolation_;
  Endpoints& endpoints_;
  EvidenceLog& log_;
  SecretKeeper& secrets_;
  std::optional<ControlConnection> connection_;
};

}  // namespace readiness
