#include "definition/pattern.h"

#include <re2/re2.h>

namespace readiness {

std::string LinePatternProblem(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  const RE2 compiled(pattern, options);
  if (!compiled.ok()) return "is not a regular expression: " + compiled.error();
  if (RE2::PartialMatch("", compiled)) return "matches an empty text, so it would be found at once";
  return {};
}

}  // namespace readiness
