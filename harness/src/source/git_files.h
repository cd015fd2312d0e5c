#pragma once
// The files that git tracks in a folder, asked of git in a way that executes nothing the repository says: no hooks, no
// file-system monitor, no pager, no remote, no configuration of the user or the system. Any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness {

struct GitFile {
  enum class Kind { kRegular, kLink, kSubmodule };
  std::string path;
  std::string object;  ///< what is staged, by its name in git
  Kind kind = Kind::kRegular;
};

/// What is tracked below `folder` (absolute), relative to it, sorted; also what is missing from the disk. Nothing when
/// no version control holds the folder: it is not in a work tree, or in somebody else's who tracks none of it. Errors:
/// kEnvironment (no git; a repository that cannot be read, or that tracks nothing at all), kTimeout, kLimit.
Result<std::optional<std::vector<GitFile>>> GitFiles(const std::string& folder);

/// By object, its size; those that the repository does not hold (a partial clone) are left out.
Result<std::map<std::string, std::int64_t>> GitSizes(const std::string& folder,
                                                     const std::vector<std::string>& objects);
/// The bytes of a staged object. Errors: kEnvironment, kTimeout, kLimit.
Result<std::string> GitBlob(const std::string& folder, const std::string& object, std::size_t max_bytes);
/// The name that git would give to the bytes of a file: SHA-1, or SHA-256 when names have 64 digits.
Result<std::string> GitObjectOf(const std::string& file, std::size_t digits);

}  // namespace readiness
