#pragma once
// The loop's decision about an evaluation: continue, stop, adjust or extend. Only the evaluation's owner may ask for
// one; for anybody else it does not exist.

#include "app.h"

namespace readiness::ai_health {

Reply<Response> RunLoopDecision(App& app, const Request& request);

}  // namespace readiness::ai_health
