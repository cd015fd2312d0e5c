#pragma once
// All areas of objects that belong to a user, and the few public operations beside them.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area ObjectAreas(App& app);

}  // namespace readiness::ai_health
