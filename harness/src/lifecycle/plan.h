#pragma once
// Target and deployment, with what is only known at run time (ports, store URLs, secrets), to services that an engine
// can start and to the session that items see. Starts nothing and writes nothing. Pure functions.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "definition/definition.h"
#include "engines/engine.h"
#include "lifecycle/exec_command.h"
#include "lifecycle/session.h"

namespace readiness {

/// The channel of the run's own services at doubles that have channels.
inline constexpr const char* kRunChannel = "run";
/// Instances' names begin with this, services' never.
inline constexpr const char* kInstancePrefix = "instance-";

/// The value of an environment variable of `up`, if set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string&)>;

struct PlanInputs {
  std::string run_id;
  std::string run_directory;
  std::string tool_directory;
  std::map<std::string, std::string> secrets;            ///< as ResolveSecrets gave them
  std::map<std::string, int> service_ports;              ///< of the services in ServicesWithPort
  std::map<std::string, int> double_ports;               ///< of every data provider and language model
  std::map<std::string, std::string> store_urls;         ///< as we reach them
  std::map<std::string, std::string> inside_store_urls;  ///< as containers reach them; engine compose only
  std::map<std::string, std::string> images;             ///< name -> image, of ComposeDeployment::images
  std::map<std::string, std::string> double_images;      ///< program -> image, of the doubles; engine compose only
  ContainerTool containers;                              ///< engine compose only
  std::string user;                                      ///< "uid:gid" of the run's files
  std::string defects;                                   ///< DefectsRequest::variable
  std::string source_tree;                               ///< the copy with overlays; empty: the deployment's own
  /// Name of the instance that is planned, a second one of the service `instance_of`; empty: the run itself.
  std::string instance;
  std::string instance_of;
  EnvironmentLookup environment;

  /// What doubles tell the callers of this plan apart by.
  std::string Channel() const { return instance.empty() ? kRunChannel : instance; }
  /// A service's name within the engine and of its files.
  const std::string& StartedAs(const std::string& service) const {
    return service == instance_of && !instance.empty() ? instance : service;
  }
};

/// A file that must be there before the double starts; mode 0600.
struct PlannedFile {
  std::string file;
  std::string contents;
};

struct Plan {
  std::vector<std::string> folders;  ///< of the run directory, that must be there before anything starts; mode 0755
  std::vector<PlannedFile> files;
  ComposeSources compose;                               ///< engine compose only
  std::vector<ServiceSpec> doubles;                     ///< started before any service
  std::vector<ServiceSpec> services;                    ///< in order of start
  std::map<std::string, std::string> acknowledgements;  ///< service -> file in which it confirms its defects
  Session session;                                      ///< complete but for `defects`
};

/// The programs of the doubles that `deployment` has.
std::set<std::string> DoublePrograms(const Deployment& deployment);

/// Can `service` get a second instance that meets nothing of the run's own? Errors: kNotAvailable (there is
/// none; a value that every instance has to have of its own comes by the compose files, which know only one).
Result<void> CheckInstance(const Deployment& deployment, const std::string& service, bool own_stores);

/// Services that listen at a port of this machine: with processes a fixed port, a port or URL that something refers to,
/// or a condition that needs one; with containers those with a container_port.
std::set<std::string> ServicesWithPort(const Deployment& deployment);

/// Every secret's value; generated ones anew. Errors: kDefinition, kEnvironment (an environment variable is not set).
Result<std::map<std::string, std::string>> ResolveSecrets(const Deployment& deployment,
                                                          const EnvironmentLookup& environment);

/// The URL of a store that the deployment does not leave to us, filled in; nothing for "postgresql".
Result<std::optional<std::string>> ExternalStoreUrl(const Deployment& deployment, const std::string& store,
                                                    const std::map<std::string, std::string>& secrets,
                                                    const EnvironmentLookup& environment);

/// Fills every placeholder. Errors: kDefinition (unknown or unfinished placeholder, a reserved name), kEnvironment.
Result<Plan> MakePlan(const Target& target, const Deployment& deployment, const PlanInputs& inputs);

}  // namespace readiness
