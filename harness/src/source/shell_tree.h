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
    kLoop,      ///< of kLists: a condition (of `for` without any part), then the body
    kChoice,    ///< case: of kLists
    kFunction,  ///< a definition: of its body
  };
  Kind kind = Kind::kSimple;
  std::vector<ShellNode> parts;
  std::vector<std::string> operators;
  bool negated = false;     ///< of a kPipeline
  bool background = false;  ///< of a kAndOr
  bool until = false;       ///< of a kLoop
  ShellCommand command;     ///< of a kSimple
  /// Of `for`: what it goes through. Of a kChoice: what it looks at. Of a kFunction: its name.
  std::vector<std::string> words;
  bool over_words = false;                         ///< of a kLoop: it is a `for` with a list of words
  std::vector<std::vector<std::string>> patterns;  ///< of a kChoice, by part
};

struct ShellTree {
  ShellNode list;
  std::string not_read;  ///< why it was not read to its end, such as its size; empty: it was
};

ShellTree ParseShell(std::string_view script);

}  // namespace readiness
