#pragma once
// What the container engine knows of the containers of a run: one call for as many as one likes. One thread.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "containers/container_cli.h"
#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

/// One network of a container.
struct Attachment {
  std::string network;
  std::string address;  ///< IPv4; empty while it does not run
  std::vector<std::string> aliases;
};

struct ContainerState {
  std::string id;
  bool running = false;  ///< also while paused
  bool paused = false;
  int exit_code = 0;
  bool out_of_memory = false;
  std::string problem;     ///< why the engine could not start it
  std::string started_at;  ///< as the engine writes it
  std::vector<Attachment> networks;

  /// "exited with code 1" and the like.
  std::string HowItEnded() const;
};

/// The states of those of `names` that exist. Errors: kEnvironment, kTimeout, kNotAvailable (no engine answers).
Result<std::map<std::string, ContainerState>> InspectContainers(const ContainerCli& cli,
                                                                const std::vector<std::string>& names);

/// One line of what InspectContainers asks for, and its container's name. Errors: kMalformed.
Result<std::pair<std::string, ContainerState>> ParseContainerState(const std::string& line);

/// The moment just after that of a line of `docker logs --timestamps`, as --since takes it; empty when `line` has none.
std::string JustAfter(const std::string& line);

}  // namespace readiness
