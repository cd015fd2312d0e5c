#pragma once
// Pulling a user's wearable data. Without consent to data analysis in force nothing is asked of the provider and
// nothing is stored; what a sync stores, it stores whole, once, with its provenance.

#include "app.h"

namespace readiness::ai_health {

Reply<Response> SyncProvider(App& app, const Request& request);

}  // namespace readiness::ai_health
