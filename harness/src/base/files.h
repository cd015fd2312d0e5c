#pragma once
// Files whole or not at all. Errors name the file and the system's reason (kEnvironment).

#include <string>
#include <string_view>

#include "readiness/result.h"

namespace readiness {

/// Contents of `file`; kLimit when larger than `max_bytes`.
Result<std::string> ReadFile(const std::string& file, std::size_t max_bytes = 8 * 1024 * 1024);

/// Writes through a temporary file in the same folder and rename: a reader sees the old or the new contents, whatever
/// becomes of this process. On failure (disk full) the old contents stay and nothing is left behind. `mode` is exact,
/// whatever the umask. After a power failure the file may be empty: that has to be as red as a missing one.
Result<void> WriteFileAtomically(const std::string& file, std::string_view contents, unsigned mode = 0644);

/// As WriteFileAtomically, and on the disk before it is at its place, so that it is whole after a power failure too.
/// Takes as long as the disk does: for files whose emptiness nobody would notice, and for those that people keep.
Result<void> WriteFileDurably(const std::string& file, std::string_view contents, unsigned mode = 0644);

/// Makes the folder and its parents.
Result<void> MakeDirectories(const std::string& directory, unsigned mode = 0755);

}  // namespace readiness
