#include "openapi.h"

#include "insight_api.h"

namespace readiness::ai_health {
namespace {

using standin::Json;

Json Typed(const char* type) {
  return {{"type", type}};
}
Json Text() {
  return Typed("string");
}
Json Text(int least, int most) {
  return {{"type", "string"}, {"minLength", least}, {"maxLength", most}};
}
Json Time() {
  return {{"type", "string"}, {"format", "date-time"}};
}
Json Integer() {
  return Typed("integer");
}
Json Integer(int least, int most, int otherwise) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}, {"default", otherwise}};
}
Json Number() {
  return Typed("number");
}
Json Boolean() {
  return Typed("boolean");
}
Json OneOf(std::initializer_list<const char*> words) {
  return {{"type", "string"}, {"enum", Json(words)}};
}
Json OrNull(Json schema) {
  schema["type"] = Json::array({schema["type"], "null"});
  return schema;
}

/// An object all of whose `properties` are required but those in `optional`.
Json Object(Json properties, std::initializer_list<std::string_view> optional = {}) {
  Json required = Json::array();
  for (const auto& [name, unused] : properties.items()) {
    bool is_optional = false;
    for (const std::string_view each : optional) is_optional = is_optional || each == name;
    if (!is_optional) required.push_back(name);
  }
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json AccountSchemas() {
  return {
      {"UserCreate", Object({{"name", Text(1, 100)},
                             {"email", {{"type", "string"}, {"format", "email"}}},
                             {"password", {{"type", "string"}, {"minLength", 8}}}})},
      {"UserResponse", Object({{"id", Integer()}, {"name", Text()}, {"email", Text()}, {"created_at", Time()}})},
      {"LoginForm", Object({{"username", Text()}, {"password", Text()}, {"grant_type", Text()}}, {"grant_type"})},
      {"Token", Object({{"access_token", Text()}, {"token_type", Text()}})},
  };
}

Json ConsentSchemas() {
  const Json boxes = {{"understands_not_medical_advice", Boolean()},
                      {"consents_to_data_analysis", Boolean()},
                      {"understands_recommendations_experimental", Boolean()},
                      {"understands_can_stop_anytime", Boolean()}};
  Json create = {{"consent_version", Text(0, 20)}};
  create.update(boxes);
  create["consent_text_json"] = OrNull(Typed("object"));
  Json record = {{"id", Integer()}, {"user_id", Integer()}, {"consent_version", Text()}, {"consent_timestamp", Time()}};
  record.update(boxes);
  record["onboarding_completed"] = Boolean();
  record["onboarding_completed_at"] = OrNull(Time());
  return {{"ConsentCreate", Object(create, {"consent_version", "consent_text_json"})},
          {"ConsentResponse", Object(record)},
          {"Empty", Object(Json::object())}};
}

Json ProviderSchemas() {
  return {{"ProviderConnect", Object({{"provider", Text()}, {"authorize_url", Text()}})},
          {"ProviderStatus", Object({{"provider", Text()}, {"connected", Boolean()}})},
          {"ProviderSync", Object({{"provider", Text()},
                                   {"inserted", Integer()},
                                   {"rejected", Integer()},
                                   {"errors", {{"type", "array"}, {"items", Typed("object")}}}})}};
}

Json LoopSchemas() {
  Json evaluation;
  for (const char* name : {"id", "user_id", "experiment_id"}) evaluation[name] = Integer();
  evaluation["metric_key"] = Text();
  for (const char* name : {"baseline_mean", "baseline_std", "intervention_mean", "intervention_std", "delta",
                           "percent_change", "effect_size", "coverage", "adherence_rate"})
    evaluation[name] = Number();
  evaluation["confidence_score"] = OrNull(Number());
  evaluation["has_adherence_evidence"] = Boolean();
  evaluation["verdict"] = OneOf({"helpful", "not_helpful", "unclear", "insufficient_data"});
  evaluation["created_at"] = Time();
  evaluation["details"] = Typed("object");
  const Json request = {{"baseline_days", Integer(7, 60, 14)},
                        {"intervention_days", Integer(7, 60, 14)},
                        {"min_coverage", {{"type", "number"}, {"minimum", 0.1}, {"maximum", 1.0}, {"default", 0.6}}},
                        {"min_points", Integer(3, 60, 7)}};
  return {{"EvaluateExperimentRequest",
           Object(request, {"baseline_days", "intervention_days", "min_coverage", "min_points"})},
          {"Evaluation", Object(evaluation)},
          {"EvaluationList", {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/Evaluation"}}}}},
          {"LoopDecision", Object({{"decision_id", Integer()},
                                   {"action", OneOf({"continue", "stop", "adjust", "extend"})},
                                   {"reason", Text()},
                                   {"metadata", Text()}})}};
}

}  // namespace

standin::ApiDoc ApiFacts() {
  standin::ApiDoc api;
  api.info = {{"title", "Health AI Coach (stand-in)"}, {"version", "1.0.0"}};
  api.schemas = AccountSchemas();
  api.schemas.update(ConsentSchemas());
  api.schemas.update(ProviderSchemas());
  api.schemas.update(LoopSchemas());
  api.schemas.update(InsightSchemas());
  api.schemas["Detail"] = Object({{"detail", Text()}});
  api.schemas["Failure"] = Object({{"error", Text()}, {"detail", Text()}});
  const Json flow = {{"tokenUrl", "/api/v1/auth/login"}, {"scopes", Json::object()}};
  api.security_schemes = {{kBearerScheme, {{"type", "oauth2"}, {"flows", {{"password", flow}}}}}};
  return api;
}

}  // namespace readiness::ai_health
