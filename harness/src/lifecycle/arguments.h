#pragma once
// The command line of a run's own two processes: --run-directory <directory>, wherever it stands.

#include <optional>
#include <string>
#include <string_view>

namespace readiness {

inline std::optional<std::string> RunDirectoryArgument(int argc, char** argv) {
  for (int i = 0; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--run-directory") return std::string(argv[i + 1]);
  }
  return std::nullopt;
}

}  // namespace readiness
