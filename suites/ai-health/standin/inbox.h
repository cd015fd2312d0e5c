#pragma once
// Messages to a user. The platform writes them; users read them and mark them as read.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area Inbox(App& app);

}  // namespace readiness::ai_health
