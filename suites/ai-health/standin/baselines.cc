#include "baselines.h"

#include "answers.h"
#include "auth.h"

namespace readiness::ai_health {
namespace {

Baseline ToBaseline(const standin::Row& row) {
  return {row.Integer("id"), row.Number("mean"), row.Number("std"), static_cast<int>(row.Integer("window_days"))};
}

}  // namespace

Result<std::vector<Sample>> ReadSamples(App& app, UserId user, const Metric& metric, int days) {
  READINESS_ASSIGN(const auto rows,
                   app.database.Query(std::string("SELECT value, extract(epoch FROM ") + kUtcNow +
                                          " - \"timestamp\") / 86400 AS days_ago FROM health_data WHERE user_id = $1 "
                                          "AND data_type = $2 AND \"timestamp\" <= " +
                                          kUtcNow + " AND \"timestamp\" >= " + kUtcNow +
                                          " - make_interval(days => $3::int) ORDER BY \"timestamp\"",
                                      {user, metric.key, days}));
  std::vector<Sample> samples;
  samples.reserve(rows.size());
  for (const standin::Row& row : rows) samples.push_back({row.Number("days_ago"), row.Number("value")});
  return samples;
}

Result<std::optional<Baseline>> FindBaseline(App& app, UserId user, const Metric& metric) {
  READINESS_ASSIGN(const auto rows,
                   app.database.Query("SELECT id, mean, std, window_days FROM baselines WHERE user_id = $1 AND "
                                      "metric_type = $2 AND window_days = $3::int ORDER BY id DESC LIMIT 1",
                                      {user, metric.key, kBaselineDays}));
  if (rows.empty()) return std::nullopt;
  return ToBaseline(rows.front());
}

Result<std::optional<Baseline>> RecomputeBaseline(App& app, UserId user, const Metric& metric, int window_days) {
  READINESS_ASSIGN(const auto samples, ReadSamples(app, user, metric, window_days));
  auto baseline = ComputeBaseline(samples, window_days);
  if (!baseline) return std::nullopt;
  const std::vector<standin::SqlValue> values = {user, metric.key, baseline->mean, baseline->deviation, window_days};
  READINESS_RETURN_IF_ERROR(app.database.InTransaction([&](standin::Transaction& transaction) -> Result<void> {
    // Two requests of one user at the same time would each find no row to update.
    READINESS_RETURN_IF_ERROR(transaction.Query("SELECT pg_advisory_xact_lock($1::bigint)", {user}));
    READINESS_ASSIGN(auto rows,
                     transaction.Query("UPDATE baselines SET mean = $3, std = $4, created_at = now() WHERE user_id = "
                                       "$1 AND metric_type = $2 AND window_days = $5 RETURNING id",
                                       values));
    if (rows.empty()) {
      READINESS_ASSIGN(rows, transaction.Query("INSERT INTO baselines (user_id, metric_type, mean, std, window_days) "
                                               "VALUES ($1, $2, $3, $4, $5) RETURNING id",
                                               values));
    }
    baseline->id = rows.front().Integer("id");
    return {};
  }));
  return baseline;
}

Reply<Response> RecomputeBaselineRoute(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(const auto key, TextMember(body, "metric_key", 1, 100));
  const Json days = body.value("window_days", Json(kBaselineDays));
  const Metric* metric = FindMetric(key);
  if (metric == nullptr || !days.is_number_integer() || days < 1 || days > 365) return End(Invalid());
  STANDIN_ASSIGN(const auto baseline, RecomputeBaseline(app, user, *metric, days.get<int>()));
  if (!baseline) {
    return End(Answer(503, {{"detail",
                             {{"error", "insufficient_data"},
                              {"message", "Insufficient data for baseline: at least 5 points required"},
                              {"recoverable", true}}}}));
  }
  return Answer(200, {{"metric_key", metric->key},
                      {"mean", baseline->mean},
                      {"std", baseline->deviation},
                      {"window_days", baseline->window_days}});
}

}  // namespace readiness::ai_health
