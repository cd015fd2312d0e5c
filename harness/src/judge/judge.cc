#include "judge/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "judge/one_line.h"

namespace readiness {
namespace {

std::string Plural(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

Judgement Inconclusive(std::string_view reason) {
  return {Outcome::kInconclusive, OneLine(reason)};
}

std::string Unsatisfied(const Control& control) {
  return fmt::format("control \"{}\" was not satisfied: {}", control.id,
                     control.seen.empty() ? "nothing was noted as seen" : control.seen);
}

std::optional<std::string> FirstUnsatisfiedControl(const Demands& demands, const Findings& findings) {
  // The one that was seen to fail is why others were not tried at all.
  for (const Control& control : findings.controls()) {
    if (!control.satisfied) return Unsatisfied(control);
  }
  for (const auto& [id, shows] : demands.controls) {
    const bool recorded = std::any_of(findings.controls().begin(), findings.controls().end(),
                                      [&id = id](const Control& control) { return control.id == id; });
    if (!recorded) return fmt::format("control \"{}\" was not recorded; it shows: {}", id, shows);
  }
  return std::nullopt;
}

// A violation seen in any attempt is a violation; what could not be judged once is not mended by judging it later.
int Rank(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return 0;
    case Outcome::kNotApplicable:
      return 1;
    case Outcome::kManual:
      return 2;
    case Outcome::kInconclusive:
      return 3;
    case Outcome::kFail:
      return 4;
  }
  return 3;
}

}  // namespace

Judgement Judge(const Demands& demands, const Findings& findings, const std::optional<Error>& error) {
  if (const auto& violations = findings.violations(); !violations.empty()) {
    std::string headline = OneLine(violations.front().what);
    if (headline.empty()) headline = "violation without a headline";
    if (violations.size() > 1) headline += fmt::format(" (and {})", Plural(violations.size() - 1, "further violation"));
    return {Outcome::kFail, headline};
  }
  if (error) {
    const std::string brief = OneLine(error->Brief());
    return Inconclusive(brief.empty() ? "the probe ended with an error that says nothing" : brief);
  }
  if (const std::optional<std::string> control = FirstUnsatisfiedControl(demands, findings))
    return Inconclusive(*control);
  // Whatever the item says: a probe that looked at nothing has shown nothing.
  const auto needed = static_cast<std::size_t>(std::max(1, demands.minimum_observations));
  const std::size_t seen = findings.observations().size();
  if (seen < needed) return Inconclusive(fmt::format("{}, at least {} needed", Plural(seen, "observation"), needed));
  return {Outcome::kPass,
          fmt::format("{}, {}", Plural(findings.controls().size(), "control"), Plural(seen, "observation"))};
}

Judgement Combine(const std::vector<Attempt>& attempts) {
  if (attempts.empty()) return {Outcome::kInconclusive, "no attempt was made"};
  const auto worst = std::max_element(attempts.begin(), attempts.end(), [](const Attempt& a, const Attempt& b) {
    return Rank(a.outcome) < Rank(b.outcome);
  });
  return {worst->outcome, worst->reason};
}

}  // namespace readiness
