#pragma once
// A shell script as a tree of its lists, pipes and commands. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "readiness/source_shell.h"

namespace readiness {

struct ShellNode {
  enum class Kind {
    kSimple,
    kList,      ///< of kAndOr
    kAndOr,     ///< of kPipeline, joined by `operators`
    kPipeline,  ///< of commands
    kSubshell,  ///< of one kList
    kGroup,     ///< { }, or a function's body: of one kList
    kIf,        ///< of kLists: condition, body, condition, body, ..., perhaps an else
    kLoop,      ///< of kLists: a condition, then the body
    kChoice,    ///< case: of kLists
  };
  Kind kind = Kind::kSimple;
  std::vector<ShellNode> parts;
  std::vector<std::string> operators;
  bool negated = false;     ///< of a kPipeline
  bool background = false;  ///< of a kAndOr
  ShellCommand command;     ///< of a kSimple
};

ShellNode ParseShell(std::string_view script);

}  // namespace readiness
