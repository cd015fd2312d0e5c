#pragma once
// When a workflow runs: the events that start it, and what is known then. Pure.

#include <string>
#include <vector>

#include "condition.h"
#include "readiness/source_yaml.h"

namespace readiness::workflows {

struct Triggers {
  std::vector<World> worlds;         ///< examples of its runs; empty: it never runs, as far as known
  std::vector<std::string> unknown;  ///< events that may start it, and why that cannot be told
};

/// `paths`: those of the tracked files.
Triggers ReadTriggers(const YamlNode& workflow, const std::vector<std::string>& paths);

}  // namespace readiness::workflows
