#pragma once
// JSON that remembers where each value stood, for messages with line and column; and the strict reader that everything
// of ours and every foreign answer goes through. Wraps nlohmann's SAX parser. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

struct JsonLimits {
  std::size_t bytes = 8 * 1024 * 1024;
  int depth = 64;
  std::size_t values = 1'000'000;
};

/// A JSON value with the places of its parts. Objects keep the order of writing.
struct LocatedJson {
  enum class Type { kNull, kBoolean, kNumber, kString, kArray, kObject };
  Type type = Type::kNull;
  Json scalar;                        ///< of null, boolean, number and string
  std::vector<LocatedJson> elements;  ///< of an array
  struct Member;
  std::vector<Member> members;  ///< of an object
  int line = 0;
  int column = 0;

  Json ToJson() const;
};
struct LocatedJson::Member {
  std::string key;
  int line = 0;
  int column = 0;
  LocatedJson value;
};

/// Strict parse: UTF-8, no comments, no NaN, no duplicate keys, nothing after the value, within `limits`. `file` is for
/// the place in errors. Errors: kMalformed, kLimit.
Result<LocatedJson> ParseLocatedJson(std::string_view text, const std::string& file, const JsonLimits& limits = {});

/// The same strictness without places.
Result<Json> ParseStrictJson(std::string_view text, const std::string& file, const JsonLimits& limits = {});

}  // namespace readiness
