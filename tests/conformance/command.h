#pragma once
// Runs a program as a person would and waits for it. A result is given only when the program has ended and nothing
// holds its output any more: a daemon that kept it would block CTest, so that is a time-out here, too. Not for programs
// that read input. Any thread.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace readiness::conformance {

struct Command {
  std::vector<std::string> words;                  ///< program (looked up in PATH) and arguments
  std::map<std::string, std::string> environment;  ///< beside the caller's, of which READINESS_* is left out
  std::string directory;                           ///< to run in; empty: the caller's
  std::chrono::seconds timeout{60};
};

struct Ended {
  int code = -1;           ///< exit code; 128 + signal; -1 when it could not be started or did not end in time
  bool timed_out = false;  ///< it was killed
  std::string output;      ///< both streams in order of arrival, the first 4 MiB
};

Ended Run(const Command& command);

}  // namespace readiness::conformance
