#pragma once
// The only place where an outcome is concluded. Pure.

#include <map>
#include <optional>
#include <string>

#include "judge/record.h"

namespace readiness {

struct Judgement {
  Outcome outcome = Outcome::kInconclusive;
  std::string reason;
};

/// What an item demands before it can pass.
struct Demands {
  std::map<std::string, std::string> controls;  ///< id -> what it shows, from probe.json
  int minimum_observations = 1;
};

/// Any violation -> fail. Else the probe's error, a declared control that is missing or not satisfied, any control not
/// satisfied, or too few observations -> inconclusive. Else pass.
Judgement Judge(const Demands& demands, const Findings& findings, const std::optional<Error>& error);

/// The outcome that stands after several attempts in one run, and its reason: the first fail, else the first
/// inconclusive, else the first manual, else the first not_applicable, else pass. An empty list is inconclusive.
Judgement Combine(const std::vector<Attempt>& attempts);

}  // namespace readiness
