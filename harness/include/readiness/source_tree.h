#pragma once
// The target's source as it is checked in: files that version control tracks (all files where there is none), read and
// parsed, never executed. Sizes and numbers are bounded. What cannot be parsed is an Error with its place, never an
// empty answer. One thread.

#include <cstdint>
#include <string>
#include <vector>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

struct SourceFile {
  std::string path;  ///< relative to the tree, with '/'
  std::int64_t bytes = 0;
};

class SourceTree {
 public:
  virtual ~SourceTree() = default;
  /// Tracked files whose path matches one of `globs` ("**" spans folders), sorted. Symbolic links that leave the tree
  /// are not followed. Errors: kNotAvailable (the deployment names no tree), kEnvironment, kLimit.
  virtual Result<std::vector<SourceFile>> Files(const std::vector<std::string>& globs) = 0;
  /// Raw bytes of one of them. Errors: kNotAvailable, kLimit (over 4 MiB), kEnvironment.
  virtual Result<std::string> Read(const std::string& path) = 0;
};

}  // namespace readiness
