#pragma once
// The link between a user and the provider: OAuth with a state that is kept here and good once, tokens sealed at rest,
// refreshed when they have expired.

#include "app.h"

namespace readiness::ai_health {

/// A usable access token of `user`, refreshed first when it has expired or `refresh_always`. Errors: kNotAvailable when
/// nothing is configured or connected; others from the upstream or the database.
Result<std::string> AccessToken(App& app, UserId user, bool refresh_always = false);

Reply<Response> ConnectProvider(App& app, const Request& request);
Reply<Response> ProviderCallback(App& app, const Request& request);
Reply<Response> ProviderStatus(App& app, const Request& request);

}  // namespace readiness::ai_health
