#pragma once
// The container engine of this machine through its command line tools: `docker` (or `podman` where it answers to that
// name) and Compose, v2 ("docker compose") or docker-compose 1.29. Only what both share is used. Every call is a child
// process of the caller with the run's label in its environment, a deadline and bounded output. One thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "definition/definition.h"
#include "readiness/result.h"

namespace readiness {

/// The label of every container, network, volume and image of a run; its value is the run id.
inline constexpr const char* kContainerLabel = "readiness.run";

struct CliEnd {
  std::string output;  ///< standard output
  std::string errors;  ///< the last bytes of standard error
};

/// The part of our own environment with which the tools work and find their engine.
std::map<std::string, std::string> ContainerEnvironment();

class ContainerCli {
 public:
  /// Finds the tools in PATH. `run_id` labels the calls. Does not ask the engine anything. Errors: kEnvironment (which
  /// tool is missing, and how to install it).
  static Result<ContainerCli> Find(const std::string& run_id);

  /// As Find, without Compose: for whoever looks and cleans up. `run_id` may be empty: the calls are of no run.
  static Result<ContainerCli> FindDocker(const std::string& run_id);

  /// Whether an engine answers. Errors: kEnvironment (it does not: what it said, how to start it), kTimeout.
  Result<void> CheckEngine() const;

  /// Runs `docker <arguments>` to its end. Errors: kNotAvailable (no engine listens), kTarget (another non-zero exit;
  /// its last words), kTimeout, kLimit, kEnvironment (cannot be run).
  Result<CliEnd> Docker(const std::vector<std::string>& arguments, Milliseconds deadline,
                        std::string_view input = {}) const;

  /// Runs Compose on `files` as project `project`, with `environment` beside the little that the tool itself needs and
  /// that cannot be overridden. Errors: as Docker.
  Result<CliEnd> Compose(const std::string& project, const std::vector<std::string>& files,
                         const std::map<std::string, std::string>& environment,
                         const std::vector<std::string>& arguments, Milliseconds deadline) const;

  /// The command line of `docker`, for children that live on (`logs --follow`) or run elsewhere (`exec`).
  std::vector<std::string> DockerCommand(const std::vector<std::string>& arguments) const;
  /// Their environment: PATH, HOME, what chooses the engine (DOCKER_HOST, DOCKER_CONTEXT, ...), and the run's label.
  std::map<std::string, std::string> Environment() const { return environment_; }

 private:
  Result<CliEnd> Run(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
                     Milliseconds deadline, std::string_view input) const;

  std::string docker_;                ///< absolute
  std::vector<std::string> compose_;  ///< absolute, with the word "compose" where it is a plugin
  std::map<std::string, std::string> environment_;
};

}  // namespace readiness
