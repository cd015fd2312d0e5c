#pragma once
// Whether what a started Python module imports is there: in the image, in Python itself, or in what pip has installed.
// One thread.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "image.h"
#include "readiness/source_python.h"

namespace readiness::dockerfiles {

class PythonWorld {
 public:
  /// `files` are the tree's Python files as read; borrowed. `provides` is beside the common differences of name.
  PythonWorld(const std::vector<PythonFile>& files, std::map<std::string, std::vector<std::string>> provides);

  /// The file in the tree that `module` is in this image when looked for in `roots`; empty: it is not there.
  std::string Find(const Image& image, const std::vector<std::string>& roots, const std::string& module,
                   bool as_main) const;

  /// The file at this path in the tree, or null.
  const PythonFile* File(const std::string& path) const;

  /// Is there a file of which it holds?
  bool Any(const std::function<bool(const PythonFile&)>& holds) const;

  struct Missing {
    std::string file;  ///< that imports it
    int line = 0;
    std::string module;
  };
  /// Imports, from `file` on, that nothing provides.
  std::vector<Missing> MissingFrom(const Image& image, const std::vector<std::string>& roots, const std::string& file,
                                   const std::set<std::string>& distributions) const;

 private:
  bool Provided(const std::string& top, const std::set<std::string>& distributions) const;

  std::map<std::string, const PythonFile*> files_;
  std::map<std::string, std::vector<std::string>> provides_;
};

/// Further requirements files that one at `path` includes, in the tree.
std::vector<std::string> Included(const std::string& requirements, const std::string& path);
/// Is it one of the usual bases, of which it is known what they hold? Has it Python?
bool IsUsualBase(const std::string& image);
bool HasPython(const std::string& image);

/// Distributions that a requirements file names, without those whose condition never holds.
std::set<std::string> Distributions(const std::string& requirements);

}  // namespace readiness::dockerfiles
