#pragma once
// What to do next about an experiment, from the verdict of its evaluation. Conservative: doubt never means "continue".
// Pure.

#include <optional>
#include <string>

#include "standin/json.h"

namespace readiness::ai_health {

struct Decision {
  std::string action;  ///< continue, stop, adjust or extend
  std::string reason;
  std::string metadata;  ///< JSON text
};

/// `details` is the evaluation's own JSON object; its `attribution` and `interaction_note` are used when present.
Decision DecideNextStep(const std::string& verdict, double confidence, const standin::Json& details);

}  // namespace readiness::ai_health
