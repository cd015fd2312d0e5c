#pragma once
// The list of a run's paused processes, as a file of the run directory: whoever cleans up after an engine that was
// killed would not find them by label alone. One writer; see KillPausedProcesses for the reader.

#include <string>
#include <vector>

#include "engines/process_table.h"
#include "readiness/result.h"

namespace readiness {

/// Replaces the list; none removes it. Errors: kEnvironment.
Result<void> WritePaused(const std::string& run_directory, const std::vector<ProcessEntry>& processes);

}  // namespace readiness
