#pragma once
// What to do next about an experiment, from the verdict of its evaluation and the confidence in it. Conservative: doubt
// never means "continue", and no action is taken that the claim policy does not allow at that confidence. Pure.

#include <optional>
#include <string>

#include "standin/json.h"

namespace readiness::ai_health {

struct Decision {
  std::string action;  ///< continue, stop, adjust or extend
  std::string reason;
  std::string metadata;  ///< JSON text
};

/// Whether the policy allows `action` at `level` (claims.h). "continue" is its continue_protocol (from level 4 up) and
/// "adjust", which begins another trial, its suggest_experiment (from level 3 up); "extend" and "stop" ask for nothing
/// new and are always allowed.
bool ActionAllowed(int level, const std::string& action);

/// `details` is the evaluation's own JSON object; its `attribution` and `interaction_note` are used when present.
/// No confidence counts as the lowest.
Decision DecideNextStep(const std::string& verdict, std::optional<double> confidence, const standin::Json& details);

}  // namespace readiness::ai_health
