#pragma once
// The probes that are linked into a tool. Not for probes: only the tables that CMake generates from their folders
// define these functions, and only the tool calls them. Values; any thread after main() has begun.

#include <string>
#include <vector>

#include "readiness/probe.h"

namespace readiness {

struct CompiledProbe {
  std::string id;
  std::string file;         ///< of probe.json, for messages
  std::string description;  ///< text of probe.json
  ProbeFunction run;
};

/// Those that Readiness brings.
const std::vector<CompiledProbe>& BundledProbes();

/// All of this tool: the bundled ones, and those of readiness_add_probes. Defined once per tool.
const std::vector<CompiledProbe>& CompiledProbes();

}  // namespace readiness
