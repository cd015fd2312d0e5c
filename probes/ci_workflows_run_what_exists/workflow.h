#pragma once
// A GitHub Actions workflow and what its steps name. Pure; nothing is run.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "readiness/source_yaml.h"

namespace readiness::workflows {

struct Fault {
  int line = 0;
  std::string what;
  std::string actual;
  std::string fix;
};

/// Tracked files of the repository.
class Tree {
 public:
  explicit Tree(const std::vector<std::string>& paths);
  bool HasFile(const std::string& path) const { return files_.contains(path); }
  bool HasFolder(const std::string& path) const { return path.empty() || folders_.contains(path); }
  bool Matches(const std::string& glob) const;
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<std::string> paths_;
  std::set<std::string> files_, folders_;
};

struct Examined {
  std::vector<Fault> faults;
  int steps = 0;
  int references = 0;
  std::map<std::string, int> done;               ///< work -> steps that do it and can fail
  std::map<std::string, std::string> undecided;  ///< work -> why it cannot be told of a step that may do it
};

/// `must_do` as in probe.json.
Examined Examine(const YamlNode& workflow, const Tree& tree,
                 const std::map<std::string, std::vector<std::string>>& must_do);

}  // namespace readiness::workflows
