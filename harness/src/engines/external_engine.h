#pragma once
// For targets that somebody else runs: their services are only waited for. What the run starts itself, its doubles, are
// processes of this machine. The same contract as every engine; instances, faults and logs of services there are none.

#include <memory>
#include <string>

#include "engines/engine.h"

namespace readiness {

/// A spec without a command is a service that runs already, at its url. Start waits for its conditions (HTTP with its
/// certificate checked, port); Stop, Kill and the engine's end leave it alone, and what would change it is
/// kNotAvailable. The rest as MakeProcessEngine.
std::unique_ptr<Engine> MakeExternalEngine(const std::string& run_id, const std::string& run_directory);

}  // namespace readiness
