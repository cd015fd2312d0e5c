#pragma once
// Reads the services of a deployment, what variants lay over them, and the commands of the target: command lines,
// environments, wait conditions. Not thread-safe.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "definition/definition.h"
#include "definition/object_reader.h"
#include "definition/placeholder_check.h"

namespace readiness {

/// What a variant changes of one service.
struct ServiceOverlay {
  std::map<std::string, EnvValue> environment;
  std::map<std::string, At> unset;  ///< variables that are not to be set, and where that stands
  std::optional<std::vector<std::string>> command;
};

class ServiceReader {
 public:
  /// `in_environment` is what placeholders may refer to; commands have the folders of the tool and the deployment
  /// besides.
  ServiceReader(KnownPlaceholders in_environment, Problems& problems);

  ServiceDeployment Read(const LocatedJson& value);
  ServiceOverlay ReadOverlay(const LocatedJson& value);
  /// One of the target's commands, which knows no wait conditions.
  CommandDeployment ReadTargetCommand(const LocatedJson& value);

 private:
  std::vector<std::string> ReadCommand(const LocatedJson& value);
  std::map<std::string, EnvValue> ReadEnvironment(const LocatedJson& value, std::map<std::string, At>* unset = nullptr);
  std::optional<EnvValue> ReadEnvValue(const LocatedJson& value, const std::string& label);
  std::vector<WaitCondition> ReadWaits(const LocatedJson& value);
  WaitCondition ReadWait(const LocatedJson& value);

  KnownPlaceholders in_environment_;
  KnownPlaceholders in_command_;
  Problems& problems_;
};

}  // namespace readiness
