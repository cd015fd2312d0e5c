#pragma once
// What a deployment's engine needs before a run can be planned: the engine itself, and with containers the images that
// are made on this machine. Making them may take a minute, once; whoever times a start begins after it. One thread.

#include <map>
#include <memory>
#include <string>

#include "definition/definition.h"
#include "engines/engine.h"
#include "lifecycle/exec_command.h"
#include "lifecycle/plan.h"

namespace readiness {

/// What plans of an engine with containers are made from.
struct RunImages {
  std::map<std::string, std::string> images;         ///< of ComposeDeployment::images, by name
  std::map<std::string, std::string> double_images;  ///< by program
  std::string postgresql;                            ///< empty: the deployment needs none
  ContainerTool tool;
};

/// Errors: kEnvironment (no container tools, or no engine that answers).
Result<std::unique_ptr<Engine>> MakeRunEngine(const Deployment& deployment, const std::string& run_id,
                                              const std::string& run_directory);

/// Makes the images that `deployment` needs and that are not there yet, and says so on standard error; nothing for
/// engines without containers. Errors: kDefinition (a placeholder), kEnvironment, kTimeout.
Result<RunImages> MakeRunImages(const Deployment& deployment, const std::string& run_id,
                                const std::string& run_directory, const std::string& tool_directory,
                                const EnvironmentLookup& environment);

}  // namespace readiness
