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

/// What `compose config` printed, as JSON. Errors: kDefinition (not YAML, not a mapping of services), kLimit.
Result<Json> ParseComposeConfig(const std::string& yaml);

/// The complete compose file of the run: `sources` (null: none) with, for each of `specs`, what it asks for.
/// - every container, network, volume and built image carries kContainerLabel=`run_id`;
/// - `container_name`, `restart`, published host ports, and the fixed names of networks and volumes are dropped: they
///   would touch what belongs to others; external networks and volumes, host networking and other users' containers are
///   refused by name;
/// - ContainerSpec::port is published on 127.0.0.1 at the port of the spec's url, and nothing else is;
/// - all join kRunNetwork; instances (a name other than `base`) are copies of their base that keep its dependencies.
/// Errors: kDefinition (an unknown base, or something refused, with the service's name and what to do instead).
Result<Json> MakeComposeProject(const std::string& run_id, const Json& sources, const std::vector<ServiceSpec>& specs);

}  // namespace readiness
