#pragma once
// Regular expressions found in foreign source. Time is linear in the text. Pure; any thread.

#include <string>
#include <string_view>

#include "readiness/result.h"

namespace readiness {

/// Does the whole of `text` match? Errors: kMalformed (a pattern that is wrong, or uses what only backtracking can do,
/// such as looking ahead).
Result<bool> MatchesWhole(const std::string& pattern, std::string_view text);
/// Does some part of `text` match? Errors as above.
Result<bool> MatchesPart(const std::string& pattern, std::string_view text);

}  // namespace readiness
