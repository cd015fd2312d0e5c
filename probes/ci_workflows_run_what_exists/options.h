#pragma once
// The options of programs that run tests: which of them leave the tests to be run. Pure.

#include <string>
#include <vector>

namespace readiness::workflows {

/// The first option of `words` (the program first) that is none of those known to leave the tests to be run, such as
/// a selection of them; empty: there is none, or the program runs no tests.
std::string UnusualOption(const std::vector<std::string>& words);

/// The same of a text of options, as PYTEST_ADDOPTS holds it.
std::string UnusualPytestOption(const std::string& options);

}  // namespace readiness::workflows
