#include "definition/pattern.h"

#include <re2/re2.h>

#include "readiness/line_pattern.h"

namespace readiness {
namespace {

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return options;
}

std::string Problem(const RE2& compiled) {
  if (!compiled.ok()) return "is not a regular expression: " + compiled.error();
  if (RE2::PartialMatch("", compiled)) return "matches an empty text, so it would be found at once";
  return {};
}

}  // namespace

std::string LinePatternProblem(const std::string& pattern) {
  return Problem(RE2(pattern, Options()));
}

Result<LinePattern> LinePattern::Compile(const std::string& text) {
  auto compiled = std::make_shared<const RE2>(text, Options());
  const std::string problem = Problem(*compiled);
  if (!problem.empty()) return Fail(ErrorKind::kDefinition, "pattern \"" + text + "\" " + problem);
  return LinePattern(std::move(compiled));
}

bool LinePattern::IsIn(std::string_view line) const {
  return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *pattern_);
}

}  // namespace readiness
