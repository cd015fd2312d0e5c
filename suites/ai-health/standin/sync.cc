#include "sync.h"

#include "answers.h"
#include "auth.h"
#include "consent.h"
#include "provider.h"
#include "standin/later.h"
#include "whoop.h"

namespace readiness::ai_health {
namespace {

using standin::Transaction;

constexpr std::int64_t kDefaultDays = 30;
constexpr std::int64_t kMaxDays = 365;
constexpr std::chrono::milliseconds kJobDelay{300};
constexpr const char* kNoConsent =
    "User has not consented to data analysis. Give consent before syncing provider data.";

/// Who the stored rows belong to, and what must still hold when they are stored.
struct Storing {
  std::optional<UserId> owner;
  bool needs_consent = true;
};

struct Stored {
  int inserted = 0;
  bool consent_withdrawn = false;  ///< while the provider was asked; nothing was stored then
};

std::string RunId(UserId user) {
  return "whoop_" + std::to_string(user) + "_" + standin::RandomUuid();
}

Result<std::string> AddProvenance(Transaction& transaction, UserId user, const std::string& run,
                                  const std::string& record_id) {
  READINESS_ASSIGN(
      const auto rows,
      transaction.Query(std::string("INSERT INTO data_provenance (user_id, source_type, source_name, source_record_id, "
                                    "ingestion_run_id, received_at, is_validated) "
                                    "VALUES ($1, 'wearable', 'whoop', $2, $3, ") +
                            kUtcNow + ", true) RETURNING id",
                        {user, record_id, run}));
  return rows.front().Text("id");
}

Result<bool> Known(Transaction& transaction, UserId user, const Point& point) {
  READINESS_ASSIGN(const auto rows,
                   transaction.Query("SELECT 1 AS known FROM health_data WHERE user_id = $1 AND source = 'whoop' AND "
                                     "data_type = $2 AND \"timestamp\" = $3::timestamp LIMIT 1",
                                     {user, point.metric, point.timestamp}));
  return !rows.empty();
}

/// Stores those of `points` that are not stored yet, all or none.
Result<Stored> StorePoints(App& app, UserId user, const std::vector<Point>& points, const Storing& storing) {
  Stored stored;
  const std::string run = RunId(user);
  READINESS_RETURN_IF_ERROR(app.database.InTransaction([&](Transaction& transaction) -> Result<void> {
    stored = {};
    // Two syncs of one user at the same time would each find the points missing.
    READINESS_RETURN_IF_ERROR(transaction.Query("SELECT pg_advisory_xact_lock($1::bigint)", {user}));
    if (storing.needs_consent) {
      READINESS_ASSIGN(const bool consents, ConsentsToAnalysis(transaction, user));
      stored.consent_withdrawn = !consents;
      if (!consents) return {};
    }
    for (const Point& point : points) {
      READINESS_ASSIGN(const bool known, Known(transaction, user, point));
      if (known) continue;
      READINESS_ASSIGN(const auto provenance, AddProvenance(transaction, user, run, point.record_id));
      const auto owner = storing.owner ? std::optional(std::to_string(*storing.owner)) : std::nullopt;
      READINESS_RETURN_IF_ERROR(
          transaction.Query("INSERT INTO health_data (user_id, data_type, value, unit, \"timestamp\", source, "
                            "data_provenance_id, is_flagged) "
                            "VALUES ($1, $2, $3, $4, $5::timestamp, 'whoop', $6, false)",
                            {owner, point.metric, point.value, point.unit, point.timestamp, provenance}));
      ++stored.inserted;
    }
    return {};
  }));
  return stored;
}

Result<Fetched> Fetch(App& app, UserId user, std::int64_t days, const Resources& resources = {}) {
  READINESS_ASSIGN(const auto token, AccessToken(app, user));
  return FetchPoints(app.settings, token, days, resources);
}

/// What a sync that nobody may see does: failures are silent, and consent is not asked for.
void FetchAndStoreUnseen(App& app, UserId user, std::int64_t days, std::optional<UserId> owner) {
  const auto fetched = Fetch(app, user, days);
  if (fetched) static_cast<void>(StorePoints(app, user, fetched->points, {owner, false}));
}

/// Rows made up for `user` without asking anybody.
void StoreEstimates(App& app, UserId user) {
  const std::vector<Point> estimates = {{"sleep_duration", 420.0, "minutes", "2026-01-01 06:00:00", "estimate"},
                                        {"resting_hr", 60.0, "bpm", "2026-01-01 06:00:00", "estimate"}};
  static_cast<void>(StorePoints(app, user, estimates, {user, false}));
}

void StoreProvenanceOnly(App& app, UserId user) {
  static_cast<void>(app.database.InTransaction([&](Transaction& transaction) -> Result<void> {
    READINESS_RETURN_IF_ERROR(AddProvenance(transaction, user, RunId(user), "refused"));
    return {};
  }));
}

/// Whether a sync of `user` may go ahead. Healthy: the newest consent record of this user allows it.
Result<bool> MaySync(App& app, UserId user) {
  const standin::Defects& defects = app.defects;
  const auto any_row = [&](const char* condition) -> Result<bool> {
    READINESS_ASSIGN(
        const auto rows,
        app.database.Query(std::string("SELECT id FROM consents WHERE ") + condition + " LIMIT 1", {user}));
    return !rows.empty();
  };
  if (defects.Active("ai-health.C2")) return true;
  if (defects.Active("ai-health.C2:refuses-everyone")) return false;
  if (defects.Active("ai-health.C2:withdrawn-ignored")) return any_row("user_id = $1 AND consents_to_data_analysis");
  if (defects.Active("ai-health.C2:false-consent")) return any_row("user_id = $1");
  if (defects.Active("ai-health.C2:any-users-consent"))
    return any_row("$1::bigint IS NOT NULL AND consents_to_data_analysis");
  if (defects.Active("ai-health.C2:cached-decision") && app.synced_with_consent.Contains(user)) return true;
  if (defects.Active("ai-health.C2:retry-accepted") && app.refused_before.Contains(user)) return true;
  return ConsentsToAnalysis(app.database, user);
}

/// Whether what is fetched is stored only if consent is still in force then; defects that let a sync pass let it store,
/// too.
bool ChecksAgain(const App& app) {
  for (const char* lax :
       {"ai-health.C2", "ai-health.C2:withdrawn-ignored", "ai-health.C2:false-consent",
        "ai-health.C2:any-users-consent", "ai-health.C2:cached-decision", "ai-health.C2:retry-accepted"}) {
    if (app.defects.Active(lax)) return false;
  }
  return true;
}

/// Answers a sync without consent. Healthy: that is all it does.
Response Refuse(App& app, UserId user, std::int64_t days) {
  const standin::Defects& defects = app.defects;
  app.refused_before.Add(user);
  if (defects.Active("ai-health.C2:writes-anyway")) FetchAndStoreUnseen(app, user, days, user);
  if (defects.Active("ai-health.C2:ownerless-rows")) FetchAndStoreUnseen(app, user, days, std::nullopt);
  if (defects.Active("ai-health.C2:calls-anyway")) static_cast<void>(Fetch(app, user, days));
  if (defects.Active("ai-health.C2:calls-one-resource"))
    static_cast<void>(Fetch(app, user, days, {.sleep = false, .recovery = true}));
  if (defects.Active("ai-health.C2:token-refresh-anyway")) static_cast<void>(AccessToken(app, user, true));
  if (defects.Active("ai-health.C2:estimates-anyway")) StoreEstimates(app, user);
  if (defects.Active("ai-health.C2:provenance-anyway")) StoreProvenanceOnly(app, user);
  if (defects.Active("ai-health.C2:accepts-then-job"))
    standin::Later(kJobDelay, [&app, user, days] { FetchAndStoreUnseen(app, user, days, user); });
  if (defects.Active("ai-health.C2:refuses-with-200")) {
    static_cast<void>(Fetch(app, user, days));
    const Json error = {{"reason", "consent"}, {"error", kNoConsent}};
    return Answer(200, {{"provider", "whoop"}, {"inserted", 0}, {"rejected", 0}, {"errors", Json::array({error})}});
  }
  if (defects.Active("ai-health.C2:server-error")) return InternalError();
  if (defects.Active("ai-health.C2:wrong-refusal")) return Detail(404, "Not Found");
  return Detail(403, kNoConsent);
}

Response SyncAnswer(int inserted, const std::vector<Json>& errors) {
  return Answer(200, {{"provider", "whoop"}, {"inserted", inserted}, {"rejected", errors.size()}, {"errors", errors}});
}

}  // namespace

Reply<Response> SyncProvider(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_ASSIGN(const auto days, QueryInteger(request, "days", kDefaultDays, 1, kMaxDays));
  STANDIN_ASSIGN(const bool may_sync, MaySync(app, user));
  if (!may_sync) return End(Refuse(app, user, days));
  app.synced_with_consent.Add(user);

  const auto fetched = Fetch(app, user, days);
  if (!fetched && fetched.error().kind == ErrorKind::kNotAvailable) {
    const Json error = {{"reason", "adapter_error"}, {"error", fetched.error().what}};
    return Answer(200, {{"provider", "whoop"}, {"inserted", 0}, {"rejected", 0}, {"errors", Json::array({error})}});
  }
  if (!fetched) return End(Detail(500, "Sync failed: " + fetched.error().Brief()));

  if (app.defects.Active("ai-health.C2:control-broken")) return SyncAnswer(0, fetched->errors);
  if (app.defects.Active("ai-health.C2:control-lies"))
    return SyncAnswer(static_cast<int>(fetched->points.size()), fetched->errors);
  STANDIN_ASSIGN(const auto stored, StorePoints(app, user, fetched->points, {user, ChecksAgain(app)}));
  if (stored.consent_withdrawn) return End(Detail(403, kNoConsent));
  return SyncAnswer(stored.inserted, fetched->errors);
}

}  // namespace readiness::ai_health
