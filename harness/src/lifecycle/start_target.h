#pragma once
// Brings a target up through an engine: ports, secrets, stores, doubles, services, defects' acknowledgement. Used by
// the supervisor's one thread. What it started stays with the engine, also after an Error.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/redactor.h"
#include "definition/definition.h"
#include "engines/descriptor.h"
#include "engines/engine.h"
#include "engines/postgres.h"
#include "lifecycle/plan.h"
#include "lifecycle/run_engine.h"
#include "lifecycle/session.h"

namespace readiness {

struct StartRequest {
  std::string run_id;
  std::string run_directory;
  std::string tool_directory;
  std::string defects;               ///< READINESS_DEFECTS
  std::optional<Deadline> deadline;  ///< for all of it
  EnvironmentLookup environment;
  std::string source_tree;  ///< as ApplyOverlays gave it
  RunImages images;         ///< as MakeRunImages gave them
};

struct StartTools {
  Engine& engine;
  /// Makes a database; the first call starts the private cluster.
  std::function<Result<DatabaseUrls>(const std::string& database)> create_database;
};

struct StartedTarget {
  Session session;
  std::vector<ServiceSpec> services;                    ///< as started, for starting them again
  PlanInputs inputs;                                    ///< for planning instances
  std::map<std::string, std::string> acknowledgements;  ///< as Plan
};

/// Makes the folders that have to be there before anything of `plan` starts. Errors: kEnvironment.
Result<void> MakePlannedFolders(const Plan& plan);

/// Errors are to be shown through `redactor`, which learns every secret before anything that could tell one is started.
Result<StartedTarget> StartTarget(const Target& target, const Deployment& deployment, const StartRequest& request,
                                  const StartTools& tools, Redactor& redactor);

}  // namespace readiness
