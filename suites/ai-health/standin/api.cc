#include "api.h"

#include "answers.h"
#include "auth.h"
#include "consent.h"
#include "evaluation.h"
#include "health.h"
#include "insight_api.h"
#include "loop.h"
#include "objects.h"
#include "openapi.h"
#include "provider.h"
#include "sync.h"

namespace readiness::ai_health {
namespace {

using standin::OperationDoc;
using standin::ParameterDoc;
using standin::Route;

constexpr const char* kJson = "application/json";
constexpr const char* kForm = "application/x-www-form-urlencoded";

/// Accepted because clients of the real system send it; the token decides.
const ParameterDoc kUserId = {"user_id", "query", false, {{"type", {"integer", "null"}}}};

ParameterDoc PathInteger(const char* name) {
  return {name, "path", true, {{"type", "integer"}}};
}
ParameterDoc QueryRange(const char* name, int least, int most, int otherwise) {
  return {name, "query", false, {{"type", "integer"}, {"minimum", least}, {"maximum", most}, {"default", otherwise}}};
}
ParameterDoc QueryText(const char* name, bool required) {
  return {name, "query", required, {{"type", "string"}}};
}

/// Documents an operation that needs the caller's token.
OperationDoc Secured(OperationDoc doc) {
  doc.security = kBearerScheme;
  doc.answers[401] = "Detail";
  return doc;
}

/// Gives a handler its App.
using Binder = std::function<standin::Handler(Reply<Response> (*)(App&, const Request&))>;

std::vector<Route> OpenRoutes(const Binder& bind) {
  return {
      {"GET",
       "/health",
       bind(&Health),
       {.id = "health_check", .summary = "Health check", .tag = "ops", .answers = {{200, "Health"}, {503, "Health"}}}},
      {"GET",
       "/api/v1/health/live",
       bind(&Live),
       {.id = "live", .summary = "Liveness", .tag = "ops", .answers = {{200, "Liveness"}}}},
      {"GET",
       "/api/v1/health/ready",
       bind(&Ready),
       {.id = "ready", .summary = "Readiness", .tag = "ops", .answers = {{200, "Readiness"}, {503, "Readiness"}}}},
      {"GET",
       "/api/v1/auth-mode",
       bind(&AuthMode),
       {.id = "auth_mode", .summary = "Mode of authentication", .tag = "auth", .answers = {{200, "AuthMode"}}}},
      {"POST",
       "/api/v1/users/",
       bind(&RegisterUser),
       {.id = "create_user",
        .summary = "Create an account",
        .tag = "users",
        .body_media_type = kJson,
        .body_schema = "UserCreate",
        .answers = {{201, "UserResponse"}, {400, "Detail"}, {422, "Failure"}}}},
      {"POST",
       "/api/v1/auth/login",
       bind(&Login),
       {.id = "login",
        .summary = "Obtain a token",
        .tag = "auth",
        .body_media_type = kForm,
        .body_schema = "LoginForm",
        .answers = {{200, "Token"}, {401, "Detail"}, {422, "Failure"}, {429, ""}}}},
  };
}

std::vector<Route> AccountRoutes(const Binder& bind) {
  return {{"GET", "/api/v1/users/me", bind(&WhoAmI),
           Secured({.id = "user_profile",
                    .summary = "The caller's account",
                    .tag = "users",
                    .answers = {{200, "UserResponse"}}})},
          {"GET", "/api/v1/auth/me", bind(&WhoAmI),
           Secured({.id = "auth_profile",
                    .summary = "The caller's account",
                    .tag = "auth",
                    .answers = {{200, "UserResponse"}}})}};
}

std::vector<Route> ConsentRoutes(const Binder& bind) {
  return {{"GET", "/api/v1/consent", bind(&GetConsent),
           Secured({.id = "get_consent",
                    .summary = "The newest consent record",
                    .tag = "consent",
                    .parameters = {kUserId},
                    .answers = {{200, "ConsentResponse"}, {404, "Detail"}, {422, "Failure"}}})},
          {"POST", "/api/v1/consent", bind(&GiveConsent),
           Secured({.id = "create_consent",
                    .summary = "Give consent; every box must be checked",
                    .tag = "consent",
                    .parameters = {kUserId},
                    .body_media_type = kJson,
                    .body_schema = "ConsentCreate",
                    .answers = {{200, "ConsentResponse"}, {400, "Detail"}, {422, "Failure"}}})},
          {"DELETE", "/api/v1/consent", bind(&WithdrawConsent),
           Secured({.id = "withdraw_consent",
                    .summary = "Withdraw consent to data analysis",
                    .tag = "consent",
                    .parameters = {kUserId},
                    .answers = {{200, "ConsentResponse"}, {404, "Detail"}, {422, "Failure"}}})},
          {"POST", "/api/v1/consent/complete-onboarding", bind(&CompleteOnboarding),
           Secured({.id = "complete_onboarding",
                    .summary = "Mark onboarding as completed",
                    .tag = "consent",
                    .parameters = {kUserId},
                    .body_media_type = kJson,
                    .body_schema = "Empty",
                    .answers = {{200, "ConsentResponse"}, {404, "Detail"}, {422, "Failure"}}})}};
}

std::vector<Route> ProviderRoutes(const Binder& bind) {
  return {{"GET", "/api/v1/providers/whoop/connect", bind(&ConnectProvider),
           Secured({.id = "whoop_connect",
                    .summary = "Begin linking the wearable",
                    .tag = "providers",
                    .parameters = {kUserId},
                    .answers = {{200, "ProviderConnect"}, {400, "Detail"}, {422, "Failure"}}})},
          {"GET", "/api/v1/providers/whoop/callback", bind(&ProviderCallback),
           Secured({.id = "whoop_callback",
                    .summary = "Return from the provider",
                    .tag = "providers",
                    .parameters = {QueryText("code", true), QueryText("state", false), kUserId},
                    .answers = {{200, "ProviderStatus"}, {400, "Detail"}, {422, "Failure"}, {500, "Detail"}}})},
          {"GET", "/api/v1/providers/whoop/status", bind(&ProviderStatus),
           Secured({.id = "whoop_status",
                    .summary = "Is the wearable linked",
                    .tag = "providers",
                    .parameters = {kUserId},
                    .answers = {{200, "ProviderStatus"}, {422, "Failure"}}})},
          {"POST", "/api/v1/providers/whoop/sync", bind(&SyncProvider),
           Secured({.id = "whoop_sync",
                    .summary = "Pull the wearable's data; needs consent",
                    .tag = "providers",
                    .parameters = {QueryRange("days", 1, 365, 30), kUserId},
                    .answers = {{200, "ProviderSync"}, {403, "Detail"}, {422, "Failure"}, {500, "Detail"}}})}};
}

std::vector<Route> LoopRoutes(const Binder& bind) {
  return {
      {"GET", "/api/v1/evaluations", bind(&ListEvaluations),
       Secured({.id = "list_evaluations",
                .summary = "The caller's evaluations, newest first",
                .tag = "evaluations",
                .parameters = {QueryRange("limit", 1, 200, 50), kUserId},
                .answers = {{200, "EvaluationList"}, {422, "Failure"}}})},
      {"POST", "/api/v1/experiments/{experiment_id}/evaluate", bind(&EvaluateExperiment),
       Secured({.id = "evaluate_experiment",
                .summary = "Evaluate an experiment of the caller",
                .tag = "experiments",
                .parameters = {PathInteger("experiment_id"), kUserId},
                .body_media_type = kJson,
                .body_schema = "EvaluateExperimentRequest",
                .body_required = false,
                .answers = {{200, "Evaluation"}, {404, "Detail"}, {422, "Failure"}}})},
      {"POST", "/api/v1/loop/run/{evaluation_id}", bind(&RunLoopDecision),
       Secured({.id = "run_loop_decision",
                .summary = "Decide the next step for an evaluation of the caller",
                .tag = "loop",
                .parameters = {PathInteger("evaluation_id"), kUserId},
                .answers = {{200, "LoopDecision"}, {404, "Detail"}, {422, "Failure"}}})},
  };
}

/// Healthy: the document.
Response ShowDocument(App& app, const Json& document) {
  if (app.defects.Active("ai-health.S1.tenants:no-document")) return Detail(404, "Not Found");
  Response response = Answer(200, document);
  if (app.defects.Active("ai-health.S1.tenants:document-cut-short")) response.body.resize(response.body.size() / 2);
  return response;
}

}  // namespace

std::vector<Route> MakeRoutes(App& app) {
  const Binder bind = [&app](Reply<Response> (*handler)(App&, const Request&)) -> standin::Handler {
    return [&app, handler](const Request& request) { return handler(app, request); };
  };
  std::vector<Route> routes = OpenRoutes(bind);
  for (const auto make : {&AccountRoutes, &ConsentRoutes, &ProviderRoutes, &LoopRoutes}) {
    for (Route& route : make(bind)) routes.push_back(std::move(route));
  }
  for (Route& route : InsightRoutes(app)) routes.push_back(std::move(route));
  Area objects = ObjectAreas(app);
  for (Route& route : objects.routes) routes.push_back(std::move(route));
  standin::ApiDoc facts = ApiFacts();
  facts.schemas.update(objects.schemas);
  // The document does not describe itself.
  const auto show = [&app, document = DescribeApi(facts, routes)](const Request&) -> Reply<Response> {
    return ShowDocument(app, document);
  };
  routes.push_back({"GET", "/openapi.json", show, {}});
  return routes;
}

}  // namespace readiness::ai_health
