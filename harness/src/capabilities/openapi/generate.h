#pragma once
// Values for parameters and body fields: what somebody states by name first, then what the schema itself offers
// (but for e-mail addresses, whose examples are taken soon), then one made for its type. Made texts, addresses and ids
// are new with every call, so that nothing collides. One thread; what it is given is borrowed.

#include <string>

#include "definition/definition.h"
#include "readiness/openapi.h"

namespace readiness {

/// What is stated by name, in order of precedence.
struct StatedValues {
  const Values* given = nullptr;                        ///< as they are
  const std::map<std::string, Json>* own = nullptr;     ///< of the operation; may hold placeholders
  const std::map<std::string, Json>* common = nullptr;  ///< of all operations; likewise
  const Values* subject = nullptr;                      ///< fills the placeholders

  /// What target.json states for `name`, unfilled; null when nothing.
  const Json* InTarget(const std::string& name) const;
  bool Has(const std::string& name) const { return given->contains(name) || InTarget(name) != nullptr; }
};

/// The value of the parameter or field `name`. Errors: kNotAvailable (a placeholder without value), kLimit (a schema
/// that demands something huge).
Result<Json> MakeValue(const std::string& name, const Json& schema, const StatedValues& stated);

/// `value` as `schema` wants it: an id that is a number as text, and the other way round.
Json Fit(Json value, const Json& schema);

/// A value for `schema` alone. Errors: as above.
Result<Json> MakeFor(const Json& schema, const StatedValues& stated, int depth = 0);

}  // namespace readiness
