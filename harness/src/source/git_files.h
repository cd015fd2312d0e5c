#pragma once
// The files that git tracks in a folder, asked of git in a way that executes nothing the repository says: no hooks, no
// file-system monitor, no pager, no remote, no configuration of the user or the system. Any thread.

#include <optional>
#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness {

/// Tracked regular files and symbolic links below `folder` (absolute), relative to it, sorted; also those that are
/// missing from the disk; no submodules. Nothing when no version control holds the folder: it is not in a work tree, or
/// in somebody else's who tracks none of it. Errors: kEnvironment (no git; a repository that cannot be read, or that
/// tracks nothing at all), kTimeout, kLimit.
Result<std::optional<std::vector<std::string>>> GitFiles(const std::string& folder);

}  // namespace readiness
