#pragma once
// The claim policy as a command: sentences in, verdicts out. It is the policy that the feed uses, in a process of its
// own.

#include <string>

#include "standin/defects.h"

namespace readiness::ai_health {

/// Reads {"sentences": [{"text": .., "grade": "A".."D"} | {"text": .., "level": 1..5}, ...]} and returns {"verdicts":
/// [{"accepted": .., "reasons": [..]}, ...]}, one for each in the same order. Errors: kUsage for any other input.
Result<std::string> CheckClaims(const std::string& input, const standin::Defects& defects);

}  // namespace readiness::ai_health
