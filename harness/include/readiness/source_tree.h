#pragma once
// The target's source as it is checked in: files that version control tracks (all files where there is none), read and
// parsed, never executed. Sizes and numbers are bounded. What cannot be parsed is an Error with its place, never an
// empty answer. One thread.

#include <cstdint>
#include <optional>
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
  /// Tracked files whose path matches one of `globs` ("**" spans folders), sorted. What is tracked and not on the disk
  /// (removed, left out by a sparse checkout, replaced by something else) belongs to them, as it is staged. Symbolic
  /// links that leave the tree are not followed. Errors: kNotAvailable (the deployment names no tree), kEnvironment,
  /// kLimit.
  virtual Result<std::vector<SourceFile>> Files(const std::vector<std::string>& globs) = 0;
  /// Raw bytes of one of them. Errors: kNotAvailable, kLimit (over 4 MiB), kEnvironment.
  virtual Result<std::string> Read(const std::string& path) = 0;
  /// At most `bytes` of it from `offset` on, for what is longer; `bytes` is at most 4 MiB.
  virtual Result<std::string> ReadPart(const std::string& path, std::int64_t offset, std::size_t bytes) {
    READINESS_ASSIGN(const std::string all, Read(path));
    const auto begin = static_cast<std::size_t>(offset);
    return begin < all.size() ? all.substr(begin, bytes) : std::string();
  }
  /// What version control has staged for it, when that is something else than the file on the disk.
  virtual Result<std::optional<std::string>> ReadStaged(const std::string& /*path*/) {
    return std::optional<std::string>();
  }
  /// Tracked paths whose contents cannot be had: submodules, objects that a partial clone lacks.
  virtual Result<std::vector<std::string>> Unreadable() { return std::vector<std::string>(); }
};

}  // namespace readiness
