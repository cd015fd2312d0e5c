#pragma once
// The report of one suite from what lies on disk: registered.json and the records in, junit.xml, verdict.json and the
// summary out. An earlier verdict and JUnit file are removed first, and the verdict is written last, so that whatever
// goes wrong leaves nothing that looks complete. Not for two reports of one suite at once.

#include <string>

#include "report/console.h"
#include "report/verdict.h"

namespace readiness {

struct ReportOptions {
  std::string suite_directory;  ///< holds registered.json and items/
  std::string run_id;           ///< of the target's present run; empty: it was not brought up, so nothing has a record
  std::string junit_file;       ///< empty: <suite directory>/junit.xml
  ConsoleOptions console;
};

struct VerdictSummary {
  Verdict verdict = Verdict::kIncomplete;
  int exit_code = 3;     ///< 0 GO, 1 NO-GO, 3 INCOMPLETE
  std::string headline;  ///< one line
  std::string console;   ///< the summary for people
  std::string junit_file;
  std::string verdict_file;
};

/// Reports on the suite. Errors (exit code 2): registration or a record that is absent, unreadable, of another version
/// or suite, or malformed; output that cannot be written. Then neither verdict.json nor the JUnit file exists.
Result<VerdictSummary> ReportSuite(const ReportOptions& options);

/// Removes the verdict and the default JUnit file of an earlier run. Errors: kEnvironment.
Result<void> RemoveReports(const std::string& suite_directory);

}  // namespace readiness
