#pragma once
// What requests to the target have in common, whoever makes them: where a service is, the credential, the source
// address. It sends nothing. Pure but for the secrets that it announces.

#include <string>

#include "capabilities/evidence.h"
#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/http.h"
#include "readiness/identities.h"

namespace readiness {

/// Base URL of `service`. Errors: kNotAvailable when the deployment has no address for it.
Result<std::string> ServiceUrl(const Session& session, const std::string& service);

/// Are these the same header, whatever their letter case?
bool IsSameHeaderName(const std::string& a, const std::string& b);
bool HasHeader(const HttpRequest& request, const std::string& name);

/// Lets `request` carry the credential of `who` unless it has that header already. Errors: as FillHeader.
Result<void> AddCredential(const Target& target, const Identity& who, SecretKeeper& secrets, HttpRequest& request);

/// Lets `request` come from the address of `who` where it goes to loopback.
void AddSourceAddress(const Identity& who, const std::string& service_url, HttpRequest& request);

}  // namespace readiness
