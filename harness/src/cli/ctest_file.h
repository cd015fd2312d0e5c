#pragma once
// The CTest file of a suite. Pure.

#include <string>
#include <vector>

#include "cli/resolve.h"

namespace readiness {

/// The text of tests.cmake for `items` of the suite: one test per item, and `<suite>.report` after them. Every word is
/// written as a bracket argument, so no content of a definition is interpreted by CMake.
std::string WriteCTestFile(const ResolveOptions& options, const std::vector<Item>& items);

/// The text of epilogue.cmake, for inclusion by CTestCustom.cmake: CTest's last words are then the verdict, red or
/// green.
std::string WriteEpilogueFile(const ResolveOptions& options);

}  // namespace readiness
