#pragma once
// The metrics that the platform knows: canonical unit, plausible bounds, and from which values on something is said
// about them. Immutable tables; any thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace readiness::ai_health {

/// A value at which something is worth saying, in the canonical unit.
struct Level {
  double value = 0;
  bool above = true;  ///< false: at or below it
};

struct Metric {
  const char* key;
  const char* name;  ///< in sentences: "resting heart rate"
  const char* unit;
  double least;
  double most;
  double change_threshold;           ///< |z| from which a shift counts as a change
  std::optional<Level> persistent;   ///< every one of the last 5 values
  std::optional<Level> red_flag;     ///< the mean of the last 3 days
  const char* red_flag_action = "";  ///< what the safety rules ask for
};

/// In the order in which a run looks at them.
std::span<const Metric> AllMetrics();

/// Nothing for an unknown key.
const Metric* FindMetric(std::string_view key);

/// `value` in the canonical unit of `metric`; nothing when `unit` does not measure it.
std::optional<double> ToCanonicalUnit(const Metric& metric, double value, std::string unit);

}  // namespace readiness::ai_health
