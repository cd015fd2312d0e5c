#pragma once
// A definition file as located JSON, with every way of not being JSON turned into definition errors. Pure functions of
// the file; any thread.

#include <string>

#include "base/located_json.h"
#include "definition/load.h"
#include "definition/problems.h"

namespace readiness {

/// Parses `text`. Errors: kDefinition (not strict JSON, not an object), kLimit.
Loaded<LocatedJson> ParseDocument(const std::string& text, const std::string& file, const JsonLimits& limits = {});

/// Reads and parses `file`. Errors: also kEnvironment (unreadable).
Loaded<LocatedJson> ReadDocument(const std::string& file, const JsonLimits& limits = {});

/// `value`, or what was found wrong while it was being read.
template <class T>
Loaded<T> Conclude(T value, Problems& problems) {
  if (problems.empty()) return value;
  return tl::unexpected<std::vector<Error>>(problems.Take());
}

}  // namespace readiness
