#include "readiness/patterns.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace readiness {

struct Pattern::Compiled {
  explicit Compiled(const std::string& text) : expression(text, Options()) {}
  static RE2::Options Options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    return options;
  }
  RE2 expression;
};

Result<Pattern> Pattern::Compile(const std::string& text) {
  auto compiled = std::make_shared<const Compiled>(text);
  Error error{ErrorKind::kDefinition, "a pattern cannot be used", std::nullopt, "a regular expression (RE2)", text, {}};
  if (!compiled->expression.ok()) {
    error.actual += ": " + compiled->expression.error();
    return Fail(std::move(error));
  }
  if (RE2::PartialMatch("", compiled->expression)) {
    error.expected += " that does not match an empty text";
    return Fail(std::move(error));
  }
  return Pattern(text, std::move(compiled));
}

Result<Pattern> Pattern::CompileForeign(const std::string& text) {
  auto compiled = std::make_shared<const Compiled>(text);
  if (compiled->expression.ok()) return Pattern(text, std::move(compiled));
  return Fail({ErrorKind::kMalformed,
               "a regular expression cannot be decided",
               std::nullopt,
               "one of RE2's syntax",
               Printable(text, 200),
               {}});
}

bool Pattern::Matches(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), compiled_->expression);
}

bool Pattern::IsFoundIn(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->expression);
}

std::vector<std::string> Pattern::FindLines(std::string_view text, std::size_t most) const {
  std::vector<std::string> found;
  while (!text.empty() && found.size() < most) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (IsFoundIn(line)) found.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

}  // namespace readiness
