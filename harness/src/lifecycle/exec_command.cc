#include "lifecycle/exec_command.h"

#include <fmt/format.h>

namespace readiness {

Result<CommandSpec> ExecInContainer(const ContainerTool& tool, const std::string& container, const CommandSpec& spec,
                                    const std::set<std::string>& secrets) {
  CommandSpec exec;
  exec.timeout = spec.timeout;
  exec.environment = tool.environment;
  exec.command = tool.command;
  exec.command.insert(exec.command.end(), {"exec", "--interactive"});
  if (!spec.working_directory.empty()) exec.command.insert(exec.command.end(), {"--workdir", spec.working_directory});
  for (const auto& [name, value] : spec.environment) {
    const bool of_tool = tool.environment.contains(name) || name.starts_with("DOCKER_") || name.starts_with("LD_");
    if (of_tool && secrets.contains(name)) {
      return Fail(ErrorKind::kDefinition,
                  fmt::format("a command's secret cannot be called {}, which has a meaning for the container engine's "
                              "own tool",
                              name));
    }
    exec.command.insert(exec.command.end(), {"--env", of_tool ? name + "=" + value : name});
    if (!of_tool) exec.environment[name] = value;
  }
  exec.command.push_back(container);
  exec.command.insert(exec.command.end(), spec.command.begin(), spec.command.end());
  return exec;
}

}  // namespace readiness
