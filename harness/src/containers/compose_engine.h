#pragma once
// Runs services in containers of one compose project per run. The same contract as every engine; what it started goes
// with it, and what it could not take along is found by label (run_containers.h).

#include <memory>
#include <string>

#include "engines/engine.h"

namespace readiness {

/// Errors: kEnvironment (no tools, no engine that answers).
Result<std::unique_ptr<Engine>> MakeComposeEngine(const std::string& run_id, const std::string& run_directory);

}  // namespace readiness
