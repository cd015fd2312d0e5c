#include "health.h"

#include "answers.h"

namespace readiness::ai_health {
namespace {

constexpr std::chrono::milliseconds kPatience{1'000};
constexpr std::chrono::seconds kSlowness{15};

/// Whether the database answers. Healthy: it is asked each time.
bool DatabaseAnswers(App& app) {
  const standin::Defects& defects = app.defects;
  HealthMemory& memory = app.health;
  if (defects.Active("ai-health.STEP-O.health")) return true;
  if (defects.Active("ai-health.STEP-O.health:checks-once") && memory.was_good) return true;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  if (defects.Active("ai-health.STEP-O.health:slow") && memory.was_good && now < memory.good_at.load() + kSlowness)
    return true;
  const auto answer = app.database.Ping(kPatience);
  if (!answer && answer.error().kind == ErrorKind::kTimeout &&
      defects.Active("ai-health.STEP-O.health:hanging-is-green"))
    return true;
  if (answer) memory.good_at = now;
  (answer ? memory.was_good : memory.was_bad) = true;
  return answer.has_value();
}

/// The status of a check that found the database away.
int AwayStatus(const App& app) {
  return app.defects.Active("ai-health.STEP-O.health:error-inside-200") ? 200 : 503;
}

}  // namespace

Reply<Response> Health(App& app, const Request&) {
  const bool stays_bad = app.defects.Active("ai-health.STEP-O.health:never-recovers") && app.health.was_bad;
  const bool constant = app.defects.Active("ai-health.STEP-O.health:root-constant");
  if (constant || (!stays_bad && DatabaseAnswers(app)))
    return Answer(200, {{"status", "healthy"}, {"debug", false}, {"database", "connected"}});
  return Answer(AwayStatus(app), {{"status", "unhealthy"}, {"debug", false}, {"database", "disconnected"}});
}

Reply<Response> Live(App& app, const Request&) {
  if (app.defects.Active("ai-health.STEP-O.health:liveness-depends") && !app.database.Ping(kPatience))
    return Answer(503, {{"ok", false}});
  return Answer(200, {{"ok", true}});
}

Reply<Response> Ready(App& app, const Request&) {
  if (DatabaseAnswers(app)) return Answer(200, {{"ok", true}, {"db", "ok"}});
  return Answer(AwayStatus(app), {{"ok", false}, {"db", "unavailable"}});
}

}  // namespace readiness::ai_health
