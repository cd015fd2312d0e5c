#pragma once
// What an image of a Dockerfile would hold and start, as far as the Dockerfile and the tree tell. Nothing is built. One
// thread.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "readiness/source_dockerfile.h"

namespace readiness::dockerfiles {

/// The files of a build context.
class BuildContext {
 public:
  /// `paths`: of the tree. `ignored`: the text of .dockerignore.
  BuildContext(const std::vector<std::string>& paths, const std::string& folder, const std::string& ignored);

  /// Files that `source` of a COPY takes, relative to the context.
  std::vector<std::string> Find(const std::string& source) const;
  /// Is it in the tree, but kept out?
  bool IsKeptOut(const std::string& source) const;
  /// Its path in the tree.
  std::string InTree(const std::string& path) const { return prefix_ + path; }

 private:
  std::string prefix_;
  std::set<std::string> files_;
  std::set<std::string> kept_out_;
};

struct Fault {
  int line = 0;
  std::string what;  ///< "COPY takes what is not in the tree"
  std::string actual;
  std::string fix;
};

/// The state at the end of a stage.
struct Image {
  std::map<std::string, std::string> files;  ///< path in the image -> path in the tree
  std::map<std::string, std::string> environment;
  std::set<std::string> installed;        ///< distributions, normalised
  std::vector<std::string> requirements;  ///< files in the tree that pip has installed
  bool installs_unknown = false;          ///< by poetry, conda or the like
  std::string directory = "/";
  std::string user;
  int user_line = 0;
  std::optional<DockerInstruction> entrypoint, command, healthcheck;
  std::vector<std::string> ports;
};

struct Built {
  Image image;  ///< of the last stage
  std::vector<Fault> faults;
};

/// Follows all stages.
Built Build(const Dockerfile& file, const BuildContext& context);

/// "Scikit_Learn[x]>=1" is "scikit-learn".
std::string DistributionName(const std::string& requirement);
/// An absolute path without "." and "..": `path` seen from `directory`.
std::string Absolute(const std::string& directory, const std::string& path);
bool NamesSecret(const std::string& variable);

}  // namespace readiness::dockerfiles
