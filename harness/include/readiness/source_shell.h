#pragma once
// Shell scripts as far as they can be read without running them: the simple commands, and what becomes of the script
// when one of them fails. Words keep their expansions as written ("$NAME", "$(date)", "${{ matrix.x }}"); quotes,
// comments, redirections and here-documents are gone. What is no valid script is read as far as it goes. Pure; any
// thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace readiness {

/// The options that the shell is started with; `set` in the script changes them.
struct ShellModes {
  bool errexit = false;
  bool pipefail = false;
};

struct ShellCommand {
  enum class Failure {
    kFailsScript,       ///< the script ends with an error
    kDecidedElsewhere,  ///< by what runs then: "a || b", "if a", "status=$?"
    kIgnored,           ///< "a || true", "a &", a line in the middle without errexit
  };
  enum class Reach {
    kRuns,     ///< unless a command before it fails, and with it the script
    kDepends,  ///< on a condition that cannot be evaluated: "if [ -f x ]", "a || b", after "x && exit 0"
    kNever,    ///< "if false", "false && b", "true || b", after "exit", in a function that nobody calls
  };
  std::vector<std::pair<std::string, std::string>> assignments;  ///< NAME=value before the program, or alone
  std::vector<std::string> words;                                ///< the program and its arguments
  std::vector<int> subshells;  ///< those around it, outermost first; a change of folder ends with its subshell
  Failure failure = Failure::kFailsScript;
  Reach reach = Reach::kRuns;
  bool calls_function = false;  ///< of the script, which comes again as the commands of its body
  std::string piped_into;       ///< the program at the end of its pipe, when the pipe's status is that one's alone
  int line = 1;
};

struct ShellReading {
  std::vector<ShellCommand> commands;
  bool complete = true;        ///< the script was read to its end
  std::string not_understood;  ///< why the script may do something else: it is too large, or evals; empty: it may not
};

/// All simple commands in order of writing, those of `sh -c '...'` after it, those of a function where it is defined
/// and again where it is called. A script that is too large or too deeply nested is read in part or not at all.
ShellReading ReadShellScript(std::string_view script, ShellModes modes = {});
/// Its commands alone.
std::vector<ShellCommand> ReadShell(std::string_view script, ShellModes modes = {});

}  // namespace readiness
