#pragma once
// Named operations of the target as target.json declares them: one or more steps, each an HTTP request or a SQL
// statement, with captures. Probes speak of actions, never of paths, so that one probe serves many systems.

#include <optional>
#include <string>
#include <vector>

#include "readiness/http.h"
#include "readiness/identities.h"

namespace readiness {

/// What the last step of an action gave. All steps before it met their expectations (else Run returns an Error).
struct ActionResult {
  std::string action;
  std::optional<Exchange> exchange;  ///< of the last step; nothing when that was a SQL statement
  Values captured;                   ///< of all steps
  bool as_expected = false;          ///< the last step met its `expect`: status and every capture found
  std::string mismatch;              ///< why not, as a phrase; empty when as_expected

  /// Status of the last exchange, 0 if there was none.
  int status() const { return exchange ? exchange->response.status : 0; }
};

class Actions {
 public:
  virtual ~Actions() = default;

  /// Is `name` declared in target.json, and does the running target have it (its `available_if_openapi_has`)? Errors:
  /// the OpenAPI document could not be had.
  virtual Result<bool> Has(const std::string& name) = 0;

  /// Runs `name` as `who`. Placeholders are filled from `arguments`, then from who.values. Errors: kNotAvailable
  /// (unknown action or placeholder without value), those of Http::Send and stores, kTarget (a step before the last was
  /// not as expected).
  virtual Result<ActionResult> Run(const std::string& name, const Identity& who, const Values& arguments = {}) = 0;

  /// The statuses by which the target refuses `name`, from its `refused.status`; empty if target.json states none.
  virtual StatusSet RefusalStatuses(const std::string& name) const = 0;
};

}  // namespace readiness
