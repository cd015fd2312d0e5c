#include "background.h"

#include "access.h"
#include "answers.h"

namespace readiness::ai_health {
namespace {

Reply<Response> ListJobs(App&, const Request&) {
  return Answer(200, {{"ok", true}, {"enabled", false}, {"running", false}, {"jobs", Json::array()}});
}

Reply<Response> SyncWearables(App&, const Request&, UserId caller) {
  return Answer(200, {{"status", "syncing"}, {"user_id", caller}});
}

Reply<Response> ConnectWearable(App&, const Request& request, UserId) {
  if (!request.Query("code")) return End(Invalid());
  return Answer(200, {{"status", "connected"}, {"wearable", request.path_parameters.at("wearable")}});
}

}  // namespace

Area Jobs(App& app) {
  Area area;
  area.routes = {Public(app, "GET", "/api/v1/jobs", &ListJobs,
                        {.id = "list_jobs", .summary = "Background jobs", .tag = "jobs", .answers = {{200, ""}}})};
  return area;
}

Area Wearables(App& app) {
  Area area;
  area.routes = {
      Private(app, "POST", "/api/v1/wearables/sync", &SyncWearables,
              {.id = "sync_wearables", .summary = "Acknowledged only", .tag = "wearables", .answers = {{200, ""}}},
              TokenStyle::kCurrentAccount),
      Private(app, "POST", "/api/v1/wearables/connect/{wearable}", &ConnectWearable,
              {.id = "connect_wearable",
               .summary = "Acknowledged only",
               .tag = "wearables",
               .parameters = {PathParameter("wearable", "string"), QueryParameter("code", true, {{"type", "string"}})},
               .answers = {{200, ""}, {422, "Failure"}}},
              TokenStyle::kCurrentAccount)};
  return area;
}

}  // namespace readiness::ai_health
