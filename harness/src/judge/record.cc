#include "judge/record.h"

#include <fmt/format.h>

#include <array>

#include "judge/one_line.h"

namespace readiness {
namespace {

constexpr std::array<std::pair<Outcome, std::string_view>, 5> kOutcomes = {{
    {Outcome::kPass, "pass"},
    {Outcome::kFail, "fail"},
    {Outcome::kInconclusive, "inconclusive"},
    {Outcome::kNotApplicable, "not_applicable"},
    {Outcome::kManual, "manual"},
}};

}  // namespace

std::string_view ToString(Outcome outcome) {
  for (const auto& [value, word] : kOutcomes) {
    if (value == outcome) return word;
  }
  return "inconclusive";
}

Result<Outcome> ParseOutcome(std::string_view word) {
  for (const auto& [value, known] : kOutcomes) {
    if (known == word) return value;
  }
  return Fail({ErrorKind::kMalformed,
               "unknown outcome",
               std::nullopt,
               "pass, fail, inconclusive, not_applicable or manual",
               fmt::format("\"{}\"", OneLine(word, 80)),
               {}});
}

int ExitCode(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return 0;
    case Outcome::kFail:
      return 1;
    case Outcome::kInconclusive:
    case Outcome::kManual:
      return 3;
    case Outcome::kNotApplicable:
      return 77;
  }
  return 3;
}

}  // namespace readiness
