#pragma once
// The tokens of a shell script. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace readiness {

struct ShellToken {
  enum class Kind { kWord, kOperator, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;     ///< of a word without its quotes; of an operator: "&&", "|", ";", "\n", "(" ...
  bool quoted = false;  ///< so that it is no keyword and no assignment's name
  int line = 1;
};

/// Ends with a kEnd. Redirections and their targets, comments and here-documents are left out.
std::vector<ShellToken> ShellTokens(std::string_view script);

}  // namespace readiness
