#pragma once
// Compares the sources of a suite's items with the audit document itself. It understands no more of the document than
// lines. Pure.

#include <string>
#include <vector>

#include "definition/definition.h"

namespace readiness {

/// Line `text` as its SHA-256 is taken: runs of white space are one blank, none at either end.
std::string NormaliseLine(const std::string& text);

struct AuditComparison {
  std::vector<std::string> changed;  ///< items whose line says something else now, or is gone, one sentence each
  std::vector<std::string> moved;    ///< items whose line is unchanged and stands elsewhere
  std::vector<std::string>
      without_item;  ///< "line 214: - [ ] ..." list entries and headings from level 3 that no item refers to
};

AuditComparison CompareWithAudit(const Suite& suite, const std::string& document);

}  // namespace readiness
