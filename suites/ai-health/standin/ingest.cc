#include "ingest.h"

#include <fmt/format.h>

#include <set>

#include "answers.h"
#include "auth.h"
#include "baselines.h"
#include "standin/log.h"
#include "utc_time.h"

namespace readiness::ai_health {
namespace {

constexpr std::size_t kMaxPoints = 5000;
constexpr const char* kSources[] = {"wearable", "lab", "questionnaire", "manual"};

struct Batch {
  Json points = Json::array();  ///< as they are stored
  std::set<const Metric*> touched;
  Json rejections = Json::array();
};

/// A point of the body with every member of the right type. Ends with 422.
struct GivenPoint {
  std::string key;
  double value = 0;
  std::string time;  ///< UTC
  std::string source = "manual";
  std::optional<std::string> unit;
};

Reply<GivenPoint> ReadPoint(const Json& point) {
  if (!point.is_object()) return End(Invalid());
  GivenPoint given;
  STANDIN_ASSIGN(given.key, TextMember(point, "metric_key", 1, 100));
  STANDIN_ASSIGN(const auto timestamp, TextMember(point, "timestamp", 1, 64));
  const auto utc = ToUtc(timestamp);
  const auto value = point.find("value");
  if (!utc || value == point.end() || !value->is_number()) return End(Invalid());
  given.value = value->get<double>();
  given.time = *utc;
  if (point.contains("source")) {
    STANDIN_ASSIGN(given.source, TextMember(point, "source", 1, 20));
  }
  if (point.contains("unit") && !point["unit"].is_null()) {
    STANDIN_ASSIGN(given.unit, TextMember(point, "unit", 1, 40));
  }
  if (std::find(std::begin(kSources), std::end(kSources), given.source) == std::end(kSources)) return End(Invalid());
  return given;
}

/// Adds the point to what is stored, or says why not. Reasons name no values: they are health data.
void Sort(const GivenPoint& given, Batch& batch) {
  const Metric* metric = FindMetric(given.key);
  if (metric == nullptr) return batch.rejections.push_back("Unknown metric_key");
  const auto value = ToCanonicalUnit(*metric, given.value, given.unit.value_or(metric->unit));
  if (!value)
    return batch.rejections.push_back(fmt::format("{}: unit incompatible with '{}'", metric->key, metric->unit));
  if (!(*value >= metric->least && *value <= metric->most))
    return batch.rejections.push_back(
        fmt::format("{}: value outside {}..{} {}", metric->key, metric->least, metric->most, metric->unit));
  batch.touched.insert(metric);
  batch.points.push_back(
      {{"t", metric->key}, {"v", *value}, {"u", metric->unit}, {"at", given.time}, {"s", given.source}});
}

Reply<Batch> ReadBatch(const Json& body) {
  const auto owner = body.find("user_id");
  const auto points = body.find("points");
  if (owner == body.end() || !owner->is_number_integer()) return End(Invalid());
  if (points == body.end() || !points->is_array() || points->size() > kMaxPoints) return End(Invalid());
  Batch batch;
  for (const Json& point : *points) {
    STANDIN_ASSIGN(const auto given, ReadPoint(point));
    Sort(given, batch);
  }
  return batch;
}

/// The points are stored by now: what becomes of the baselines does not change the answer.
void RecomputeBaselines(App& app, UserId user, const Batch& batch) {
  for (const Metric* metric : batch.touched) {
    const auto baseline = RecomputeBaseline(app, user, *metric, kBaselineDays);
    if (!baseline)
      standin::Log("WARNING", "ai_health.ingest", "baseline_recompute_failed",
                   {{"metric_key", metric->key}, {"reason", baseline.error().Brief()}});
    else if (!*baseline)
      standin::Log("WARNING", "ai_health.ingest", "baseline_insufficient_data", {{"metric_key", metric->key}});
  }
}

}  // namespace

Reply<Response> IngestBatch(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(const auto batch, ReadBatch(body));
  STANDIN_RETURN_IF_ERROR(
      app.database.Query("INSERT INTO health_data (user_id, data_type, value, unit, \"timestamp\", source, is_flagged) "
                         "SELECT $1, t, v, u, at, s, false FROM json_to_recordset($2::json) "
                         "AS point (t varchar, v double precision, u varchar, at timestamp, s varchar)",
                         {user, standin::Compact(batch.points)}));
  RecomputeBaselines(app, user, batch);
  standin::Log("INFO", "ai_health.ingest", "health_data_stored",
               {{"inserted", batch.points.size()}, {"rejected", batch.rejections.size()}});
  return Answer(200, {{"inserted", batch.points.size()},
                      {"rejected", batch.rejections.size()},
                      {"rejected_reasons", batch.rejections}});
}

}  // namespace readiness::ai_health
