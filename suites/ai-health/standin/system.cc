#include "system.h"

#include "answers.h"
#include "translation.h"
#include "whoop.h"

namespace readiness::ai_health {

Reply<Response> SystemStatus(App& app, const Request&) {
  bool translates = TranslationEnabled(app);
  if (app.defects.Active("ai-health.S20:status-says-off")) translates = false;
  if (app.defects.Active("ai-health.S20:status-says-on")) translates = true;
  return Answer(200, {{"env_mode", app.settings.env_mode},
                      {"auth_mode", "private"},
                      {"providers_enabled", ProviderConfigured(app.settings)},
                      {"safety_status", "strict"},
                      {"logging_level", app.settings.log_level},
                      {"enable_llm", translates}});
}

}  // namespace readiness::ai_health
