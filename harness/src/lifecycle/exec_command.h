#pragma once
// A command of the target that runs in the container of one of its services, as a command of this machine. Pure.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lifecycle/session.h"

namespace readiness {

/// How this machine's container engine is spoken to.
struct ContainerTool {
  std::vector<std::string> command;                ///< of `docker`, to which arguments are appended
  std::map<std::string, std::string> environment;  ///< complete
};

/// `spec`, whose command, environment and working directory are meant for `container`, as `docker exec`. Its values are
/// handed over by the tool's own environment, not on the command line, which every process of this machine may read;
/// but for those by which the tool itself would be led astray. Errors: kDefinition (such a one is among `secrets`).
Result<CommandSpec> ExecInContainer(const ContainerTool& tool, const std::string& container, const CommandSpec& spec,
                                    const std::set<std::string>& secrets);

}  // namespace readiness
