#pragma once
// Defects of a source tree: a folder of files that is laid over a copy of the healthy tree, and files that are removed
// from it. The healthy tree itself is only read. To be used before an engine is made: git is run to list the tree, and
// an engine takes children it does not know for services' orphans.

#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness {

/// One active defect of the source tree.
struct Overlay {
  std::string defect;               ///< its id
  std::string files;                ///< folder, absolute; empty: it only removes
  std::vector<std::string> remove;  ///< files, or folders with all that is in them, relative to the tree
};

/// The tree to look at: `tree` itself without overlays, else `copy` (which must not exist), the tracked files of `tree`
/// with all overlays applied. Errors: kDefinition (an overlay changes nothing, names a file that is not there, leaves
/// the tree, holds a link, or touches a file that another one touches; overlays without a tree), kEnvironment, kLimit.
Result<std::string> ApplyOverlays(const std::vector<Overlay>& overlays, const std::string& tree,
                                  const std::string& copy);

/// Is `path` one that can only lie in the folder it is relative to: no "..", not absolute, no .git?
bool StaysInside(const std::string& path);

}  // namespace readiness
