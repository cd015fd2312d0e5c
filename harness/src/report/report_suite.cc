#include "report/report_suite.h"

#include <fmt/format.h>
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

std::string JunitFile(const std::string& suite_directory) {
  return suite_directory + "/junit.xml";
}
std::string VerdictFile(const std::string& suite_directory) {
  return suite_directory + "/verdict.json";
}

std::string ItemsDirectory(const std::string& suite_directory) {
  return suite_directory + "/items";
}

std::string ParentOf(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash + 1);
}

Result<void> Remove(const std::string& file) {
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return Fail({ErrorKind::kEnvironment, "cannot remove an earlier report", Place{file, 0, 0},
               "a file that may be replaced", std::strerror(errno), "remove it by hand"});
}

}  // namespace

Result<void> RemoveReports(const std::string& suite_directory) {
  READINESS_RETURN_IF_ERROR(Remove(VerdictFile(suite_directory)));
  return Remove(JunitFile(suite_directory));
}

Result<VerdictSummary> ReportSuite(const ReportOptions& options) {
  VerdictSummary summary;
  summary.junit_file = JunitFile(options.suite_directory);
  summary.verdict_file = VerdictFile(options.suite_directory);
  READINESS_RETURN_IF_ERROR(RemoveReports(options.suite_directory));

  READINESS_ASSIGN(RegisteredSuite suite, ReadRegistered(options.suite_directory));
  READINESS_ASSIGN(std::vector<Record> records, ReadRecords(options.suite_directory, suite.suite));
  READINESS_ASSIGN(SuiteVerdict verdict, Conclude(suite, std::move(records), options.run_id));

  const std::string items_directory = ItemsDirectory(options.suite_directory);
  READINESS_RETURN_IF_ERROR(WriteFileDurably(
      summary.junit_file, RenderJunit(suite, verdict, {items_directory, options.console.relative_to})));
  if (Result<void> written =
          WriteFileDurably(summary.verdict_file, SerializeVerdict(suite, verdict, summary.junit_file));
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
  summary.suite = std::move(suite);
  summary.concluded = std::move(verdict);
  return summary;
}

Result<void> WriteJunit(const std::string& file, const std::vector<VerdictSummary>& suites,
                        const std::vector<UnreportedSuite>& unreported, const std::string& relative_to) {
  READINESS_RETURN_IF_ERROR(Remove(file));
  std::string name;
  std::vector<JunitSuite> parts;
  for (const VerdictSummary& summary : suites) {
    name += (name.empty() ? "" : ", ") + summary.suite.suite;
    const std::string directory = summary.verdict_file.substr(0, summary.verdict_file.rfind('/'));
    parts.push_back({summary.suite, summary.concluded, {ItemsDirectory(directory), relative_to}});
  }
  std::vector<Problem> troubles;
  for (const auto& [suite, error] : unreported) {
    name += (name.empty() ? "" : ", ") + suite;
    troubles.push_back({fmt::format("suite {}", suite), RenderError(error)});
  }
  READINESS_RETURN_IF_ERROR(MakeDirectories(ParentOf(file)));
  return WriteFileDurably(file, RenderJunit(name, parts, troubles));
}

}  // namespace readiness
