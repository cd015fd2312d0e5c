#pragma once
// Evaluating an experiment: the metric's daily means before it began against those since, with coverage and adherence.
// Only the experiment's owner may ask; each evaluation is stored.

#include "app.h"

namespace readiness::ai_health {

Reply<Response> EvaluateExperiment(App& app, const Request& request);
Reply<Response> ListEvaluations(App& app, const Request& request);

}  // namespace readiness::ai_health
