#include "wording.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>

namespace readiness::ai_health {
namespace {

std::string Capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string Quantity(const Metric& metric, double value) {
  const std::string unit = metric.unit;
  return unit == "count" || unit == "score_1_5" ? fmt::format("{}", value) : fmt::format("{} {}", value, unit);
}

/// The observation, without any claim: "a shift below baseline (...)".
std::string Observation(const Metric& metric, const Finding& finding, const Baseline& baseline) {
  const bool up = finding.direction == "up";
  const std::string recent = Quantity(metric, finding.recent_mean);
  if (finding.detector == "red_flag")
    return fmt::format("a {}-day average of {}, outside the range that needs no attention", finding.window_days,
                       recent);
  if (finding.detector == "persistent_level")
    return fmt::format("values that have stayed {} for several days ({} on average)", up ? "high" : "low", recent);
  if (finding.detector == "trend")
    return fmt::format("a {} trend over {} days", up ? "rising" : "falling", finding.window_days);
  if (finding.detector == "instability")
    return fmt::format("more variation than usual over {} days", finding.window_days);
  return fmt::format("a {} shift {} the baseline ({} on average over {} days, {} before)", finding.strength,
                     up ? "above" : "below", recent, finding.window_days, Quantity(metric, baseline.mean));
}

std::string Claim(const std::string& name, const std::string& observation, Grade grade) {
  switch (grade) {
    case Grade::kA:
      return fmt::format("Your {} shows {}.", name, observation);
    case Grade::kB:
      return fmt::format("Your {} shows {}. This may be chance.", name, observation);
    case Grade::kC:
      return fmt::format("Your {} possibly shows {}. This may be chance.", name, observation);
    case Grade::kD:
      break;
  }
  return fmt::format("Your {} could indicate {}. This is uncertain.", name, observation);
}

std::string Uncertainty(const Finding& finding, Grade grade) {
  const std::string basis = fmt::format("Based on {} values covering {:.0f}% of {} days.", finding.points,
                                        finding.coverage * 100, finding.window_days);
  if (grade == Grade::kA) return basis + " The evidence is strong, but says nothing about the reason.";
  return basis + " The evidence is limited: this might be chance, and the reason is unclear.";
}

std::string NextStep(const Metric& metric, const Finding& finding) {
  const std::string action = finding.insight_type == "safety" ? metric.red_flag_action : "";
  if (action == "seek_care_now") return "Please contact a doctor or an emergency service today.";
  if (action == "contact_doctor") return "Please talk to a doctor about this.";
  return fmt::format("Keep recording your {} to see whether this stays.", metric.name);
}

}  // namespace

Grade GradeOf(const Finding& finding) {
  return GradeOf(finding.confidence, finding.points, finding.coverage, std::abs(finding.effect));
}

Wording Describe(const Metric& metric, const Finding& finding, const Baseline& baseline, Grade grade) {
  const std::string observation = Observation(metric, finding, baseline);
  const std::string kind = finding.insight_type == "safety"
                               ? "values that need attention"
                               : fmt::format("{} {}", finding.strength, finding.insight_type);
  Wording wording;
  wording.title = fmt::format("{}: {} detected", Capitalised(metric.name), kind);
  wording.summary = Claim(metric.name, observation, grade);
  wording.explanation = fmt::format(
      "The recent values of your {} were compared with {}. What was seen is {}.", metric.name,
      baseline.id > 0 ? fmt::format("your baseline of {} days", baseline.window_days) : std::string("fixed limits"),
      observation);
  wording.uncertainty = Uncertainty(finding, grade);
  wording.suggested_next_step = NextStep(metric, finding);
  return wording;
}

}  // namespace readiness::ai_health
