#pragma once
// Which work the commands of a step do, and whether the step fails when the work does. Pure.

#include <string>
#include <vector>

#include "readiness/source_shell.h"

namespace readiness::workflows {

/// How the shell of a step is started: bash stops at the first error by default, and sees errors in pipes only when it
/// is named.
ShellModes ModesOf(const std::string& shell);

/// Without what only prepares a command: sudo, env, time, "poetry run".
std::vector<std::string> WithoutWrappers(std::vector<std::string> words);

enum class Doing { kNot, kCannotFail, kDone };

/// `parts`: commands such as "pytest" or "kubectl apply", of which one is to be run; one that only shows what it would
/// do, or explains itself, does not count.
Doing DoneBy(const std::vector<ShellCommand>& commands, const std::vector<std::string>& parts);
Doing DoneByAction(const std::string& uses, const std::vector<std::string>& parts);

}  // namespace readiness::workflows
