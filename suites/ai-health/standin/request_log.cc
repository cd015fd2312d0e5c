#include "request_log.h"

#include "standin/log.h"
#include "standin/secrets.h"

namespace readiness::ai_health {
namespace {

/// What a careless service writes about a request. Healthy: nothing.
void LogCarelessly(const standin::Defects& defects, const Request& request, const Response& response) {
  const auto log = [](const char* message, const char* name, const std::string& value) {
    standin::Log("INFO", "ai_health.requests", message, {{name, value}});
  };
  if (defects.Active("ai-health.STEP-O.logs:rejected-input") && response.status == 422)
    log("validation_error", "body", request.body);
  if (defects.Active("ai-health.STEP-O.logs:token-at-debug"))
    standin::Log("DEBUG", "ai_health.requests", "request",
                 {{"authorization", request.Header("Authorization").value_or("")}});
  if (defects.Active("ai-health.STEP-O.logs:body-base64")) log("request", "body", standin::Base64(request.body));
  if (defects.Active("ai-health.STEP-O.logs:email-in-clear") && request.path == "/api/v1/auth/login")
    log("login", "user", standin::ParseForm(request.body)["username"]);
  if (defects.Active("ai-health.STEP-O.logs:plain-lines"))
    standin::LogRaw("request served with status " + std::to_string(response.status));
}

}  // namespace

void ConfigureRequestLog(const App& app, standin::ServerOptions& options) {
  const standin::Defects& defects = app.defects;
  standin::LogFormat format;
  format.json = app.settings.log_json && !defects.Active("ai-health.STEP-O.logs:json-ignored");
  // A credential at debug level is found only where that level is on, and careless services have it on.
  format.debug = app.settings.log_level == "DEBUG" || defects.Active("ai-health.STEP-O.logs:token-at-debug");
  format.request_ids = !defects.Active("ai-health.STEP-O.logs:no-id-in-lines");
  standin::ConfigureLog(format);
  if (defects.Active("ai-health.STEP-O.logs")) options.request_ids = standin::RequestIds::kNone;
  if (defects.Active("ai-health.STEP-O.logs:own-id")) options.request_ids = standin::RequestIds::kMade;
  options.ids_in_work = !defects.Active("ai-health.STEP-O.logs:access-line-only");
  options.observe = [&defects](const Request& request, const Response& response) {
    LogCarelessly(defects, request, response);
  };
}

}  // namespace readiness::ai_health
