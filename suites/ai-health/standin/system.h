#pragma once
// What the running service says about itself: mode, authentication, provider, safety, translation.

#include "app.h"

namespace readiness::ai_health {

Reply<Response> SystemStatus(App& app, const Request& request);

}  // namespace readiness::ai_health
