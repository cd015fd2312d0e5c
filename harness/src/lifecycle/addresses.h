#pragma once
// How the parts of a run reach each other: the addresses that placeholders stand for. With containers there are two
// sides, which know the same things by different names: inside, on the run's network, and here, on this machine, by
// published ports. Everywhere else they are the same. Pure functions.

#include <map>
#include <string>

#include "lifecycle/placeholders.h"
#include "lifecycle/plan.h"

namespace readiness {

enum class Side { kInside, kHere };

/// "http://127.0.0.1:<port>"
std::string LoopbackUrl(int port);

/// The name within the engine of the double `name`.
std::string DoubleName(const std::string& name);

/// Where the double's certificate authority is, on this machine.
std::string CaDirectory(const std::string& run_directory, const std::string& name);

/// The same as containers of services see it.
std::string CaDirectoryInContainers(const std::string& name);

/// Where doubles in containers listen.
inline constexpr int kDoublePort = 8080;
inline constexpr int kDoubleTlsPort = 443;

/// URLs of an external deployment's services, filled in. Errors: kDefinition, kEnvironment.
Result<std::map<std::string, std::string>> ExternalUrls(const Deployment& deployment,
                                                        const EnvironmentLookup& environment);

/// Sets port, url and public_url of services, url of stores, and url, proxy and ca_file of doubles as `side` has them.
/// `external_urls` as above; empty for other engines.
void SetAddresses(const Deployment& deployment, const PlanInputs& inputs, Side side,
                  const std::map<std::string, std::string>& external_urls, PlaceholderValues& placeholders);

}  // namespace readiness
