#pragma once
// Routes and schemas of health data, baselines, insights and their explanations, and of what the service says about
// itself.

#include <vector>

#include "app.h"
#include "standin/routes.h"

namespace readiness::ai_health {

std::vector<standin::Route> InsightRoutes(App& app);

/// For components/schemas of the OpenAPI document; includes those of the health checks.
standin::Json InsightSchemas();

}  // namespace readiness::ai_health
