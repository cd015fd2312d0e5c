#pragma once
// How the service logs, from its environment, and what some defects write beside it.

#include "app.h"
#include "standin/http_server.h"

namespace readiness::ai_health {

/// Sets the format of the log and the request ids of `options`; `app` must outlive the server.
void ConfigureRequestLog(const App& app, standin::ServerOptions& options);

}  // namespace readiness::ai_health
