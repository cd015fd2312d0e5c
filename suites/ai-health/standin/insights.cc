#include "insights.h"

#include "answers.h"
#include "auth.h"
#include "baselines.h"
#include "insight_store.h"
#include "standin/log.h"
#include "translation.h"

namespace readiness::ai_health {
namespace {

constexpr int kDetectionDays = 14;
constexpr const char* kEvidence[] = {"baseline_mean",     "recent_mean", "baseline_std", "z_score",     "slope_per_day",
                                     "instability_ratio", "triggers",    "type",         "window_days", "n_points",
                                     "coverage",          "direction",   "strength",     "grade",       "detector",
                                     "threshold"};

struct Run {
  std::vector<Insight> created;
  std::vector<std::string> without_baseline;  ///< metrics whose baseline could not be read
};

Grade GradeOf(const Insight& insight) {
  const Json grade = insight.metadata.value("grade", Json());
  return (grade.is_string() ? ParseGrade(grade.get<std::string>()) : std::nullopt).value_or(Grade::kD);
}

/// `text` if the policy lets it be said at `grade`.
std::string Sayable(const std::string& text, Grade grade, const char* otherwise) {
  return !text.empty() && CheckOverclaiming(text, grade).empty() ? text : otherwise;
}

Json Text(const Insight& insight, const char* name, const char* otherwise) {
  const Json text = insight.metadata.value(name, Json());
  return text.is_string() ? text : Json(otherwise);
}

Json FeedItem(const Insight& insight) {
  const Grade grade = GradeOf(insight);
  Json evidence;
  for (const char* name : kEvidence) evidence[name] = insight.metadata.value(name, Json());
  evidence["grade"] = ToString(grade);
  return {{"id", insight.id},
          {"created_at", insight.created_at},
          {"title", Sayable(insight.title, grade, "Insight")},
          {"summary", Sayable(insight.summary, grade, "Something was noticed in your data. This is uncertain.")},
          {"metric_key", Text(insight, "metric_key", "")},
          {"confidence", insight.confidence},
          {"status", Text(insight, "status", "detected")},
          {"evidence", std::move(evidence)},
          {"explanation", Text(insight, "explanation", "The recent values were compared with the usual ones.")},
          {"uncertainty", Text(insight, "uncertainty", "The evidence is limited: this might be chance.")},
          {"suggested_next_step", Text(insight, "suggested_next_step", "Keep recording to see whether this stays.")}};
}

Result<std::optional<Baseline>> BaselineOf(App& app, UserId user, const Metric& metric) {
  READINESS_ASSIGN(auto baseline, FindBaseline(app, user, metric));
  if (baseline) return baseline;
  return RecomputeBaseline(app, user, metric, kBaselineDays);
}

/// What a defect asks of the model whether or not it is switched on. Healthy: nothing.
void AskNeedlessly(App& app, const Metric& metric, const Finding& finding) {
  if (!app.defects.Active("ai-health.S20:run-calls") || app.settings.openai_base_url.empty()) return;
  static_cast<void>(AskModel(app.settings, {{"metric_key", metric.key}}, GradeOf(finding), std::chrono::seconds(2)));
}

Result<void> RunMetric(App& app, UserId user, const Metric& metric, Run& run) {
  const auto baseline = BaselineOf(app, user, metric);
  if (!baseline) {
    if (!app.defects.Active("ai-health.C1.runtime:silent"))
      standin::Log("WARNING", "ai_health.insights", "baseline_retrieval_failed",
                   {{"metric_key", metric.key}, {"reason", baseline.error().Brief()}});
    if (app.defects.Active("ai-health.C1.runtime")) return Fail(ErrorKind::kInternal, "name 'logger' is not defined");
    run.without_baseline.push_back(metric.key);
  }
  READINESS_ASSIGN(const auto samples, ReadSamples(app, user, metric, kDetectionDays));
  const Baseline usual = baseline && *baseline ? **baseline : Baseline{};
  auto finding = DetectRedFlag(metric, samples);
  if (!finding && usual.id > 0) finding = DetectAgainstBaseline(metric, samples, usual);
  if (!finding) return {};
  AskNeedlessly(app, metric, *finding);
  READINESS_ASSIGN(auto insight, StoreInsight(app, user, metric, *finding, usual));
  run.created.push_back(std::move(insight));
  return {};
}

/// What a run that met an unreadable baseline answers in a defective system. Healthy: nothing of its own.
std::optional<Response> DefectiveAnswer(App& app, const Run& run) {
  if (!run.without_baseline.empty()) app.baseline_failed = true;
  if (app.defects.Active("ai-health.C1.runtime:stays-broken") && app.baseline_failed) return InternalError();
  if (app.defects.Active("ai-health.C1.runtime:undefined-result") && !run.without_baseline.empty())
    return Answer(200, Json());
  return std::nullopt;
}

}  // namespace

Reply<Response> RunInsights(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  Run run;
  for (const Metric& metric : AllMetrics()) STANDIN_RETURN_IF_ERROR(RunMetric(app, user, metric, run));
  if (auto answer = DefectiveAnswer(app, run)) return std::move(*answer);
  Json body = {{"created", run.created.size()}, {"insights", Json::array()}};
  for (const Insight& insight : run.created) body["insights"].push_back(FeedItem(insight));
  if (!run.without_baseline.empty()) {
    std::string metrics;
    for (const std::string& key : run.without_baseline) metrics += (metrics.empty() ? "" : ", ") + key;
    body["error"] = "Baselines could not be read: " + metrics;
  }
  standin::Log("INFO", "ai_health.insights", "insights_run", {{"created", run.created.size()}});
  return Answer(200, body);
}

Reply<Response> InsightFeed(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 50, 0, 200));
  STANDIN_ASSIGN(const auto insights, ListInsights(app, user, limit));
  Translator translator(app);
  Json items = Json::array();
  for (const Insight& insight : insights) {
    Json item = FeedItem(insight);
    STANDIN_RETURN_IF_ERROR(translator.Apply(item, GradeOf(insight)));
    items.push_back(std::move(item));
  }
  standin::Log("INFO", "ai_health.insights", "feed_read", {{"count", items.size()}});
  return Answer(200, {{"count", items.size()}, {"items", items}});
}

}  // namespace readiness::ai_health
