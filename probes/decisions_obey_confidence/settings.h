#pragma once
// What an item of this probe says, typed and checked. Values only.

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "readiness/http.h"
#include "readiness/parameters.h"

namespace readiness::probes::decision_parts {

/// One evaluation to decide on.
struct Case {
  std::string verdict;
  std::optional<double> confidence;  ///< nothing: the evaluation has none
  std::string direction;

  /// "helpful with confidence 0.3, worsened"
  std::string Text() const;
  friend bool operator==(const Case&, const Case&) = default;
};

/// What may be done from a confidence on, up to the next range.
struct PolicyRange {
  double from = 0;
  std::set<std::string> allowed;  ///< policy words
};

/// A case that is so well supported that it has to lead to one of these decisions.
struct TrustedCase {
  Case evaluation;
  std::set<std::string> decisions;
};

/// How to have the target compute an evaluation itself.
struct Computation {
  std::vector<std::string> prepare;
  std::string evaluate;
  std::string confidence_at;  ///< JSON pointer into the answer of evaluate
  std::string read;
  std::string read_as;  ///< capture of `read` that holds the computed confidence
};

struct Settings {
  std::string identity, store_evaluation, decide, decision_at, read_decisions, decisions_as;
  StatusSet decided_with;
  std::vector<std::string> prepare, used_confidence_at;
  std::map<std::string, std::string> meaning;  ///< decision word -> policy word
  std::vector<PolicyRange> policy;             ///< ascending from 0
  std::set<std::string> allowed_without;       ///< policy words allowed without confidence
  std::vector<Case> cases;                     ///< those of `trusted` included, each once
  std::vector<TrustedCase> trusted;
  std::optional<Computation> computation;
  std::chrono::milliseconds late_effects_within{0};

  const std::set<std::string>& AllowedAt(const std::optional<double>& confidence) const;
};

/// Errors: kDefinition with the place in the parameters.
Result<Settings> ReadSettings(const Parameters& parameters);

}  // namespace readiness::probes::decision_parts
