#pragma once
// Schemas of an OpenAPI document with everything that they refer to in place: `$ref` followed, `allOf` merged, of
// `anyOf` and `oneOf` the first branch that is not null. What a schema says about values stays; prose goes. The
// document is foreign: cycles and dead references end in the empty schema, which takes anything, and the whole of what
// is expanded is bounded. One thread; the document is borrowed.

#include <string>
#include <vector>

#include "readiness/http.h"

namespace readiness {

class SchemaResolver {
 public:
  explicit SchemaResolver(const Json& document) : document_(document) {}

  /// `schema` on its own. Errors: kLimit when all that was expanded so far becomes too much.
  Result<Json> Resolve(const Json& schema);
  /// What a local `$ref` of `value` leads to, through up to 16 of them; `value` itself when it has none. Nothing when
  /// it leads nowhere. For references to parameters, bodies and paths.
  const Json* Follow(const Json& value) const;

 private:
  Result<Json> Expand(const Json& schema, int depth);
  Result<Json> ExpandReference(const Json& schema, const std::string& pointer, int depth);
  Result<void> ExpandParts(const Json& schema, int depth, Json& out);
  Result<void> Choose(const Json& branches, int depth, Json& out);
  Result<void> Spend(std::size_t values);

  const Json& document_;
  std::vector<std::string> following_;  // references that are being expanded
  std::size_t spent_ = 0;
};

}  // namespace readiness
