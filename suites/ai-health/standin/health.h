#pragma once
// Is the service alive, and can it work. Unlike the audited system's, its statements about the database are looked up.

#include "app.h"

namespace readiness::ai_health {

Reply<Response> Health(App& app, const Request& request);
Reply<Response> Live(App& app, const Request& request);
Reply<Response> Ready(App& app, const Request& request);

}  // namespace readiness::ai_health
