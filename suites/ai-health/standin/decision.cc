#include "decision.h"

#include <cmath>
#include <utility>

#include "claims.h"

namespace readiness::ai_health {
namespace {

using standin::Json;

constexpr int kContinueLevel = 4;
constexpr int kAdjustLevel = 3;
constexpr double kStopConfidence = 0.5;
constexpr double kStopEffect = 0.5;

/// JSON text with a blank after every colon and comma, as the real system stores it.
std::string SpacedJson(const Json& value) {
  if (!value.is_object()) return standin::Compact(value);
  std::string text = "{";
  for (const auto& [name, member] : value.items()) {
    if (text.size() > 1) text += ", ";
    text += standin::Compact(Json(name)) + ": " + SpacedJson(member);
  }
  return text + "}";
}

std::pair<std::string, std::string> ActionAndReason(const std::string& verdict, double confidence,
                                                    const Json& attribution, const Json& interaction_note) {
  const double effect = attribution.is_object() ? attribution.value("effect_size", 0.0) : 0.0;
  const bool worsened = attribution.is_object() && attribution.value("direction", Json()) == "worsened";
  if (verdict == "helpful" && interaction_note.is_string() && interaction_note != "")
    return {"adjust", interaction_note.get<std::string>()};
  if (verdict == "harmful" || (worsened && std::abs(effect) >= kStopEffect && confidence >= kStopConfidence))
    return {"stop", "Evidence suggests this intervention may be worsening the target metric."};
  if (verdict == "helpful" && ActionAllowed(LevelOf(confidence), "continue")) {
    const Json lag = attribution.is_object() ? attribution.value("best_lag_days", Json()) : Json();
    const std::string known_lag = lag.is_number() ? " (best lag " + standin::Compact(lag) + "d)" : "";
    return {"continue", "Helpful effect observed" + known_lag + ". Continue and monitor."};
  }
  if (verdict == "not_helpful")
    return {"stop", "No meaningful benefit detected. Stop and consider alternative intervention."};
  if (verdict == "insufficient_data")
    return {"extend", "Insufficient data coverage/adherence. Extend experiment duration and collect more data."};
  return {"adjust",
          "Effect is unclear. Adjust timing/dose or reduce confounders (e.g., caffeine/alcohol) and re-evaluate."};
}

}  // namespace

bool ActionAllowed(int level, const std::string& action) {
  if (action == "continue") return level >= kContinueLevel;
  if (action == "adjust") return level >= kAdjustLevel;
  return action == "extend" || action == "stop";
}

Decision DecideNextStep(const std::string& verdict, std::optional<double> confidence, const Json& details) {
  const bool has_details = details.is_object();
  const Json attribution = has_details ? details.value("attribution", Json()) : Json();
  const Json note = has_details ? details.value("interaction_note", Json()) : Json();
  auto [action, reason] = ActionAndReason(verdict, confidence.value_or(0.0), attribution, note);
  if (!ActionAllowed(LevelOf(confidence), action)) {
    action = "extend";
    reason = "Confidence is too low for a change. Extend experiment duration and collect more data.";
  }
  Json stated;
  if (attribution.is_object() && !attribution.empty()) {
    stated = {{"direction", attribution.value("direction", Json())},
              {"effect_size", attribution.value("effect_size", 0.0)},
              {"best_lag_days", attribution.value("best_lag_days", Json())}};
  }
  const Json metadata = {{"verdict", verdict},
                         {"confidence", confidence.value_or(0.0)},
                         {"attribution", stated},
                         {"notes", "Conservative decision logic. Not medical advice."}};
  return {std::move(action), std::move(reason), SpacedJson(metadata)};
}

}  // namespace readiness::ai_health
