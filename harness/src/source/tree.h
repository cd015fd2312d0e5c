#pragma once
// A folder as a SourceTree: which files belong to it is asked once, at the first use. Symbolic links are followed only
// to regular files of the same tree; nothing is executed and nothing written. One thread.

#include <memory>
#include <string>

#include "readiness/source_tree.h"

namespace readiness {

inline constexpr std::size_t kMaxSourceFile = 4 * 1024 * 1024;

struct SourceTreeLimits {
  std::size_t files = 200'000;
  int depth = 64;
  std::size_t staged = 2'000;  ///< files that differ from what is staged, and are asked for
  std::int64_t total_bytes = std::int64_t{8} * 1024 * 1024 * 1024;
};

/// The tree in `folder`; empty: every call answers kNotAvailable.
std::unique_ptr<SourceTree> MakeSourceTree(std::string folder, const SourceTreeLimits& limits = {});

}  // namespace readiness
