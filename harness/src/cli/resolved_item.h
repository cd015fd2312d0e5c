#pragma once
// One item as its process needs it: everything of suite, probe and target that concerns it, checked and resolved when
// the project was built, so that the cost of an item does not grow with its suite. Values only.

#include <string>
#include <vector>

#include "definition/definition.h"
#include "readiness/result.h"

namespace readiness {

struct ResolvedItem {
  std::string suite;  ///< as added by readiness_add_suite
  std::string suite_directory;
  std::string suite_file;
  std::string target_name;  ///< as added by readiness_add_target
  std::string target_file;
  std::string state_directory;
  Item item;
  std::vector<std::string> needs;               ///< of its probe
  Reach touches = Reach::kWholeTarget;          ///< its probe
  std::map<std::string, std::string> controls;  ///< of its probe
  std::string remediation;                      ///< of its probe
};

/// Writes <item directory>/item.json.
Result<void> WriteResolvedItem(const ResolvedItem& item);
/// Errors: kEnvironment (no such file: the project is not built), kMalformed.
Result<ResolvedItem> ReadResolvedItem(const std::string& file);

}  // namespace readiness
