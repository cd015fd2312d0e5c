#pragma once
// Compares an answer with what a step expects of it. Knows nothing of rows, calls or outcomes. Pure.

#include <string>
#include <vector>

#include "readiness/http.h"
#include "script.h"
#include "text.h"

namespace readiness::probes::scenario_parts {

/// One expectation, compared.
struct Check {
  enum class State { kMet, kUnmet, kUndecidable };
  State state = State::kMet;
  bool prohibits = false;  ///< says what must not be; means something whatever the status
  std::string what;        ///< what is wrong when it is unmet, as a headline
  std::string expected;
  std::string actual;
};

/// The status. 429 and 5xx that are not expected are undecidable: they say nothing of the matter.
Check CheckStatus(const Expectations& expect, const HttpResponse& answer);

/// json, headers, never_contains and within_ms. Errors: those of filling in placeholders, kDefinition when a text that
/// must not be shown is too short once filled in.
Result<std::vector<Check>> CheckAnswer(const Expectations& expect, const Exchange& exchange, const Cast& cast);

/// What an attempt must not show and none of `shown` shows either, each as a phrase.
Result<std::vector<std::string>> NeverShown(const Expectations& expect, const std::vector<HttpResponse>& shown,
                                            const Cast& cast);

}  // namespace readiness::probes::scenario_parts
