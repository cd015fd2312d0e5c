#pragma once
// What a run has in the container engine, found by its label alone and removed. For whoever cleans up: needs neither
// the run directory nor the compose project. One thread.

#include <string>
#include <vector>

#include "definition/definition.h"
#include "readiness/result.h"

namespace readiness {

/// Removes every container (without grace, with its anonymous volumes), network, volume and image labelled with
/// `run_id`, until none is left or `deadline` has passed. `creating`: somebody who was killed may have asked for more
/// just before: look again until nothing turns up. Nothing to remove, or no container engine on this machine, is
/// success. Returns how many containers there were. Errors: kTimeout (names what stayed), kEnvironment.
Result<int> RemoveRunContainers(const std::string& run_id, Milliseconds deadline, bool creating);

/// The run ids of all containers, networks and volumes with our label; none when no engine answers in time.
std::vector<std::string> ListRunsInContainers(Milliseconds deadline);

}  // namespace readiness
