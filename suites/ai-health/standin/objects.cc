#include "objects.h"

#include <utility>

#include "audit.h"
#include "background.h"
#include "checkins.h"
#include "directory.h"
#include "experiments.h"
#include "inbox.h"
#include "plans.h"
#include "records.h"
#include "safety.h"

namespace readiness::ai_health {

Area ObjectAreas(App& app) {
  Area all;
  for (const auto make : {&Directory, &CheckIns, &Symptoms, &LabResults, &Interventions, &Protocols, &Experiments,
                          &Adherence, &Inbox, &Audit, &Safety, &Jobs, &Wearables}) {
    Area area = make(app);
    for (standin::Route& route : area.routes) all.routes.push_back(std::move(route));
    all.schemas.update(area.schemas);
  }
  all.schemas["Done"] = {{"type", "object"}, {"properties", {{"ok", {{"type", "boolean"}}}}}, {"required", {"ok"}}};
  return all;
}

}  // namespace readiness::ai_health
