#pragma once
// Do two answers tell the same, but for the ids that were asked for and for what changes from one answer to the next (a
// time, a request's id)? Pure.

#include <string>
#include <vector>

#include "readiness/openapi.h"

namespace readiness::probes::stranger_parts {

/// What `exchange` has in the places of the path parameters of `operation`.
std::vector<std::string> PathValues(const Operation& operation, const Exchange& exchange);

/// Does `answer` tell what `absent` tells, which was about something that does not exist? `absent_again` is a second
/// one of that kind: what differs between these two says nothing.
bool TellsTheSame(const Operation& operation, const Exchange& answer, const Exchange& absent,
                  const Exchange& absent_again);

/// A value for the path parameter `parameter` that no object has.
Json NonexistentId(const OperationParameter& parameter, int number);

}  // namespace readiness::probes::stranger_parts
