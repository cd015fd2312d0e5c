#pragma once
// Experiments of a user and how they kept to them. Evaluating one is evaluation.h.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area Experiments(App& app);
Area Adherence(App& app);

}  // namespace readiness::ai_health
