#pragma once
// Placeholders `${identity.value}`, JSON pointers and searching, as a scenario needs them. Pure.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "readiness/http.h"
#include "readiness/identities.h"

namespace readiness::probes::scenario_parts {

/// The identities of a scenario by name, with their values and captures so far.
using Cast = std::map<std::string, Identity>;

/// Names in `${...}` in order of writing. Errors: kDefinition when one has no end, no dot or nothing beside the dot.
Result<std::vector<std::string>> PlaceholdersIn(std::string_view text);

/// `value` with the placeholders of all its strings filled in. A string that is one placeholder takes the value's type.
/// Errors: kNotAvailable when an identity has no such value (yet).
Result<Json> Fill(const Json& value, const Cast& cast);
/// The same for a text. Numbers and booleans appear as JSON writes them.
Result<std::string> FillText(const std::string& text, const Cast& cast);

/// What is wrong with `pointer` as a JSON pointer, as a phrase; empty when nothing is.
std::string PointerProblem(std::string_view pointer);
/// The value at `pointer`, or null. Requires: PointerProblem found nothing.
const Json* AtPointer(const Json& document, std::string_view pointer);

/// Is `text` in the body as it came, in a header, or in a string or key of the body as JSON?
bool Shows(const HttpResponse& answer, const std::string& text);

/// `value` as one line for people, cut to a few hundred bytes.
std::string Shown(const Json& value);

}  // namespace readiness::probes::scenario_parts
