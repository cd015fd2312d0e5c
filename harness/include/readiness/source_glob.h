#pragma once
// Which paths a glob means. "*" and "?" stay within a folder, "**" spans folders ("**/x" is also "x"), "[abc]", "[a-z]"
// and "[!a]" are sets; everything else is itself. Time is linear in glob times path, whatever they hold. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace readiness {

/// Does `path` (relative, with '/') match `glob` as a whole?
bool MatchesGlob(std::string_view glob, std::string_view path);
bool MatchesAnyGlob(const std::vector<std::string>& globs, std::string_view path);

}  // namespace readiness
