#pragma once
// Symptoms and lab results: what a user writes down about their health, one by one.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area Symptoms(App& app);
Area LabResults(App& app);

}  // namespace readiness::ai_health
