#pragma once
// What is wrong with one definition file, collected with places, and the phrases in which it is said. Everything that
// comes from the file passes Quoted() on its way into a message. Not thread-safe; one per file being read.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/located_json.h"
#include "readiness/result.h"

namespace readiness {

/// A line and column of the file that is being read.
struct At {
  int line = 0;
  int column = 0;
  At() = default;
  At(const LocatedJson& value) : line(value.line), column(value.column) {}             // NOLINT: meant to convert
  At(const LocatedJson::Member& member) : line(member.line), column(member.column) {}  // NOLINT: meant to convert
  friend bool operator<(At a, At b) { return std::pair(a.line, a.column) < std::pair(b.line, b.column); }
};

/// Foreign text in double quotes on one line, safe for a terminal, cut when long.
std::string Quoted(std::string_view foreign);

/// The value as messages call it: `the string "60s"`, `the number 1.5`, `a list`.
std::string DescribeValue(const LocatedJson& value);

/// `one of: a, b, c`, cut when long; `nothing, as none is declared` when empty.
std::string OneOf(const std::vector<std::string>& words);

/// `did you mean "x"?` for the word of `known` that was most likely meant; empty when none is near. Sees through case,
/// `-` for `_` and a missing or wrong unit (`timeout`, `timeout_s`).
std::string DidYouMean(std::string_view word, const std::vector<std::string>& known);

/// Keeps the first 50 problems by position, whatever the order in which they are found, and counts the rest.
class Problems {
 public:
  static constexpr std::size_t kMost = 50;

  explicit Problems(std::string file) : file_(std::move(file)) {}

  void Add(At at, std::string what, std::string expected = {}, std::string actual = {}, std::string fix = {});
  /// `word`, which is to be a `noun` ("key") `of` something ("of an item", or empty), is none of `known`.
  void AddUnknown(At at, std::string_view noun, std::string_view word, const std::vector<std::string>& known,
                  std::string_view of = {});
  /// A defect of the loader itself, told apart so that no test can overlook it.
  void AddInternal(At at, std::string what);

  bool empty() const { return total_ == 0; }
  const std::string& file() const { return file_; }
  /// In order of position, at most kMost; when there are more, the last one says how many are not shown.
  std::vector<Error> Take();

 private:
  void Keep(At at, Error error);
  bool Full(At at) const;

  std::string file_;
  std::multimap<At, Error> kept_;
  std::size_t total_ = 0;
};

}  // namespace readiness
