#include "detectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace readiness::ai_health {
namespace {

constexpr std::size_t kBaselinePoints = 5;
constexpr int kChangeDays = 7;
constexpr std::size_t kChangePoints = 5;
constexpr int kTrendDays = 14;
constexpr std::size_t kTrendPoints = 7;
constexpr double kTrendDeviations = 1.5;  // of the baseline, from one end of the window to the other
constexpr double kInstabilityRatio = 1.5;
constexpr int kRedFlagDays = 3;
constexpr double kModerate = 1.5;
constexpr double kStrong = 2.5;
constexpr double kFlat = 1e-5;

double Rounded(double value) {
  return std::round(value * 1000.0) / 1000.0;
}

double Mean(const std::vector<Sample>& samples) {
  const double sum = std::accumulate(samples.begin(), samples.end(), 0.0,
                                     [](double total, const Sample& sample) { return total + sample.value; });
  return sum / static_cast<double>(samples.size());
}

double Deviation(const std::vector<Sample>& samples, double mean) {
  double squares = 0;
  for (const Sample& sample : samples) squares += (sample.value - mean) * (sample.value - mean);
  return std::sqrt(squares / static_cast<double>(samples.size()));
}

std::vector<Sample> Last(const std::vector<Sample>& samples, int days) {
  std::vector<Sample> last;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(last),
               [days](const Sample& sample) { return sample.days_ago <= days; });
  return last;
}

double Coverage(const std::vector<Sample>& samples, int days) {
  std::set<long> seen;
  for (const Sample& sample : samples) seen.insert(static_cast<long>(std::floor(sample.days_ago)));
  return std::min(1.0, static_cast<double>(seen.size()) / days);
}

bool Beyond(const Level& level, double value) {
  return level.above ? value >= level.value : value <= level.value;
}

std::string StrengthOf(double effect) {
  return effect >= kStrong ? "strong" : effect >= kModerate ? "moderate" : "weak";
}

/// A finding about `window` with all that follows from it alone.
Finding About(const std::vector<Sample>& window, int days, double effect) {
  Finding finding;
  finding.window_days = days;
  finding.points = static_cast<int>(window.size());
  finding.coverage = Rounded(Coverage(window, days));
  finding.recent_mean = Rounded(Mean(window));
  finding.effect = Rounded(effect);
  finding.strength = StrengthOf(std::abs(effect));
  finding.confidence = Rounded(finding.coverage * std::min(0.95, 0.4 + 0.2 * std::abs(effect)));
  return finding;
}

std::optional<Finding> DetectPersistentLevel(const Metric& metric, const std::vector<Sample>& samples,
                                             const Baseline& baseline) {
  std::vector<Sample> window = Last(samples, kChangeDays);
  if (!metric.persistent || window.size() < kChangePoints) return std::nullopt;
  std::sort(window.begin(), window.end(),
            [](const Sample& left, const Sample& right) { return left.days_ago < right.days_ago; });
  window.resize(kChangePoints);
  const Level level = *metric.persistent;
  const bool all =
      std::all_of(window.begin(), window.end(), [&](const Sample& sample) { return Beyond(level, sample.value); });
  if (!all) return std::nullopt;
  const double effect = baseline.deviation > kFlat ? (Mean(window) - baseline.mean) / baseline.deviation : 0;
  Finding finding = About(window, kChangeDays, effect);
  finding.insight_type = "change";
  finding.detector = "persistent_level";
  finding.direction = level.above ? "up" : "down";
  finding.threshold = fmt::format("last {} values {} {}", kChangePoints, level.above ? ">=" : "<=", level.value);
  finding.threshold_value = level.value;
  return finding;
}

std::optional<Finding> DetectChange(const Metric& metric, const std::vector<Sample>& samples,
                                    const Baseline& baseline) {
  const std::vector<Sample> window = Last(samples, kChangeDays);
  if (window.size() < kChangePoints || baseline.deviation <= kFlat) return std::nullopt;
  const double z = (Mean(window) - baseline.mean) / baseline.deviation;
  if (std::abs(z) < metric.change_threshold) return std::nullopt;
  Finding finding = About(window, kChangeDays, z);
  finding.insight_type = "change";
  finding.detector = "change";
  finding.direction = z > 0 ? "up" : "down";
  finding.threshold = fmt::format("|z| >= {}", metric.change_threshold);
  finding.threshold_value = metric.change_threshold;
  return finding;
}

/// Least-squares slope in units per day.
double Slope(const std::vector<Sample>& samples) {
  const double mean = Mean(samples);
  double mean_day = 0;
  for (const Sample& sample : samples) mean_day -= sample.days_ago / static_cast<double>(samples.size());
  double covariance = 0;
  double variance = 0;
  for (const Sample& sample : samples) {
    const double day = -sample.days_ago - mean_day;
    covariance += day * (sample.value - mean);
    variance += day * day;
  }
  return variance > kFlat ? covariance / variance : 0;
}

std::optional<Finding> DetectTrend(const std::vector<Sample>& samples, const Baseline& baseline) {
  const std::vector<Sample> window = Last(samples, kTrendDays);
  if (window.size() < kTrendPoints || baseline.deviation <= kFlat) return std::nullopt;
  const double slope = Slope(window);
  const double effect = slope * kTrendDays / baseline.deviation;
  if (std::abs(effect) < kTrendDeviations) return std::nullopt;
  Finding finding = About(window, kTrendDays, effect);
  finding.insight_type = "trend";
  finding.detector = "trend";
  finding.direction = slope > 0 ? "up" : "down";
  finding.threshold = fmt::format("|slope| * {} >= {} std", kTrendDays, kTrendDeviations);
  finding.threshold_value = kTrendDeviations;
  finding.slope_per_day = Rounded(slope);
  return finding;
}

std::optional<Finding> DetectInstability(const std::vector<Sample>& samples, const Baseline& baseline) {
  const std::vector<Sample> window = Last(samples, kTrendDays);
  if (window.size() < kTrendPoints || baseline.deviation <= kFlat) return std::nullopt;
  const double ratio = Deviation(window, Mean(window)) / baseline.deviation;
  if (ratio < kInstabilityRatio) return std::nullopt;
  Finding finding = About(window, kTrendDays, ratio);
  finding.insight_type = "instability";
  finding.detector = "instability";
  finding.threshold = fmt::format("recent std / baseline std >= {}", kInstabilityRatio);
  finding.threshold_value = kInstabilityRatio;
  finding.instability_ratio = Rounded(ratio);
  return finding;
}

}  // namespace

std::optional<Baseline> ComputeBaseline(const std::vector<Sample>& samples, int window_days) {
  const std::vector<Sample> window = Last(samples, window_days);
  if (window.size() < kBaselinePoints) return std::nullopt;
  const double mean = Mean(window);
  return Baseline{0, Rounded(mean), Rounded(Deviation(window, mean)), window_days};
}

std::optional<Finding> DetectRedFlag(const Metric& metric, const std::vector<Sample>& samples) {
  const std::vector<Sample> window = Last(samples, kRedFlagDays);
  if (!metric.red_flag || window.empty()) return std::nullopt;
  const Level level = *metric.red_flag;
  const double mean = Mean(window);
  if (level.above ? mean <= level.value : mean >= level.value) return std::nullopt;
  Finding finding = About(window, kRedFlagDays, 0);
  finding.insight_type = "safety";
  finding.detector = "red_flag";
  finding.direction = level.above ? "up" : "down";
  finding.strength = "strong";
  finding.confidence = 1.0;
  finding.threshold = fmt::format("{}-day mean {} {}", kRedFlagDays, level.above ? ">" : "<", level.value);
  finding.threshold_value = level.value;
  return finding;
}

std::optional<Finding> DetectAgainstBaseline(const Metric& metric, const std::vector<Sample>& samples,
                                             const Baseline& baseline) {
  if (auto finding = DetectPersistentLevel(metric, samples, baseline)) return finding;
  if (auto finding = DetectChange(metric, samples, baseline)) return finding;
  if (auto finding = DetectTrend(samples, baseline)) return finding;
  return DetectInstability(samples, baseline);
}

}  // namespace readiness::ai_health
