#pragma once
// Does a text speak of a stored value? Pure.

#include <string_view>

#include "readiness/findings.h"

namespace readiness::probes::explanation_parts {

/// Does `value` occur in `text` as a word of its own? Letter case does not matter, and "resting_hr" is also found as
/// "resting hr". A number is found as it would be rounded to the digits that the text gives: 435.27 as "435.3". Nothing
/// mentions null, an empty text, an object or a list.
bool Mentions(std::string_view text, const Json& value);

/// Is there anything to mention?
bool IsEvidence(const Json& value);

}  // namespace readiness::probes::explanation_parts
