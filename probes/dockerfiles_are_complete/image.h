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
  std::size_t size() const { return files_.size(); }
  /// Were all rules of .dockerignore read?
  bool complete() const { return complete_; }
  /// Its path in the tree.
  std::string InTree(const std::string& path) const { return prefix_ + path; }

 private:
  std::string prefix_;
  bool complete_ = true;
  std::set<std::string> files_;
  std::set<std::string> kept_out_;
};

struct Fault {
  int line = 0;
  std::string what;  ///< "COPY takes what is not in the tree"
  std::string actual;
  std::string fix;
};

/// What pip has installed at one place.
struct Packages {
  std::string where;                      ///< empty: the interpreter's own place
  std::set<std::string> names;            ///< distributions, normalised
  std::vector<std::string> requirements;  ///< files in the tree
};

inline constexpr std::size_t kMostFiles = 300'000;  // of all stages of a Dockerfile, each anew

/// The state at the end of a stage.
struct Image {
  /// Puts a file there, unless there are too many.
  void Put(const std::string& path, const std::string& origin, int line);
  /// What it holds cannot be told; the first reason counts.
  void Doubt(int line, const std::string& what);

  std::string base;                          ///< of its first stage
  std::map<std::string, std::string> files;  ///< path in the image -> path in the tree
  std::map<std::string, std::string> environment;
  std::vector<Packages> packages;
  std::set<std::string> removed;             ///< distributions that pip has uninstalled
  std::set<std::string> environments;        ///< folders of virtual environments
  std::map<std::string, std::string> users;  ///< that were made -> their number, when it was given
  bool users_unknown = false;
  bool has_python = false;        ///< something was run by it
  bool installs_unknown = false;  ///< by poetry, conda or the like
  bool installs_perhaps = false;  ///< when a condition holds, or nothing fails
  std::string doubt;
  std::size_t put = 0;
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
