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
  /// What placeholders may refer to, in environments and in command lines.
  ServiceReader(EngineKind engine, KnownPlaceholders in_environment, KnownPlaceholders in_command, Problems& problems);

  ServiceDeployment Read(const LocatedJson& value);
  ServiceOverlay ReadOverlay(const LocatedJson& value);
  /// One of the target's commands, which knows no wait conditions.
  CommandDeployment ReadTargetCommand(const LocatedJson& value);
  /// Variables, their values and what they refer to; with `unset`, also those that are null.
  std::map<std::string, EnvValue> ReadEnvironment(const LocatedJson& value, std::map<std::string, At>* unset = nullptr);

 private:
  std::vector<std::string> ReadCommand(const LocatedJson& value);
  std::string ReadUrl(const LocatedJson& value);
  std::optional<EnvValue> ReadEnvValue(const LocatedJson& value, const std::string& label);
  std::vector<WaitCondition> ReadWaits(const LocatedJson& value);
  WaitCondition ReadWait(const LocatedJson& value);
  void CheckPorts(ObjectReader& reader, const ServiceDeployment& service);

  EngineKind engine_;
  KnownPlaceholders in_environment_;
  KnownPlaceholders in_command_;
  Problems& problems_;
};

}  // namespace readiness
