#include "insight_api.h"

#include "baselines.h"
#include "explain.h"
#include "ingest.h"
#include "insights.h"
#include "openapi.h"
#include "system.h"

namespace readiness::ai_health {
namespace {

using standin::Json;
using standin::OperationDoc;
using standin::ParameterDoc;
using standin::Route;

constexpr const char* kMediaType = "application/json";

/// Accepted because clients of the real system send it; the token decides.
ParameterDoc UserIdInQuery() {
  return {"user_id", "query", false, {{"type", {"integer", "null"}}}};
}

/// An operation on the caller's own data.
OperationDoc Owned(std::string id, std::string summary, std::string tag, std::map<int, std::string> answers) {
  OperationDoc doc{.id = std::move(id), .summary = std::move(summary), .tag = std::move(tag)};
  doc.security = kBearerScheme;
  doc.parameters = {UserIdInQuery()};
  doc.answers = std::move(answers);
  doc.answers.insert({{401, "Detail"}, {422, "Failure"}});
  return doc;
}

OperationDoc WithBody(OperationDoc doc, std::string schema) {
  doc.body_media_type = kMediaType;
  doc.body_schema = std::move(schema);
  return doc;
}

OperationDoc WithParameter(OperationDoc doc, ParameterDoc parameter) {
  doc.parameters.insert(doc.parameters.begin(), std::move(parameter));
  return doc;
}

Json Typed(const char* type) {
  return {{"type", type}};
}
Json Nullable(const char* type) {
  return {{"type", {type, "null"}}};
}
Json ListOf(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}
Json Reference(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

Json ObjectOf(Json properties, const std::vector<std::string>& required) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", required}};
}
/// Every property is required.
Json ObjectOf(const Json& properties) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : properties.items()) names.push_back(name);
  return ObjectOf(properties, names);
}

Json DataSchemas() {
  const Json point = {
      {"metric_key", {{"type", "string"}, {"examples", {"sleep_duration"}}}},
      {"value", Typed("number")},
      {"timestamp", {{"type", "string"}, {"format", "date-time"}}},
      {"source", {{"type", "string"}, {"enum", {"wearable", "lab", "questionnaire", "manual"}}, {"default", "manual"}}},
      {"unit", Nullable("string")}};
  const Json recompute = {{"metric_key", Typed("string")},
                          {"window_days", {{"type", "integer"}, {"minimum", 1}, {"maximum", 365}, {"default", 30}}}};
  return {
      {"HealthDataPointIn", ObjectOf(point, {"metric_key", "value", "timestamp"})},
      {"HealthDataBatchIn",
       ObjectOf({{"user_id", Typed("integer")}, {"points", ListOf(Reference("HealthDataPointIn"))}})},
      {"HealthDataBatchOut", ObjectOf({{"inserted", Typed("integer")},
                                       {"rejected", Typed("integer")},
                                       {"rejected_reasons", ListOf(Typed("string"))}})},
      {"BaselineRecomputeIn", ObjectOf(recompute, {"metric_key"})},
      {"BaselineOut", ObjectOf({{"metric_key", Typed("string")},
                                {"mean", Typed("number")},
                                {"std", Typed("number")},
                                {"window_days", Typed("integer")}})},
      {"BaselineUnavailable", ObjectOf({{"detail", ObjectOf({{"error", Typed("string")},
                                                             {"message", Typed("string")},
                                                             {"recoverable", Typed("boolean")}})}})},
  };
}

Json FindingSchemas() {
  const Json insight = {{"id", Typed("integer")},
                        {"created_at", {{"type", "string"}, {"format", "date-time"}}},
                        {"title", Typed("string")},
                        {"summary", Typed("string")},
                        {"metric_key", Typed("string")},
                        {"confidence", Typed("number")},
                        {"status", Typed("string")},
                        {"evidence", Typed("object")},
                        {"explanation", Typed("string")},
                        {"uncertainty", Typed("string")},
                        {"suggested_next_step", Typed("string")}};
  const Json edge = {{"id", Typed("integer")},
                     {"source_type", Typed("string")},
                     {"source_id", Nullable("integer")},
                     {"contribution_weight", Typed("number")},
                     {"description", Typed("string")}};
  return {
      {"Insight", ObjectOf(insight)},
      {"InsightRun",
       ObjectOf({{"created", Typed("integer")}, {"insights", ListOf(Reference("Insight"))}, {"error", Typed("string")}},
                {"created", "insights"})},
      {"InsightFeed", ObjectOf({{"count", Typed("integer")}, {"items", ListOf(Reference("Insight"))}})},
      {"ExplanationEdge", ObjectOf(edge)},
      {"InsightExplanation", ObjectOf({{"insight_id", Typed("integer")},
                                       {"insight_title", Typed("string")},
                                       {"explanation", ObjectOf({{"edges", ListOf(Reference("ExplanationEdge"))},
                                                                 {"summary", Typed("string")}})}})},
  };
}

Json SystemSchemas() {
  return {
      {"Health", ObjectOf({{"status", Typed("string")}, {"debug", Typed("boolean")}, {"database", Typed("string")}})},
      {"Liveness", ObjectOf({{"ok", Typed("boolean")}})},
      {"Readiness", ObjectOf({{"ok", Typed("boolean")}, {"db", Typed("string")}})},
      {"AuthMode", ObjectOf({{"AUTH_MODE", {{"type", "string"}, {"enum", {"private", "public"}}}}})},
      {"SystemStatus", ObjectOf({{"env_mode", Typed("string")},
                                 {"auth_mode", Typed("string")},
                                 {"providers_enabled", Typed("boolean")},
                                 {"safety_status", Typed("string")},
                                 {"logging_level", Typed("string")},
                                 {"enable_llm", Typed("boolean")}})},
  };
}

}  // namespace

std::vector<Route> InsightRoutes(App& app) {
  const auto bind = [&app](Reply<Response> (*handler)(App&, const Request&)) -> standin::Handler {
    return [&app, handler](const Request& request) { return handler(app, request); };
  };
  const ParameterDoc limit = {
      "limit", "query", false, {{"type", "integer"}, {"minimum", 0}, {"maximum", 200}, {"default", 50}}};
  const ParameterDoc insight_id = {"insight_id", "path", true, Typed("integer")};
  // The prefix occurs twice in the audited system, too.
  return {
      {"POST", "/api/v1/api/v1/health-data/batch", bind(&IngestBatch),
       WithBody(Owned("ingest_health_data_batch", "Store health data of the caller", "health-data",
                      {{200, "HealthDataBatchOut"}}),
                "HealthDataBatchIn")},
      {"POST", "/api/v1/baselines/recompute", bind(&RecomputeBaselineRoute),
       WithBody(Owned("recompute_baseline", "Compute a baseline of the caller anew", "baselines",
                      {{200, "BaselineOut"}, {503, "BaselineUnavailable"}}),
                "BaselineRecomputeIn")},
      {"POST", "/api/v1/insights/api/v1/insights/run", bind(&RunInsights),
       Owned("run_insights", "Look for insights in the caller's data", "insights", {{200, "InsightRun"}})},
      {"GET", "/api/v1/insights/api/v1/insights/feed", bind(&InsightFeed),
       WithParameter(
           Owned("get_insight_feed", "The caller's insights, newest first", "insights", {{200, "InsightFeed"}}),
           limit)},
      {"GET", "/api/v1/explain/insight/{insight_id}", bind(&ExplainInsight),
       WithParameter(Owned("explain_insight", "Why an insight of the caller was produced", "explain",
                           {{200, "InsightExplanation"}, {404, "Detail"}}),
                     insight_id)},
      {"GET",
       "/api/v1/system/status",
       bind(&SystemStatus),
       {.id = "system_status", .summary = "Mode and switches", .tag = "system", .answers = {{200, "SystemStatus"}}}},
  };
}

Json InsightSchemas() {
  Json schemas = DataSchemas();
  schemas.update(FindingSchemas());
  schemas.update(SystemSchemas());
  return schemas;
}

}  // namespace readiness::ai_health
