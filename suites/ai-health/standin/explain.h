#pragma once
// Why an insight was produced: the sources that were stored with it. For anybody but its owner it does not exist.

#include "app.h"

namespace readiness::ai_health {

Reply<Response> ExplainInsight(App& app, const Request& request);

}  // namespace readiness::ai_health
