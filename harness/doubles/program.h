#pragma once
// The main function of a double's program: arguments, signals, exit codes. 0: ended by SIGTERM or SIGINT, 1: this
// machine does not let it serve, 2: wrong usage or configuration.

#include <functional>
#include <memory>
#include <string>

#include "readiness/result.h"

namespace readiness::doubles {

/// A double that serves until it is destroyed.
struct Serving {
  std::shared_ptr<void> handle;
  int port = 0;
};

struct Program {
  std::string name;         ///< of the executable
  std::string description;  ///< one line of --help
  /// Reads the configuration file and returns what then starts the double.
  std::function<Result<std::function<Result<Serving>()>>(const std::string& file)> load;
};

/// Runs `program` with main's arguments; the exit code.
int RunProgram(const Program& program, int argc, char** argv);

}  // namespace readiness::doubles
