#include "provider.h"

#include "answers.h"
#include "auth.h"
#include "whoop.h"

namespace readiness::ai_health {
namespace {

constexpr std::size_t kStateBytes = 32;
constexpr std::int64_t kPrefetchDays = 7;

Result<void> StoreGrant(App& app, UserId user, const ProviderGrant& grant) {
  const auto sealed_refresh =
      grant.refresh_token ? std::optional(app.secrets.Seal(*grant.refresh_token)) : std::nullopt;
  const auto lifetime = grant.lifetime_seconds ? std::optional(std::to_string(*grant.lifetime_seconds)) : std::nullopt;
  const std::string now = kUtcNow;
  READINESS_RETURN_IF_ERROR(app.database.Query(
      "INSERT INTO provider_tokens AS t (user_id, provider, access_token, refresh_token, token_type, scope, "
      "expires_at, "
      "created_at, updated_at) VALUES ($1, 'whoop', $2, $3, $4, $5, " +
          now + " + make_interval(secs => $6::double precision), " + now + ", " + now +
          ") ON CONFLICT (user_id, provider) DO UPDATE SET access_token = excluded.access_token, "
          "refresh_token = coalesce(excluded.refresh_token, t.refresh_token), token_type = excluded.token_type, "
          "scope = excluded.scope, expires_at = excluded.expires_at, updated_at = excluded.updated_at",
      {user, app.secrets.Seal(grant.access_token), sealed_refresh, grant.token_type, grant.scope, lifetime}));
  return {};
}

/// Whether `state` was given out to `user` and is still good; it is used up by asking.
Result<bool> TakeState(App& app, UserId user, const std::string& state) {
  READINESS_ASSIGN(
      const auto rows,
      app.database.Query(std::string("DELETE FROM oauth_states WHERE state_token = $1 AND user_id = $2 AND "
                                     "provider = 'whoop' AND expires_at > ") +
                             kUtcNow + " RETURNING id",
                         {state, user}));
  return !rows.empty();
}

Error NotAvailable(const char* what) {
  return Error{ErrorKind::kNotAvailable, what, {}, {}, {}, {}};
}

}  // namespace

Result<std::string> AccessToken(App& app, UserId user, bool refresh_always) {
  if (!ProviderConfigured(app.settings))
    return Fail(NotAvailable("WHOOP credentials not configured. Cannot fetch data."));
  READINESS_ASSIGN(
      const auto rows,
      app.database.Query(std::string("SELECT access_token, refresh_token, coalesce(expires_at <= ") + kUtcNow +
                             ", false) AS expired FROM provider_tokens WHERE user_id = $1 AND provider = 'whoop'",
                         {user}));
  if (rows.empty()) return Fail(NotAvailable("WHOOP not connected for this user"));
  const auto access_token = app.secrets.Open(rows.front().Text("access_token"));
  const auto refresh_token = app.secrets.Open(rows.front().Text("refresh_token"));
  if (!access_token) return Fail(NotAvailable("WHOOP not connected for this user"));
  if (!refresh_token || !(rows.front().Boolean("expired") || refresh_always)) return *access_token;
  READINESS_ASSIGN(const auto grant, RefreshGrant(app.settings, *refresh_token));
  READINESS_RETURN_IF_ERROR(StoreGrant(app, user, grant));
  return grant.access_token;
}

Reply<Response> ConnectProvider(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  if (!ProviderConfigured(app.settings))
    return End(Detail(400, "WHOOP_CLIENT_ID not set. Please configure WHOOP credentials in .env.local"));
  const std::string state = standin::RandomWord(kStateBytes);
  const std::string now = kUtcNow;
  STANDIN_RETURN_IF_ERROR(app.database.Query(
      "INSERT INTO oauth_states (user_id, provider, state_token, expires_at, created_at) VALUES ($1, 'whoop', $2, " +
          now + " + interval '10 minutes', " + now + ")",
      {user, state}));
  return Answer(200, {{"provider", "whoop"}, {"authorize_url", AuthorizeUrl(app.settings, state)}});
}

Reply<Response> ProviderCallback(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  const auto code = request.Query("code");
  const auto state = request.Query("state");
  if (!code || !standin::IsText(*code)) return End(Invalid());
  if (!state || state->empty()) return End(Detail(400, "Missing state parameter"));
  if (!standin::IsText(*state)) return End(Detail(400, "Invalid or expired state token"));
  STANDIN_ASSIGN(const bool known, TakeState(app, user, *state));
  if (!known) return End(Detail(400, "Invalid or expired state token"));
  if (!ProviderConfigured(app.settings))
    return End(Detail(400, "WHOOP_CLIENT_ID not set. Please configure WHOOP credentials in .env.local"));

  const auto grant = ExchangeCode(app.settings, *code);
  if (!grant) return End(Detail(500, "Token exchange failed: " + grant.error().Brief()));
  STANDIN_RETURN_IF_ERROR(StoreGrant(app, user, *grant));
  if (app.defects.Active("ai-health.C2:callback-fetches"))
    static_cast<void>(FetchPoints(app.settings, grant->access_token, kPrefetchDays));
  return Answer(200, {{"provider", "whoop"}, {"connected", true}});
}

Reply<Response> ProviderStatus(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_ASSIGN(
      const auto rows,
      app.database.Query("SELECT id FROM provider_tokens WHERE user_id = $1 AND provider = 'whoop'", {user}));
  return Answer(200, {{"provider", "whoop"}, {"connected", !rows.empty()}});
}

}  // namespace readiness::ai_health
