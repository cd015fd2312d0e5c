#include "report/report_suite.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "judge/record_store.h"
#include "report/junit.h"
#include "report/registered.h"
#include "report/verdict_file.h"

namespace readiness {
namespace {

std::string DefaultJunitFile(const std::string& suite_directory) {
  return suite_directory + "/junit.xml";
}
std::string VerdictFile(const std::string& suite_directory) {
  return suite_directory + "/verdict.json";
}

Result<void> Remove(const std::string& file) {
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return Fail({ErrorKind::kEnvironment, "cannot remove an earlier report", Place{file, 0, 0},
               "a file that may be replaced", std::strerror(errno), "remove it by hand"});
}

}  // namespace

Result<void> RemoveReports(const std::string& suite_directory) {
  READINESS_RETURN_IF_ERROR(Remove(VerdictFile(suite_directory)));
  return Remove(DefaultJunitFile(suite_directory));
}

Result<VerdictSummary> ReportSuite(const ReportOptions& options) {
  VerdictSummary summary;
  summary.junit_file = options.junit_file.empty() ? DefaultJunitFile(options.suite_directory) : options.junit_file;
  summary.verdict_file = VerdictFile(options.suite_directory);
  READINESS_RETURN_IF_ERROR(RemoveReports(options.suite_directory));
  READINESS_RETURN_IF_ERROR(Remove(summary.junit_file));

  READINESS_ASSIGN(const RegisteredSuite suite, ReadRegistered(options.suite_directory));
  READINESS_ASSIGN(std::vector<Record> records, ReadRecords(options.suite_directory, suite.suite));
  READINESS_ASSIGN(const SuiteVerdict verdict, Conclude(suite, std::move(records), options.run_id));

  const std::string items_directory = options.suite_directory + "/items";
  READINESS_RETURN_IF_ERROR(WriteFileAtomically(
      summary.junit_file, RenderJunit(suite, verdict, {items_directory, options.console.relative_to})));
  if (Result<void> written =
          WriteFileAtomically(summary.verdict_file, SerializeVerdict(suite, verdict, summary.junit_file));
      !written) {
    // The verdict's failure is the one to report; a JUnit file without it must not look like a finished report.
    (void)Remove(summary.junit_file);
    return Fail(written.error());
  }
  summary.verdict = verdict.verdict;
  summary.exit_code = ExitCode(verdict.verdict);
  summary.headline = verdict.headline;
  summary.console =
      RenderSuite(suite, verdict, {items_directory, summary.junit_file, summary.verdict_file}, options.console);
  return summary;
}

}  // namespace readiness
