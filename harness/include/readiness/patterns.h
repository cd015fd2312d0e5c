#pragma once
// Regular expressions (RE2) over foreign text, line by line: linear in time whatever the text. Values; any thread.

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

  const std::string& text() const { return text_; }
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
