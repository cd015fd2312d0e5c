#pragma once
// What a person reads on the terminal: the block of one item, and the summary of a suite. Functions of records; all
// foreign text is escaped, so that no answer of a target can draw a line of its own. Pure.

#include <string>

#include "judge/record.h"
#include "report/verdict.h"

namespace readiness {

struct ConsoleOptions {
  bool colour = false;
  int width = 120;          ///< columns of tables; texts are not wrapped, so that commands can be copied
  std::string relative_to;  ///< paths below this folder are shown without it; empty: as they are
};

/// Where a suite's results lie; for the summary.
struct ReportPaths {
  std::string records;  ///< folder
  std::string junit;
  std::string verdict;
};

/// Headline, place in suite and audit, and what was done, expected and seen. `item_directory` is where the evidence
/// lies. Ends in
/// '\n'.
std::string RenderItem(const Record& record, const std::string& item_directory, const ConsoleOptions& options);

/// Header with coverage, table of outcomes, red items worst first, scores, paths; the last line is the verdict.
std::string RenderSuite(const RegisteredSuite& suite, const SuiteVerdict& verdict, const ReportPaths& paths,
                        const ConsoleOptions& options);

}  // namespace readiness
