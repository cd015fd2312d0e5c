#include "insight_store.h"

#include <fmt/format.h>

#include "answers.h"

namespace readiness::ai_health {
namespace {

using standin::Transaction;

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json Metadata(const Metric& metric, const Finding& finding, const Baseline& baseline, const Wording& wording) {
  const bool compared = baseline.id > 0;
  return {{"metric_key", metric.key},
          {"type", finding.insight_type},
          {"status", finding.status},
          {"detector", finding.detector},
          {"threshold", finding.threshold},
          {"threshold_value", finding.threshold_value},
          {"window_days", finding.window_days},
          {"n_points", finding.points},
          {"coverage", finding.coverage},
          {"recent_mean", finding.recent_mean},
          {"baseline_mean", compared ? Json(baseline.mean) : Json()},
          {"baseline_std", compared ? Json(baseline.deviation) : Json()},
          {"z_score", compared && finding.detector != "instability" ? Json(finding.effect) : Json()},
          {"slope_per_day", OrNull(finding.slope_per_day)},
          {"instability_ratio", OrNull(finding.instability_ratio)},
          {"direction", finding.direction.empty() ? Json() : Json(finding.direction)},
          {"strength", finding.strength},
          {"grade", ToString(GradeOf(finding))},
          {"triggers", finding.insight_type == "safety" ? Json::array({finding.threshold}) : Json::array()},
          {"explanation", wording.explanation},
          {"uncertainty", wording.uncertainty},
          {"suggested_next_step", wording.suggested_next_step}};
}

Insight ToInsight(const standin::Row& row) {
  Json metadata = standin::ParseJson(row.Text("metadata_json")).value_or(Json());
  if (!metadata.is_object()) metadata = Json::object();
  return {row.Integer("id"),        row.Text("title"),  row.Text("description"), row.Number("confidence_score"),
          row.Text("generated_at"), std::move(metadata)};
}

std::string Columns() {
  return "id, user_id, title, description, confidence_score, metadata_json, " + Timestamp("generated_at");
}

Result<void> StoreEdges(App& app, Transaction& transaction, std::int64_t insight, std::vector<Edge> edges) {
  const standin::Defects& defects = app.defects;
  if (defects.Active("ai-health.M5")) edges.clear();
  if (defects.Active("ai-health.M5:constant")) edges = {{0, "health_data", std::nullopt, 1.0, "Based on your data."}};
  if (defects.Active("ai-health.M5:wrong-metric")) {
    for (Edge& edge : edges)
      edge = {0, edge.source_type, std::nullopt, edge.weight, "steps: mean 9111, threshold 9222"};
  }
  for (const Edge& edge : edges) {
    const auto source_id = edge.source_id ? std::optional(std::to_string(*edge.source_id)) : std::nullopt;
    READINESS_RETURN_IF_ERROR(transaction.Query(
        std::string("INSERT INTO explanation_edges (target_type, target_id, source_type, source_id, "
                    "contribution_weight, description, created_at) VALUES ('insight', $1, $2, $3, $4, $5, ") +
            kUtcNow + ")",
        {insight, edge.source_type, source_id, edge.weight, edge.description}));
  }
  return {};
}

Result<void> StoreAuditEvent(Transaction& transaction, UserId user, std::int64_t insight, const Metric& metric,
                             const Finding& finding) {
  READINESS_RETURN_IF_ERROR(transaction.Query(
      std::string(
          "INSERT INTO audit_events (user_id, entity_type, entity_id, decision_type, decision_reason, "
          "source_metrics, time_windows, detectors_used, thresholds_crossed, safety_checks_applied, created_at) "
          "VALUES ($1, 'insight', $2, 'created', $3, $4, $5, $6, $7, $8, ") +
          kUtcNow + ")",
      {user, insight, fmt::format("{} of {}", finding.insight_type, metric.key),
       standin::Compact(Json::array({metric.key})),
       standin::Compact({{"recent_days", finding.window_days}, {"baseline_days", 30}}),
       standin::Compact(Json::array({finding.detector})), standin::Compact(Json::array({finding.threshold})),
       standin::Compact(Json::array({"red_flags", "claim_policy"}))}));
  return {};
}

}  // namespace

std::vector<Edge> SourcesOf(const Metric& metric, const Finding& finding, const Baseline& baseline) {
  std::vector<Edge> edges = {{0, "metric", std::nullopt, 0.4,
                              fmt::format("{}: mean {} {} of {} values in the last {} days", metric.key,
                                          finding.recent_mean, metric.unit, finding.points, finding.window_days)}};
  if (baseline.id > 0)
    edges.push_back({0, "baseline", baseline.id, 0.3,
                     fmt::format("{}: baseline mean {}, std {} over {} days", metric.key, baseline.mean,
                                 baseline.deviation, baseline.window_days)});
  edges.push_back({0, "detector", std::nullopt, 0.2,
                   fmt::format("{} detector: {} {}, effect {}", finding.detector, finding.strength, finding.direction,
                               finding.effect)});
  edges.push_back({0, "threshold", std::nullopt, 0.1, finding.threshold});
  return edges;
}

Result<Insight> StoreInsight(App& app, UserId user, const Metric& metric, const Finding& finding,
                             const Baseline& baseline) {
  const Wording wording = Describe(metric, finding, baseline, GradeOf(finding));
  const Json metadata = Metadata(metric, finding, baseline, wording);
  std::optional<Insight> stored;
  READINESS_RETURN_IF_ERROR(app.database.InTransaction([&](Transaction& transaction) -> Result<void> {
    READINESS_ASSIGN(const auto rows,
                     transaction.Query(std::string("INSERT INTO insights (user_id, insight_type, title, description, "
                                                   "confidence_score, generated_at, metadata_json) "
                                                   "VALUES ($1, $2, $3, $4, $5, ") +
                                           kUtcNow + ", $6) RETURNING " + Columns(),
                                       {user, finding.insight_type, wording.title, wording.summary, finding.confidence,
                                        standin::Compact(metadata)}));
    stored = ToInsight(rows.front());
    READINESS_RETURN_IF_ERROR(StoreEdges(app, transaction, stored->id, SourcesOf(metric, finding, baseline)));
    return StoreAuditEvent(transaction, user, stored->id, metric, finding);
  }));
  return std::move(*stored);
}

Result<std::vector<Insight>> ListInsights(App& app, UserId user, std::int64_t limit) {
  READINESS_ASSIGN(const auto rows,
                   app.database.Query("SELECT " + Columns() +
                                          " FROM insights WHERE user_id = $1 ORDER BY insights.generated_at DESC, id "
                                          "DESC LIMIT $2::bigint",
                                      {user, limit}));
  std::vector<Insight> insights;
  for (const standin::Row& row : rows) insights.push_back(ToInsight(row));
  return insights;
}

Result<std::optional<OwnedInsight>> FindInsight(App& app, std::int64_t id) {
  READINESS_ASSIGN(const auto rows,
                   app.database.Query("SELECT " + Columns() + " FROM insights WHERE id = $1::bigint", {id}));
  if (rows.empty()) return std::nullopt;
  return OwnedInsight{ToInsight(rows.front()), rows.front().Integer("user_id")};
}

Result<std::vector<Edge>> ReadEdges(App& app, std::int64_t insight) {
  READINESS_ASSIGN(const auto rows,
                   app.database.Query("SELECT id, source_type, source_id, contribution_weight, description FROM "
                                      "explanation_edges WHERE target_type = 'insight' AND target_id = $1::bigint "
                                      "ORDER BY contribution_weight DESC, id",
                                      {insight}));
  std::vector<Edge> edges;
  for (const standin::Row& row : rows) {
    const auto source = row.IsNull("source_id") ? std::nullopt : std::optional(row.Integer("source_id"));
    edges.push_back({row.Integer("id"), row.Text("source_type"), source, row.Number("contribution_weight"),
                     row.Text("description")});
  }
  return edges;
}

}  // namespace readiness::ai_health
