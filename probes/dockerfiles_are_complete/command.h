#pragma once
// What a command line starts, as far as it can be told without running it. Pure.

#include <functional>
#include <string>
#include <vector>

#include "readiness/source_dockerfile.h"

namespace readiness::dockerfiles {

struct Started {
  enum class Kind {
    kModule,   ///< a Python module: "backend.api.app"
    kScript,   ///< a Python file of the image
    kProgram,  ///< a program that the item accepts
    kNothing,  ///< it ends at once, or waits without doing anything
    kUnknown,
  };
  Kind kind = Kind::kUnknown;
  std::string name;
  bool as_main = false;             ///< of a module: run with -m, so that a package needs a __main__
  std::string port;                 ///< as an option says, or the server's usual one; empty: neither
  std::string python_path;          ///< PYTHONPATH as the command line itself sets it
  std::vector<std::string> search;  ///< further folders that modules are looked for in
  std::string attribute;            ///< of the module: "app" of "pkg.main:app"
  std::string needs;                ///< the distribution that brings the server
  std::string program;              ///< as it is called
  bool loopback = false;            ///< a server that listens to its own container only
  std::string why;                  ///< of kUnknown
};

/// The text of a script of the image by the path that a command gives; null when it is not known.
using FindScript = std::function<const std::string*(const std::string& path)>;

/// What a container of the image runs: ENTRYPOINT with CMD as its arguments, or either; of the commands of a script the
/// last one that works and is reached.
Started WhatStarts(const DockerInstruction* entrypoint, const DockerInstruction* command,
                   const std::vector<std::string>& programs, const FindScript& scripts);

/// The same as words, to be shown.
std::vector<std::string> CommandLine(const DockerInstruction* entrypoint, const DockerInstruction* command);

}  // namespace readiness::dockerfiles
