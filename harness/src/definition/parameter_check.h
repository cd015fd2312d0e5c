#pragma once
// Values of probe parameters against their descriptions. Pure.

#include <optional>
#include <string_view>

#include "definition/definition.h"
#include "definition/problems.h"

namespace readiness {

/// `value` as JSON if it is of `type`; else records why not. `label` is what messages call it.
std::optional<Json> CheckParameterValue(const LocatedJson& value, ParameterType type, std::string_view label,
                                        Problems& problems);

/// The parameters of an item for `probe`: those in `given` (null: none) checked, defaults filled in. `item_at` is where
/// missing ones are reported when there is no `given`.
Json CheckParameters(const LocatedJson* given, const ProbeDescription& probe, At item_at, Problems& problems);

}  // namespace readiness
