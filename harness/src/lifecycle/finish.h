#pragma once
// The end of a run, from whichever process sees to it. Idempotent: several may do it after or beside each other.

#include <string>

#include "lifecycle/run_directory.h"
#include "readiness/result.h"

namespace readiness {

/// Does everything that is left to do once the supervisor is gone or about to go: kills what carries the run's label
/// (but the caller), removes what the run may have in the container engine, removes the run directory, marks the state
/// as ended for `reason`. Returns how many processes and containers had to be ended. Errors: processes, containers or
/// networks that stay (their directory then stays too, to be found by `reap`), a directory that cannot be removed.
Result<int> FinishRun(const RunRecord& record, const std::string& run_directory, const std::string& reason);

/// Ends a run from outside: asks its supervisor, kills that if it does not obey, lets the janitor finish, does itself
/// what is still not done. Returns when nothing is left. Takes at most about 15 s, with containers 30.
Result<int> EndRun(const RunRecord& record, const std::string& run_directory, const std::string& reason);

}  // namespace readiness
