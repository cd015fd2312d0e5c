#pragma once
// Whether a HEALTHCHECK notices that the answer is an error: what its exit status depends on, as far as that can be
// decided by reading it. Nothing is run, but python3 parses what is given to it. One thread.

#include <functional>
#include <string>

#include "readiness/source_dockerfile.h"
#include "readiness/source_python.h"

namespace readiness::dockerfiles {

struct Health {
  std::string why_blind;  ///< empty: it notices an error, or that cannot be told
  std::string port;       ///< that it asks
  std::string host;       ///< of the URL that it asks; empty: there is none
  std::string path;       ///< of the URL, without what follows "?"
  bool known = true;
};

/// A Python file of the image by the path that a command gives; null when there is none.
using FindPython = std::function<const PythonFile*(const std::string& path)>;

Health Examine(const DockerInstruction& healthcheck, const FindPython& find);

}  // namespace readiness::dockerfiles
