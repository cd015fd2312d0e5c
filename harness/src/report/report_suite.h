#pragma once
// The report of one suite from what lies on disk: registered.json and the records in, junit.xml, verdict.json and the
// summary out. An earlier verdict and JUnit file are removed first, and the verdict is written last, so that whatever
// goes wrong leaves nothing that looks complete. Not for two reports of one suite at once.

#include <string>
#include <vector>

#include "report/console.h"
#include "report/verdict.h"

namespace readiness {

struct ReportOptions {
  std::string suite_directory;  ///< holds registered.json and items/
  std::string run_id;           ///< of the target's present run; empty: it was not brought up, so nothing has a record
  ConsoleOptions console;
};

struct VerdictSummary {
  Verdict verdict = Verdict::kIncomplete;
  int exit_code = 3;     ///< 0 GO, 1 NO-GO, 3 INCOMPLETE
  std::string headline;  ///< one line
  std::string console;   ///< the summary for people
  std::string junit_file;
  std::string verdict_file;
  RegisteredSuite suite;  ///< what `concluded` is about
  SuiteVerdict concluded;
};

/// Reports on the suite. Errors (exit code 2): registration or a record that is absent, unreadable, of another version
/// or suite, or malformed; output that cannot be written. Then neither verdict.json nor the JUnit file exists.
Result<VerdictSummary> ReportSuite(const ReportOptions& options);

/// A suite for which ReportSuite returned an Error.
struct UnreportedSuite {
  std::string suite;  ///< its name, as far as known
  Error error;
};

/// Replaces `file` by one JUnit document about all suites; folders are made. One that could not be reported on is a red
/// case in it. Errors: kEnvironment; then there is no `file`.
Result<void> WriteJunit(const std::string& file, const std::vector<VerdictSummary>& suites,
                        const std::vector<UnreportedSuite>& unreported, const std::string& relative_to);

/// Removes the verdict and the JUnit file of an earlier run. Errors: kEnvironment.
Result<void> RemoveReports(const std::string& suite_directory);

}  // namespace readiness
