#pragma once
// The subcommands of the tool: options in, exit code out. They print; what they print is theirs alone.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/resolve.h"
#include "lifecycle/lifecycle.h"

namespace readiness {

/// Exit codes of the tool but for `run` and `report`, which have more.
inline constexpr int kExitDone = 0;
inline constexpr int kExitRed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInconclusive = 3;

struct ValidateOptions {
  std::string suite_file;
  std::string target_file;
  std::string deployment_file;
  std::string variant;
  std::string audit_file;
};

struct ReportCommandOptions {
  std::vector<std::string> suite_directories;
  std::string junit_file;
  bool colour = false;
  bool owned = false;   ///< only of the run that the caller owns; any other is INCOMPLETE
  bool if_own = false;  ///< only what the caller's own run has come to; exit code 0
};

/// Starts the target and removes the old verdicts of the suites listed in <state directory>/suites.txt. Always 0: a
/// failed start, also one for definitions that cannot be read, is recorded, and the items say why.
int UpCommand(const UpOptions& options);
/// 0 when nothing of the run is left.
/// `owned`: a run held by a lease is left alone.
int DownCommand(const std::string& state_directory, bool owned);
/// 0 when the target of `state_directory` runs and belongs to the caller's parent, else 1 with the reason.
int StartedCommand(const std::string& state_directory, bool owned);
int ReapCommand(const std::string& run_id);
int ResolveCommand(const ResolveOptions& options);
/// Runs the item of an item file, or of a suite directory and an id. Exit code of the item.
int RunCommand(const std::string& item_file, bool owned);
int ReportCommand(const ReportCommandOptions& options);
int ListCommand(const std::string& suite_file, bool json);
int ValidateCommand(const ValidateOptions& options);

}  // namespace readiness
