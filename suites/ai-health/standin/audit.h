#pragma once
// The audit trail of a user: which decisions the platform made about them and from what.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area Audit(App& app);

}  // namespace readiness::ai_health
