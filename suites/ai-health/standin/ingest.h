#pragma once
// Taking in health data: each point is checked against the metric's unit and bounds, sound ones are stored as the
// caller's own whatever user the body names, and the baselines that they touch are computed anew.

#include "app.h"

namespace readiness::ai_health {

Reply<Response> IngestBatch(App& app, const Request& request);

}  // namespace readiness::ai_health
