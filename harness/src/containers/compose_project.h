#pragma once
// The compose project of one run, as a compose file of our own: the deployment's files as Compose itself has resolved
// them, made fit to run beside others and to be found by label, with the harness' own services beside them. Pure
// functions; compose_engine.cc runs it.

#include <string>
#include <vector>

#include "engines/engine.h"
#include "readiness/result.h"

namespace readiness {

/// The network that all containers of a run share, and on which doubles have the names of what they stand for.
inline constexpr const char* kRunNetwork = "readiness";

/// What `compose config` printed, as JSON: of docker-compose 1.29 and of Compose v2. Errors: kDefinition (not YAML, not
/// a mapping of services), kLimit.
Result<Json> ParseComposeConfig(const std::string& yaml);

/// The name of the one container that a service of a run has.
std::string ContainerName(const std::string& run_id, const std::string& service);
/// The name of an image that is built for a service of a run.
std::string BuiltImageName(const std::string& run_id, const std::string& service);

/// The complete compose file of the run: of `sources` (null: none) the services that `specs` are based on and those
/// that these depend on, with what each of `specs` asks for, and the harness' own.
/// - Every container, network, volume and built image carries kContainerLabel=`run_id`.
/// - Dropped, as it would collide with others: `container_name`, `restart`, replicas, profiles, published host ports,
/// the
///   names of networks, volumes and built images, fixed addresses of networks and services (an address that the
///   project also tells somebody is refused instead). Logs are always kept by the engine, bounded.
/// - ContainerSpec::port is published on 127.0.0.1 at the port of the spec's url, and nothing else is.
/// - All join kRunNetwork, which takes the place of the default network; but who shares another service's network.
///   Instances (a name other than `base`) are copies of their base that keep its dependencies, volumes included.
/// - Host folders stay mounted as the files say: they are the user's, who decides what the audited target may do there.
/// - Refused by name is whatever could leave something that the run's label does not find, or touches what belongs to
///   others: host namespaces, privileged services, the container engine's socket, others' containers, external
///   networks, volumes, secrets and configs, networks that are no bridges.
/// Errors: kDefinition (an unknown base, or something refused, with the service's name and what to do instead).
Result<Json> MakeComposeProject(const std::string& run_id, const Json& sources, const std::vector<ServiceSpec>& specs);

/// `project` as a file that every YAML reader takes as what it says. Errors: kDefinition (text that is no UTF-8, a
/// NUL).
Result<std::string> ComposeText(const Json& project);

}  // namespace readiness
