#include "health.h"

#include "answers.h"

namespace readiness::ai_health {

Reply<Response> Health(App& app, const Request&) {
  if (app.database.Query("SELECT 1"))
    return Answer(200, {{"status", "healthy"}, {"debug", false}, {"database", "connected"}});
  return Answer(503, {{"status", "unhealthy"}, {"debug", false}, {"database", "disconnected"}});
}

Reply<Response> Live(App&, const Request&) {
  return Answer(200, {{"ok", true}});
}

Reply<Response> Ready(App& app, const Request&) {
  STANDIN_RETURN_IF_ERROR(app.database.Query("SELECT 1"));
  return Answer(200, {{"ok", true}, {"db", "ok"}});
}

}  // namespace readiness::ai_health
