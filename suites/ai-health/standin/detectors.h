#pragma once
// What is worth telling a user about one metric: pure functions from samples and a baseline to a finding, with the
// numbers that led to it. A finding is never made of fewer points than its detector needs.

#include <optional>
#include <string>
#include <vector>

#include "metrics.h"

namespace readiness::ai_health {

struct Sample {
  double days_ago = 0;
  double value = 0;
};

struct Baseline {
  std::int64_t id = 0;
  double mean = 0;
  double deviation = 0;
  int window_days = 30;
};

/// Mean and (population) deviation of `samples`; nothing of fewer than 5.
std::optional<Baseline> ComputeBaseline(const std::vector<Sample>& samples, int window_days);

/// One thing to say, with its evidence. Numbers are rounded to three places, so that every text about them agrees.
struct Finding {
  std::string insight_type;  ///< change, trend, instability or safety
  std::string detector;
  std::string direction;  ///< up or down; empty for instability
  std::string strength;   ///< weak, moderate or strong
  std::string status = "detected";
  std::string threshold;  ///< in words: "|z| >= 1.3"
  double threshold_value = 0;
  int window_days = 0;
  int points = 0;
  double coverage = 0;  ///< days with data of the window's days
  double confidence = 0;
  double effect = 0;  ///< in units of the baseline's deviation
  double recent_mean = 0;
  std::optional<double> slope_per_day;
  std::optional<double> instability_ratio;
};

/// The mean of the last 3 days is beyond the metric's red flag. Needs no baseline.
std::optional<Finding> DetectRedFlag(const Metric& metric, const std::vector<Sample>& samples);

/// The first of persistent level, change, trend and instability that shows in `samples` (of the last 14 days).
std::optional<Finding> DetectAgainstBaseline(const Metric& metric, const std::vector<Sample>& samples,
                                             const Baseline& baseline);

}  // namespace readiness::ai_health
