#pragma once
// A regular expression (RE2: linear time, no backtracking) for lines of foreign text. Copies share the compiled form;
// any thread.

#include <memory>
#include <string>
#include <string_view>

#include "readiness/result.h"

namespace re2 {
class RE2;
}

namespace readiness {

class LinePattern {
 public:
  /// Errors: kDefinition when `text` is no regular expression, or one that matches an empty text and thus everything.
  static Result<LinePattern> Compile(const std::string& text);
  /// Is it found somewhere in `line`?
  bool IsIn(std::string_view line) const;

 private:
  explicit LinePattern(std::shared_ptr<const re2::RE2> pattern) : pattern_(std::move(pattern)) {}
  std::shared_ptr<const re2::RE2> pattern_;
};

}  // namespace readiness
