#pragma once
// The build step of a suite: checks suite, target, deployment and probes against each other and writes what CTest and
// the item processes read. Nothing is written unless everything is right; files of an earlier build are removed first.

#include <string>
#include <vector>

#include "definition/load.h"
#include "readiness/result.h"

namespace readiness {

struct ResolveOptions {
  std::string name;         ///< suite as added
  std::string definition;   ///< suite.json
  std::string target_name;  ///< target as added
  std::string target_file;
  std::string deployment_file;
  std::string variant;
  std::string state_directory;
  std::string suite_directory;     ///< where to write
  std::string tool;                ///< this program, for the tests' commands
  std::vector<std::string> items;  ///< only these; empty: all
  std::vector<std::string> exclude;
  std::vector<std::string> properties;  ///< name, value, name, value...
};

/// The descriptions of all compiled probes. Errors are defects of this build.
Loaded<ProbeTable> LoadProbes();

/// Writes <suite directory>/{tests.cmake, registered.json, items/<id>/item.json}. Returns every problem found.
Loaded<std::size_t> Resolve(const ResolveOptions& options);

}  // namespace readiness
