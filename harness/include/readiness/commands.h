#pragma once
// Commands that the deployment provides to run the target's own code directly: in its interpreter, container or
// program, with JSON in and out. What a command does is stated in target.json, how it is run in the deployment. One
// thread.

#include <string>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

struct CommandResult {
  int exit_code = 0;         ///< 128 + signal when it was ended by one
  Json output;               ///< its standard output, strict JSON; null when it wrote nothing
  std::string error_output;  ///< the last 16 KiB
};

class Commands {
 public:
  virtual ~Commands() = default;
  /// Runs `name` with `input` on standard input, to its end. An exit code other than 0 is a result. Errors:
  /// kNotAvailable (target or deployment does not declare it), kEnvironment (cannot be executed), kTimeout, kLimit (too
  /// much output), kMalformed (standard output is not JSON).
  virtual Result<CommandResult> Run(const std::string& name, const Json& input) = 0;
};

}  // namespace readiness
