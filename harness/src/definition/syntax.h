#pragma once
// The little languages inside strings of definition files: placeholders, JSON pointers, captures, SQL parameters,
// names. They only tell whether a text is well formed and what it refers to; filling in and evaluating happen
// elsewhere. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace readiness {

/// Names in `${name}` in order of writing, or what is wrong. A `$` without `{` is an ordinary character.
struct Placeholders {
  std::vector<std::string> names;
  std::string problem;  ///< a phrase; empty when well formed
};
Placeholders ParsePlaceholders(std::string_view text);

/// What is wrong with `text` as a JSON pointer (RFC 6901), as a phrase; empty when nothing is.
std::string JsonPointerProblem(std::string_view text);

/// The same for a capture: a JSON pointer or `query:<parameter> of <pointer>`.
std::string CaptureProblem(std::string_view text);

/// The highest $n of a SQL statement outside of literals, quoted names and comments, or what is wrong: $0, a gap in the
/// numbers, a literal or comment without end.
struct SqlParameters {
  int count = 0;
  std::string problem;
};
SqlParameters ParseSqlParameters(std::string_view statement);

/// A letter, then letters, digits, `_` and `-`; at most 100 bytes.
bool IsName(std::string_view text);
/// A lower-case letter, then lower-case letters, digits and `_`; at most 100 bytes.
bool IsSnakeCase(std::string_view text);
/// A letter or digit, then letters, digits, `.`, `_` and `-`; at most 100 bytes.
bool IsItemId(std::string_view text);
/// A letter or `_`, then letters, digits and `_`: environment variables, columns.
bool IsIdentifier(std::string_view text);
/// A header's name: one or more token characters of RFC 9110.
bool IsHeaderName(std::string_view text);
/// A host name or IP address without scheme, port and path.
bool IsHostName(std::string_view text);
/// 64 lower-case hex digits.
bool IsSha256(std::string_view text);

}  // namespace readiness
