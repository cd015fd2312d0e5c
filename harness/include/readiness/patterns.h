#pragma once
// Regular expressions (RE2) over foreign text: linear in time whatever the text. Values; any thread.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "readiness/result.h"

namespace readiness {

class Pattern {
 public:
  /// Errors: kDefinition (no regular expression, or one that matches an empty text and so is found everywhere).
  static Result<Pattern> Compile(const std::string& text);
  /// An expression of the target's own, which may match anything. Errors: kMalformed (wrong, or it uses what only
  /// backtracking can do, such as looking ahead).
  static Result<Pattern> CompileForeign(const std::string& text);

  const std::string& text() const { return text_; }
  /// Does the whole of `text` match?
  bool Matches(std::string_view text) const;
  /// Does some part of `text` match?
  bool IsFoundIn(std::string_view text) const;
  /// The lines of `text` in which it is found, in order, at most `most`.
  std::vector<std::string> FindLines(std::string_view text, std::size_t most = 100) const;

 private:
  struct Compiled;
  Pattern(std::string text, std::shared_ptr<const Compiled> compiled)
      : text_(std::move(text)), compiled_(std::move(compiled)) {}

  std::string text_;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace readiness
