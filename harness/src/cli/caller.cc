#include "cli/caller.h"

#include <unistd.h>

namespace readiness {

Result<void> CheckCaller(const TargetState& state, bool owned) {
  if (owned && state.owner.lease_until) {
    return Fail({ErrorKind::kRefused, "the running target was not started by this run", std::nullopt,
                 "a target that `up` of this run has started", state.owner.description,
                 "end it with `readiness down`, then run again"});
  }
  READINESS_ASSIGN(const ProcessIdentity parent, Identify(::getppid()));
  return CheckOwner(state, parent);
}

}  // namespace readiness
