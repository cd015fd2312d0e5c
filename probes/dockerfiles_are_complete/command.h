#pragma once
// What a command line starts, as far as it can be told without running it. Pure.

#include <string>
#include <vector>

#include "readiness/source_dockerfile.h"

namespace readiness::dockerfiles {

struct Started {
  enum class Kind {
    kModule,   ///< a Python module: "backend.api.app"
    kScript,   ///< a file of the image
    kProgram,  ///< a program that the item accepts
    kNothing,  ///< it ends at once, or waits without doing anything
    kUnknown,
  };
  Kind kind = Kind::kUnknown;
  std::string name;
  bool as_main = false;             ///< of a module: run with -m, so that a package needs a __main__
  std::string port;                 ///< as an option says; empty: it does not
  std::string python_path;          ///< PYTHONPATH as the command line itself sets it
  std::vector<std::string> search;  ///< further folders that modules are looked for in
};

/// Of the commands joined by "&&" and ";" the one that does the work: the last that is understood.
Started WhatStarts(std::vector<std::string> words, const std::vector<std::string>& programs);

/// What a container of the image runs: ENTRYPOINT with CMD as its arguments, or either.
std::vector<std::string> CommandLine(const DockerInstruction* entrypoint, const DockerInstruction* command);

}  // namespace readiness::dockerfiles
