#pragma once
// What defects do to the loop's decisions. Healthy: nothing; each function then returns what it was given. Pure.

#include <optional>
#include <string>

#include "decision.h"
#include "standin/defects.h"

namespace readiness::ai_health {

/// The confidence that a decision is based on.
std::optional<double> ConfidenceUsed(const standin::Defects& defects, std::optional<double> stored, double effect_size);

/// Replaces the action of `decision` after the policy has been applied.
void ApplyDefects(const standin::Defects& defects, const std::string& verdict, std::optional<double> stored,
                  const standin::Json& details, Decision& decision);

/// What the row says, while the answer says `action`.
std::string StoredAction(const standin::Defects& defects, const std::string& verdict, const std::string& action);

}  // namespace readiness::ai_health
