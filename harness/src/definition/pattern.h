#pragma once
// Regular expressions in definition files. The only place here that knows RE2. Pure.

#include <string>

namespace readiness {

/// What is wrong with `pattern` for finding a line in output, as a phrase; empty when nothing is. A pattern that
/// matches an empty text is wrong: it would find itself before anything was written.
std::string LinePatternProblem(const std::string& pattern);

}  // namespace readiness
