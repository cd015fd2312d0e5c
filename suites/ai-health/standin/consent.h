#pragma once
// The consent of a user: given, read, completed, withdrawn. Records are only ever added; the newest one is in force, so
// a withdrawal is a record that no longer consents to data analysis.

#include "app.h"

namespace readiness::ai_health {

/// Whether the newest consent record of `user` allows to analyse data.
Result<bool> ConsentsToAnalysis(standin::Transaction& transaction, UserId user);
Result<bool> ConsentsToAnalysis(standin::Database& database, UserId user);

Reply<Response> GetConsent(App& app, const Request& request);
Reply<Response> GiveConsent(App& app, const Request& request);
Reply<Response> CompleteOnboarding(App& app, const Request& request);
Reply<Response> WithdrawConsent(App& app, const Request& request);

}  // namespace readiness::ai_health
