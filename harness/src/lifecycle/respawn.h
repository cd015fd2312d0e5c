#pragma once
// Starts this program again as one of a run's two own processes, with no inherited descriptor, signal mask or handler;
// what it prints goes nowhere. Safe to call while other threads run. Knows nothing of runs.

#include <map>
#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness {

struct SpawnOptions {
  std::vector<std::string> arguments;              ///< after the program's name
  std::map<std::string, std::string> environment;  ///< complete
  int kept_descriptor = -1;                        ///< becomes kKeptDescriptor in the new process
  /// A grandchild in a session of its own. Else a child in a process group of its own but in the caller's session: the
  /// engine ends whatever it finds below the caller in foreign sessions.
  bool orphaned = false;
};

inline constexpr int kKeptDescriptor = 3;

/// Returns the pid of the new process; 0 when `orphaned`. Errors: kEnvironment. That the program could not be executed
/// shows as its end with status 127.
Result<int> SpawnSelf(const SpawnOptions& options);

/// The caller's environment as a map.
std::map<std::string, std::string> OwnEnvironment();

/// Folder of the running program. Errors: kEnvironment.
Result<std::string> ProgramDirectory();

}  // namespace readiness
