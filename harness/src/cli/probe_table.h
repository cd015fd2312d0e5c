#pragma once
// The probes that are compiled into the tool. The table is generated from the folders of probes/ (see its
// CMakeLists.txt).

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

const std::vector<CompiledProbe>& CompiledProbes();

}  // namespace readiness
