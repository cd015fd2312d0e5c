#pragma once
// Looking for something to say about a user's data, and the feed of what was found. A metric whose baseline cannot be
// read is logged, named in the answer and passed over; what needs no baseline is still found.

#include "app.h"

namespace readiness::ai_health {

Reply<Response> RunInsights(App& app, const Request& request);
Reply<Response> InsightFeed(App& app, const Request& request);

}  // namespace readiness::ai_health
