#pragma once
// Daily check-ins: one per user and day, addressed by the day, so that everybody's path means their own.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area CheckIns(App& app);

}  // namespace readiness::ai_health
