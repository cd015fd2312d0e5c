#pragma once
// Whether the process that called this tool may use the run in a state directory.

#include "lifecycle/session.h"
#include "readiness/result.h"

namespace readiness {

/// The caller is the run's owner, or, unless `owned`, the run is held by a lease, which anybody may use. A CTest must
/// not judge what a lease started earlier: its program or definitions may have changed since. Errors: kRefused, naming
/// the owner.
Result<void> CheckCaller(const TargetState& state, bool owned);

}  // namespace readiness
