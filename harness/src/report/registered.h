#pragma once
// What a build registered for one suite: <suite directory>/registered.json. The build step writes it together with the
// CTest file; a report measures the records against it. It is not the suite's definition, only what a report needs of
// it. Plain values.

#include <map>
#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness {

struct RegisteredItem {
  std::string id;
  std::string part_of;  ///< the audit's item that this is a part of; empty: it is a whole one
  std::string title;
  std::string severity;  ///< a key of RegisteredSuite::severity_weights
  std::string category;
  std::string section;
  int suite_line = 0;   ///< in suite_file
  int source_line = 0;  ///< in the audit's document

  /// The audit's own item: what scores and coverage count.
  const std::string& AuditItem() const { return part_of.empty() ? id : part_of; }
};

struct RegisteredSuite {
  std::string suite;  ///< as added by readiness_add_suite
  std::string title;
  std::string target_state_directory;
  std::string suite_file;
  std::string audit_document;
  std::string audit_verdict;
  int audit_items = 0;
  std::map<std::string, int> severity_weights;
  std::vector<std::string> gating_severities;
  std::vector<RegisteredItem> items;  ///< in the suite's order
};

/// How many of the audit's items the registered ones cover, wholly or in part.
int CoveredAuditItems(const RegisteredSuite& suite);

/// Does a red item of `severity` gate the verdict? "info" never does.
bool Gates(const RegisteredSuite& suite, const std::string& severity);

/// Weight of `severity` in scores; "info" weighs nothing.
int WeightOf(const RegisteredSuite& suite, const std::string& severity);

/// Writes registered.json atomically. Errors: kDefinition when the value is not one that ReadRegistered takes;
/// kEnvironment.
Result<void> WriteRegistered(const std::string& suite_directory, const RegisteredSuite& suite);

/// Reads registered.json strictly: no item at all, an id twice, an unsafe id, an unknown severity and no gating
/// severity are errors too. Errors: kNotAvailable when there is none; kMalformed, kDefinition, kLimit, kEnvironment.
Result<RegisteredSuite> ReadRegistered(const std::string& suite_directory);

}  // namespace readiness
