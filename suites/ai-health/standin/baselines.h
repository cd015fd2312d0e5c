#pragma once
// What is usual for a user: mean and deviation of a metric over a window, kept in the table baselines. One row for each
// user, metric and window.

#include <vector>

#include "app.h"
#include "detectors.h"

namespace readiness::ai_health {

inline constexpr int kBaselineDays = 30;

/// The user's samples of the last `days` days, oldest first.
Result<std::vector<Sample>> ReadSamples(App& app, UserId user, const Metric& metric, int days);

/// The stored baseline over kBaselineDays days; nothing when none is stored.
Result<std::optional<Baseline>> FindBaseline(App& app, UserId user, const Metric& metric);

/// Computes the baseline from the samples there are and stores it; nothing when they are too few.
Result<std::optional<Baseline>> RecomputeBaseline(App& app, UserId user, const Metric& metric, int window_days);

/// POST /baselines/recompute
Reply<Response> RecomputeBaselineRoute(App& app, const Request& request);

}  // namespace readiness::ai_health
