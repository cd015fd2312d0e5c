#pragma once
// Accounts as others may ask for them. An ordinary caller's directory holds one account: their own.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area Directory(App& app);

}  // namespace readiness::ai_health
