#pragma once
// The overview of background jobs, which nobody's data is in, and the wearables' older operations, which only
// acknowledge.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area Jobs(App& app);
Area Wearables(App& app);

}  // namespace readiness::ai_health
