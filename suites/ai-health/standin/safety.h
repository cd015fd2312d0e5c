#pragma once
// What is known of the safety of interventions: a small registry with contraindications and interactions. It labels and
// blocks; it neither diagnoses nor prescribes. Pure, but for the public operation that asks it.

#include <string>

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

struct SafetyDecision {
  bool allowed = true;
  std::string risk;            ///< low, moderate, high
  std::string boundary;        ///< informational, lifestyle, experiment
  std::string evidence_grade;  ///< A to D
  standin::Json issues = standin::Json::array();
};

/// `flags` maps words such as "pregnant" to whether they hold; empty requests mean the registry's own answer.
SafetyDecision EvaluateSafety(const std::string& intervention_key, const standin::Json& flags,
                              const std::string& requested_boundary = {}, const std::string& requested_evidence = {});

/// The order of risks and of boundaries, least first.
int RiskRank(const std::string& risk);
int BoundaryRank(const std::string& boundary);

Area Safety(App& app);

}  // namespace readiness::ai_health
