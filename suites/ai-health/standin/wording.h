#pragma once
// What a finding is said to mean, in plain sentences that the claim policy allows at the finding's grade. The same
// numbers always give the same text. Pure.

#include <string>

#include "claims.h"
#include "detectors.h"

namespace readiness::ai_health {

struct Wording {
  std::string title;
  std::string summary;  ///< the claim itself
  std::string explanation;
  std::string uncertainty;
  std::string suggested_next_step;
};

Wording Describe(const Metric& metric, const Finding& finding, const Baseline& baseline, Grade grade);

Grade GradeOf(const Finding& finding);

}  // namespace readiness::ai_health
