#pragma once
// Which work the commands of a step do, and whether the step fails when the work does. Pure.

#include <string>
#include <vector>

#include "readiness/source_shell.h"

namespace readiness::workflows {

/// How the shell of a step is started: bash stops at the first error by default, and sees errors in pipes only when it
/// is named. `known`: it is a shell that reads scripts as ReadShell does, and runs them.
struct StepShell {
  ShellModes modes;
  bool known = true;
};
StepShell ShellOf(const std::string& shell);

/// Without what only prepares a command: sudo, env, time, "poetry run".
std::vector<std::string> WithoutWrappers(std::vector<std::string> words);
/// "python -m pytest x" and "coverage run -m pytest x" to "pytest x".
std::vector<std::string> WithoutPython(std::vector<std::string> words);

enum class Doing { kNot, kCannotFail, kUnknown, kDone };

struct Done {
  Doing doing = Doing::kNot;
  std::string why;  ///< of kUnknown
};

/// `parts`: commands such as "pytest" or "kubectl apply", of which one is to be run; one that only shows what it would
/// do, or explains itself, does not count, nor does one that is never reached.
Done DoneBy(const ShellReading& script, const std::vector<std::string>& parts);
Done DoneByAction(const std::string& uses, const std::vector<std::string>& parts);

/// Is `part` no work at all, so that it is done by any step: "echo", "actions/checkout"?
bool IsNoWork(const std::string& part);

}  // namespace readiness::workflows
