#pragma once
// The stand-in's one route table: every operation, its handler and its documentation.

#include <vector>

#include "app.h"
#include "standin/routes.h"

namespace readiness::ai_health {

/// All routes; `app` must outlive them.
std::vector<standin::Route> MakeRoutes(App& app);

}  // namespace readiness::ai_health
