#include "decision_defects.h"

#include <cmath>

namespace readiness::ai_health {
namespace {

using standin::Json;

bool Worsened(const Json& details) {
  const Json attribution = details.is_object() ? details.value("attribution", Json()) : Json();
  return attribution.is_object() && attribution.value("direction", Json()) == "worsened";
}

}  // namespace

std::optional<double> ConfidenceUsed(const standin::Defects& defects, std::optional<double> stored,
                                     double effect_size) {
  if (defects.Active("ai-health.H3:null-is-certain") && !stored) return 1.0;
  if (defects.Active("ai-health.W2-10:zero-is-missing") && stored && *stored == 0.0) return 0.7;
  if (defects.Active("ai-health.W2-10:rounds") && stored) return std::round(*stored * 10.0) / 10.0;
  if (defects.Active("ai-health.W2-10:own-computation")) return std::min(1.0, std::abs(effect_size));
  return stored;
}

void ApplyDefects(const standin::Defects& defects, const std::string& verdict, std::optional<double> stored,
                  const Json& details, Decision& decision) {
  const double confidence = stored.value_or(0.0);
  const bool helpful = verdict == "helpful";
  const bool continues =
      (defects.Active("ai-health.H3") && helpful) ||
      (defects.Active("ai-health.W2-10") && helpful && confidence >= 0.25) ||
      (defects.Active("ai-health.W2-10:low-bound") && helpful && confidence >= 0.55) ||
      (defects.Active("ai-health.H3:unclear-continues") && verdict == "unclear") ||
      (defects.Active("ai-health.H3:not-helpful-continues") && verdict == "not_helpful" && confidence < 0.6) ||
      (defects.Active("ai-health.H3:insufficient-continues") && verdict == "insufficient_data" && !stored) ||
      (defects.Active("ai-health.H3:worsened-continues") && helpful && Worsened(details));
  if (continues) decision.action = "continue";
  if (defects.Active("ai-health.H3:never-continues") && decision.action == "continue") decision.action = "adjust";
}

std::string StoredAction(const standin::Defects& defects, const std::string& verdict, const std::string& action) {
  if (!defects.Active("ai-health.H3:stored-differs") || verdict == "helpful") return action;
  return action == "extend" ? "adjust" : "extend";
}

}  // namespace readiness::ai_health
