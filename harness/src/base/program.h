#pragma once
// Runs a helper program to its end with bytes in and bytes out, bounded in time, output and memory. For programs that
// Readiness itself chooses (git, python3); what belongs to a target is run by an engine. Any thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness {

struct ProgramRequest {
  std::vector<std::string> command;      ///< [0] without a slash is searched in our own PATH
  std::vector<std::string> environment;  ///< NAME=value, complete
  std::string working_directory;         ///< empty: ours
  std::string input;
  std::chrono::milliseconds timeout{10'000};
  std::size_t max_output = 64 * 1024 * 1024;
  std::uint64_t max_memory = 0;  ///< bytes of address space; 0: no limit
};

struct ProgramResult {
  int exit_code = 0;  ///< 128 + signal when it was ended by one
  std::string output;
  std::string error_output;  ///< the last 16 KiB
};

/// An exit code other than 0 is a result. Errors: kEnvironment (cannot be executed), kTimeout, kLimit (too much
/// output). When it returns, the program has ended, and so has whatever it started in its session.
Result<ProgramResult> RunProgram(const ProgramRequest& request);

}  // namespace readiness
