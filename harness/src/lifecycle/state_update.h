#pragma once
// Changes to state.json by the several processes that have something to say about a run (up, supervisor, janitor,
// items), one at a time and never over a later run's state. Readers take no lock.

#include <functional>
#include <string>

#include "engines/descriptor.h"
#include "lifecycle/session.h"

namespace readiness {

/// Takes the advisory lock on `file`, made if need be; held until the Descriptor closes. Errors: kTimeout when somebody
/// else holds it until `deadline`, kEnvironment.
Result<Descriptor> LockFile(const std::string& file, const Deadline& deadline);

/// Applies `change` to the state of `run_id`. Nothing happens when the state is of another run or gone.
Result<void> UpdateState(const std::string& state_directory, const std::string& run_id,
                         const std::function<void(TargetState&)>& change);

/// "starting" is the reason of a state whose `up` is still at work.
inline constexpr const char* kStarting = "starting";

/// Marks the run as over: started becomes false. A reason why the target did not start is kept.
Result<void> MarkEnded(const std::string& state_directory, const std::string& run_id, const std::string& reason);

}  // namespace readiness
