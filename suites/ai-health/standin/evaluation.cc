#include "evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "answers.h"
#include "auth.h"

namespace readiness::ai_health {
namespace {

constexpr double kMeaningfulEffect = 0.35;
constexpr double kFullConfidenceEffect = 0.80;
constexpr double kFullConfidenceDays = 10;
constexpr double kHelpfulConfidence = 0.5;

struct Windows {
  std::int64_t baseline_days = 14;
  std::int64_t intervention_days = 14;
  double min_coverage = 0.6;
  std::int64_t min_points = 7;
};

/// Daily means of one window.
struct Window {
  std::vector<double> values;
  double coverage = 0;
  double mean = 0;
  double deviation = 0;
};

struct Assessment {
  Window before;
  Window since;
  double adherence = 0;
  double delta = 0;
  double percent_change = 0;
  double effect_size = 0;
  double confidence = 0;
  std::string verdict;
  std::vector<std::string> reasons;
};

/// A number of `body` from `least` to `most`; `value` stays when it is absent. False when it is something else.
template <class T>
bool ReadNumber(const Json& body, const char* name, T least, T most, T& value) {
  const auto member = body.find(name);
  if (member == body.end()) return true;
  const bool right_type = std::is_integral_v<T> ? member->is_number_integer() : member->is_number();
  if (!right_type) return false;
  value = member->get<T>();
  return value >= least && value <= most;
}

Reply<Windows> ReadWindows(const Request& request) {
  Windows windows;
  if (request.body.empty()) return windows;
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  const bool sound = ReadNumber<std::int64_t>(body, "baseline_days", 7, 60, windows.baseline_days) &&
                     ReadNumber<std::int64_t>(body, "intervention_days", 7, 60, windows.intervention_days) &&
                     ReadNumber<double>(body, "min_coverage", 0.1, 1.0, windows.min_coverage) &&
                     ReadNumber<std::int64_t>(body, "min_points", 3, 60, windows.min_points);
  if (!sound) return End(Invalid());
  return windows;
}

Window Summarise(std::vector<double> values, std::int64_t expected_days) {
  Window window;
  window.values = std::move(values);
  const auto count = static_cast<double>(window.values.size());
  window.coverage = std::min(1.0, count / static_cast<double>(expected_days));
  if (window.values.empty()) return window;
  window.mean = std::accumulate(window.values.begin(), window.values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : window.values) squares += (value - window.mean) * (value - window.mean);
  window.deviation = std::sqrt(squares / count);
  return window;
}

/// The experiment's metric, day by day, between two offsets in days from its beginning (and not after its end).
Result<std::vector<double>> DailyMeans(App& app, std::int64_t experiment, std::int64_t from_day, std::int64_t to_day) {
  READINESS_ASSIGN(
      const auto rows,
      app.database.Query(
          "SELECT avg(h.value) AS mean FROM experiments e JOIN health_data h ON h.user_id = e.user_id AND "
          "h.data_type = e.primary_metric_key AND h.\"timestamp\" >= e.started_at + make_interval(days => $2::int) AND "
          "h.\"timestamp\" < least(e.started_at + make_interval(days => $3::int), e.ended_at) "
          "WHERE e.id = $1 GROUP BY date_trunc('day', h.\"timestamp\") ORDER BY date_trunc('day', h.\"timestamp\")",
          {experiment, from_day, to_day}));
  std::vector<double> means;
  for (const standin::Row& row : rows) means.push_back(row.Number("mean"));
  return means;
}

Result<double> AdherenceRate(App& app, std::int64_t experiment) {
  READINESS_ASSIGN(
      const auto rows,
      app.database.Query("SELECT coalesce(avg(taken::int), 0) AS rate FROM adherence_events WHERE experiment_id = $1",
                         {experiment}));
  return rows.front().Number("rate");
}

void Judge(Assessment& assessment, const Windows& windows, const std::string& expected_direction) {
  const auto enough_days = [&](const Window& window) {
    return static_cast<std::int64_t>(window.values.size()) >= windows.min_points;
  };
  const double coverage = std::min(assessment.before.coverage, assessment.since.coverage);
  const bool points = enough_days(assessment.before) && enough_days(assessment.since);
  const double size = std::abs(assessment.effect_size);
  const auto fewest = static_cast<double>(std::min(assessment.before.values.size(), assessment.since.values.size()));
  if (points)
    assessment.confidence = std::min(1.0, size / kFullConfidenceEffect) * coverage * assessment.adherence *
                            std::min(1.0, fewest / kFullConfidenceDays);
  if (coverage < windows.min_coverage) assessment.reasons.push_back("coverage_below_threshold");
  if (!points) assessment.reasons.push_back("not_enough_points");
  if (!assessment.reasons.empty()) {
    assessment.verdict = "insufficient_data";
    return;
  }
  const std::string direction = assessment.delta > 0 ? "up" : assessment.delta < 0 ? "down" : "flat";
  assessment.verdict = "unclear";
  if (size < kMeaningfulEffect) {
    assessment.reasons.push_back("effect_too_small_or_noisy");
  } else if (direction != expected_direction) {
    assessment.verdict = "not_helpful";
    assessment.reasons.push_back("effect_size_meaningful_but_wrong_direction");
  } else if (assessment.adherence <= 0) {
    assessment.reasons.push_back("effect_size_meaningful_but_no_adherence_evidence");
  } else if (assessment.confidence < kHelpfulConfidence) {
    assessment.reasons.push_back("effect_size_meaningful_but_low_confidence");
  } else {
    assessment.verdict = "helpful";
    assessment.reasons.push_back("effect_size_meaningful");
  }
}

Result<Assessment> Assess(App& app, std::int64_t experiment, const Windows& windows,
                          const std::string& expected_direction) {
  Assessment assessment;
  READINESS_ASSIGN(auto before, DailyMeans(app, experiment, -windows.baseline_days, 0));
  READINESS_ASSIGN(auto since, DailyMeans(app, experiment, 0, windows.intervention_days));
  READINESS_ASSIGN(assessment.adherence, AdherenceRate(app, experiment));
  assessment.before = Summarise(std::move(before), windows.baseline_days);
  assessment.since = Summarise(std::move(since), windows.intervention_days);
  assessment.delta = assessment.since.mean - assessment.before.mean;
  if (std::abs(assessment.before.mean) > 1e-9)
    assessment.percent_change = assessment.delta / assessment.before.mean * 100.0;
  const double pooled = std::sqrt((assessment.before.deviation * assessment.before.deviation +
                                   assessment.since.deviation * assessment.since.deviation) /
                                  2.0);
  if (pooled > 1e-9) assessment.effect_size = assessment.delta / pooled;
  Judge(assessment, windows, expected_direction);
  return assessment;
}

Json WindowBody(const Window& window) {
  return {{"n", window.values.size()}, {"coverage", window.coverage}, {"mean", window.mean}, {"std", window.deviation}};
}

Json Details(const Assessment& assessment, const Windows& windows, const std::string& metric,
             const std::string& direction) {
  return {{"metric_key", metric},
          {"baseline_days", windows.baseline_days},
          {"intervention_days", windows.intervention_days},
          {"pre", WindowBody(assessment.before)},
          {"post", WindowBody(assessment.since)},
          {"expected_direction", direction},
          {"reasons", assessment.reasons},
          {"adherence_rate", assessment.adherence},
          {"confidence_score", assessment.confidence},
          {"has_adherence_evidence", assessment.adherence > 0}};
}

std::string EvaluationColumns() {
  return "id, user_id, experiment_id, metric_key, baseline_mean, baseline_std, intervention_mean, intervention_std, "
         "delta, "
         "percent_change, effect_size, coverage, adherence_rate, confidence, verdict, " +
         Timestamp("created_at") + ", details_json::text AS details";
}

Json EvaluationBody(const standin::Row& row) {
  Json body;
  for (const char* name : {"id", "user_id", "experiment_id"}) body[name] = row.Integer(name);
  body["metric_key"] = row.Text("metric_key");
  for (const char* name : {"baseline_mean", "baseline_std", "intervention_mean", "intervention_std", "delta",
                           "percent_change", "effect_size", "coverage", "adherence_rate"})
    body[name] = row.Number(name);
  const Json details = standin::ParseJson(row.Text("details")).value_or(Json());
  body["confidence_score"] = row.IsNull("confidence") ? Json() : Json(row.Number("confidence"));
  body["has_adherence_evidence"] = row.Number("adherence_rate") > 0;
  body["verdict"] = row.Text("verdict");
  body["created_at"] = row.Text("created_at");
  body["details"] = details.is_object() ? details : Json::object();
  return body;
}

Result<standin::Row> StoreEvaluation(App& app, const standin::Row& experiment, const Assessment& assessment,
                                     const Json& details) {
  const bool keeps_confidence = !app.defects.Active("ai-health.W2-10:not-stored");
  const standin::SqlValue confidence = keeps_confidence ? standin::SqlValue(assessment.confidence) : nullptr;
  const std::string metric = experiment.Text("primary_metric_key");
  const std::string summary =
      fmt::format("Metric: {}. Verdict: {}. Effect size {:.2f}, confidence {:.0f}%, adherence {:.0f}%.", metric,
                  assessment.verdict, assessment.effect_size, assessment.confidence * 100, assessment.adherence * 100);
  READINESS_ASSIGN(
      const auto rows,
      app.database.Query(
          "INSERT INTO evaluation_results (user_id, experiment_id, metric_key, verdict, summary, baseline_mean, "
          "baseline_std, intervention_mean, intervention_std, delta, percent_change, effect_size, coverage, "
          "adherence_rate, confidence, details_json, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
          "$12, $13, $14, $15, $16::json, " +
              std::string(kUtcNow) + ") RETURNING " + EvaluationColumns(),
          {experiment.Integer("user_id"), experiment.Integer("id"), metric, assessment.verdict, summary,
           assessment.before.mean, assessment.before.deviation, assessment.since.mean, assessment.since.deviation,
           assessment.delta, assessment.percent_change, assessment.effect_size,
           std::min(assessment.before.coverage, assessment.since.coverage), assessment.adherence, confidence,
           standin::Compact(details)}));
  return rows.front();
}

}  // namespace

Reply<Response> EvaluateExperiment(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  const auto id = ParseInteger(request.path_parameters.at("experiment_id"));
  if (!id) return End(Invalid());
  STANDIN_ASSIGN(const auto windows, ReadWindows(request));
  STANDIN_ASSIGN(const auto experiments,
                 app.database.Query("SELECT id, user_id, primary_metric_key, expected_direction FROM experiments "
                                    "WHERE id = $1::bigint AND user_id = $2",
                                    {*id, user}));
  if (experiments.empty()) return End(Detail(404, "Experiment not found"));
  const standin::Row& experiment = experiments.front();
  const std::string direction = experiment.Text("expected_direction");
  STANDIN_ASSIGN(const auto assessment, Assess(app, experiment.Integer("id"), windows, direction));
  const Json details = Details(assessment, windows, experiment.Text("primary_metric_key"), direction);
  STANDIN_ASSIGN(const auto row, StoreEvaluation(app, experiment, assessment, details));
  return Answer(200, EvaluationBody(row));
}

Reply<Response> ListEvaluations(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 50, 1, 200));
  STANDIN_ASSIGN(const auto rows,
                 app.database.Query("SELECT " + EvaluationColumns() +
                                        " FROM evaluation_results WHERE user_id = $1 "
                                        "ORDER BY evaluation_results.created_at DESC, id DESC LIMIT $2::bigint",
                                    {user, limit}));
  Json list = Json::array();
  for (const standin::Row& row : rows) list.push_back(EvaluationBody(row));
  return Answer(200, list);
}

}  // namespace readiness::ai_health
