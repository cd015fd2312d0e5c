#pragma once
// Where the tree's own modules lie, and whether an import finds what it names. Knows only the given paths and files.
// One thread.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "readiness/source_python.h"

namespace readiness::undefined_names {

class Modules {
 public:
  /// `paths`: every Python file of the tree. `roots`: folders of the module path, "." for the tree. `files` is
  /// borrowed: what is known of those that were parsed.
  Modules(const std::vector<std::string>& paths, const std::vector<std::string>& roots,
          const std::vector<PythonFile>& files);

  /// What is wrong with `import`; nothing for one that finds what it names, or that is none of the tree's business.
  std::optional<std::string> WhyUnresolved(const PythonImport& import) const;

 private:
  bool Exists(const std::string& base) const;
  const PythonFile* FileOf(const std::string& base) const;

  std::vector<std::string> prefixes_;
  std::set<std::string> bases_;  ///< paths without ".py" or "/__init__.py", and folders with Python files in them
  std::map<std::string, const PythonFile*> files_;
};

}  // namespace readiness::undefined_names
