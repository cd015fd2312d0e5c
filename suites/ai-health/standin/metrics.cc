#include "metrics.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace readiness::ai_health {
namespace {

constexpr Level AtMost(double value) {
  return {value, false};
}
constexpr Level AtLeast(double value) {
  return {value, true};
}

constexpr std::array<Metric, 8> kMetrics = {{
    {"sleep_duration", "sleep duration", "minutes", 0, 1000, 1.3, AtMost(240), AtMost(240), "contact_doctor"},
    {"sleep_efficiency", "sleep efficiency", "percent", 0, 100, 1.3, {}, {}},
    {"resting_hr", "resting heart rate", "bpm", 20, 200, 1.2, AtLeast(100), AtLeast(110), "seek_care_now"},
    {"hrv_rmssd", "heart rate variability", "ms", 0, 300, 1.3, AtMost(20), AtMost(15), "monitor"},
    {"steps", "step count", "count", 0, 100'000, 1.5, {}, {}},
    {"sleep_quality", "sleep quality", "score_1_5", 1, 5, 1.2, {}, {}},
    {"energy", "energy", "score_1_5", 1, 5, 1.2, {}, {}},
    {"stress", "stress", "score_1_5", 1, 5, 1.2, {}, {}},
}};

struct Unit {
  std::string_view metric_unit;
  std::string_view name;
  double factor;
};
constexpr Unit kUnits[] = {
    {"minutes", "min", 1},          {"minutes", "hours", 60},  {"minutes", "hr", 60},     {"minutes", "hrs", 60},
    {"minutes", "h", 60},           {"percent", "%", 1},       {"percent", "ratio", 100}, {"percent", "decimal", 100},
    {"bpm", "beats_per_minute", 1}, {"ms", "milliseconds", 1}, {"ms", "s", 1000},         {"ms", "seconds", 1000},
    {"count", "steps", 1},
};

}  // namespace

std::span<const Metric> AllMetrics() {
  return kMetrics;
}

const Metric* FindMetric(std::string_view key) {
  const auto found =
      std::find_if(kMetrics.begin(), kMetrics.end(), [&](const Metric& metric) { return metric.key == key; });
  return found == kMetrics.end() ? nullptr : &*found;
}

std::optional<double> ToCanonicalUnit(const Metric& metric, double value, std::string unit) {
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (unit == metric.unit) return value;
  for (const Unit& each : kUnits) {
    if (each.metric_unit == metric.unit && each.name == unit) return value * each.factor;
  }
  return std::nullopt;
}

}  // namespace readiness::ai_health
