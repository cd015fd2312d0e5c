#pragma once
// Runs one CommandSpec to its end. A process in between, the keeper, is the command's parent: whatever the command
// started, also in sessions of its own, is ended by the keeper when the command has ended, when its time is over, or
// when the caller dies in whatever way. The caller must be a process without other threads at work (the keeper is a
// fork of it). Blocks; knows no JSON.

#include <cstddef>
#include <string>
#include <string_view>

#include "lifecycle/session.h"

namespace readiness {

struct CommandLimits {
  std::size_t output_bytes = 4 * 1024 * 1024;  ///< of standard output; more is an error
  std::size_t error_bytes = 16 * 1024;         ///< of standard error; the last ones are kept
};

struct CommandEnd {
  int exit_code = 0;  ///< 128 + signal when it was ended by one
  std::string output;
  std::string error_output;     ///< the last bytes
  std::size_t error_bytes = 0;  ///< how many there were
};

/// Writes `input` to the command's standard input and takes what it writes, until it has ended. It is not an error if
/// the command does not read its input. Errors: kEnvironment (cannot be executed), kDefinition, kTimeout, kLimit; of
/// the last two `actual` tells what came on standard error.
Result<CommandEnd> RunCommand(const CommandSpec& spec, std::string_view input, const CommandLimits& limits = {});

}  // namespace readiness
