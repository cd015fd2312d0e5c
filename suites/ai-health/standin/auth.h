#pragma once
// Accounts, logins and who a request comes from.

#include "app.h"

namespace readiness::ai_health {

/// The user whom the request's bearer token names; `?user_id` is never believed. Ends with 401 when there is no such
/// token or user, with 422 when `?user_id` is not a number.
Reply<UserId> RequireUser(App& app, const Request& request, const standin::TokenRules& rules = {});

/// The same for operations that take no ?user_id; its 401 has other words.
Reply<UserId> RequireAccount(App& app, const Request& request, const standin::TokenRules& rules = {});

/// What follows "Bearer " in the Authorization header.
std::optional<std::string> BearerToken(const Request& request);

Reply<Response> RegisterUser(App& app, const Request& request);
Reply<Response> Login(App& app, const Request& request);
/// The caller's own account.
Reply<Response> WhoAmI(App& app, const Request& request);
Reply<Response> AuthMode(App& app, const Request& request);

}  // namespace readiness::ai_health
