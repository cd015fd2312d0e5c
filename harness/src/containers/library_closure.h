#pragma once
// Which shared libraries a program of this machine needs, as its own dynamic loader says. Reads the program, runs only
// the loader. Any thread.

#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness {

/// The loader and every library that the program at `path` needs, directly or not, by the absolute paths at which the
/// loader finds them, sorted; empty for a static program. Errors: kEnvironment (no such file, not a 64-bit ELF program
/// of this machine, a library is missing).
Result<std::vector<std::string>> LibraryClosure(const std::string& path);

/// Those folders of `libraries` that loaders do not search by themselves, joined by colons.
std::string UnusualFolders(const std::vector<std::string>& libraries);

}  // namespace readiness
