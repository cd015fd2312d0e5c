#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/text.h"
#include "cli/caller.h"
#include "cli/commands.h"
#include "lifecycle/session.h"
#include "report/registered.h"
#include "report/report_suite.h"

namespace readiness {
namespace {

int Complain(const Error& error, int code) {
  fmt::print(stderr, "{}", RenderError(error));
  return code;
}

// The run whose records count. Empty: the target was never brought up, so there are none. Errors: somebody else's run
// is under way; with `owned`, also a run of the past. A CTest whose `up` did not run must not inherit the last one's
// GO.
Result<std::string> PresentRun(const std::string& suite_directory, bool owned) {
  READINESS_ASSIGN(const RegisteredSuite suite, ReadRegistered(suite_directory));
  const auto state = ReadState(suite.target_state_directory);
  if (!state) return state.error().kind == ErrorKind::kTarget ? Result<std::string>("") : Fail(state.error());
  const auto owner = Identify(state->owner.process.pid);
  const bool leased = state->owner.lease_until.has_value();
  const bool under_way = owner && *owner == state->owner.process;
  if (under_way || leased) READINESS_RETURN_IF_ERROR(CheckCaller(*state, owned));
  if (owned && !under_way) {
    READINESS_RETURN_IF_ERROR(RemoveReports(suite_directory));
    return Fail({ErrorKind::kRefused,
                 "the target was not brought up in this run",
                 std::nullopt,
                 {},
                 "the last run was owned by " + state->owner.description,
                 "run the items together with their fixtures, as `ctest -L '^readiness$'` does"});
  }
  return state->run_id;
}

// NO-GO before bad input before INCOMPLETE before GO: what several suites come to.
int Worst(int a, int b) {
  const auto rank = [](int code) {
    return code == kExitRed ? 3 : code == kExitUsage ? 2 : code == kExitInconclusive ? 1 : 0;
  };
  return rank(a) >= rank(b) ? a : b;
}

Result<VerdictSummary> ReportOne(const std::string& directory, const ReportCommandOptions& options) {
  READINESS_ASSIGN(const std::string run, PresentRun(directory, options.owned));
  ReportOptions report;
  report.suite_directory = directory;
  report.run_id = run;
  report.console.colour = options.colour;
  return ReportSuite(report);
}

// "shop" of "build/readiness/shop/".
std::string NameOf(const std::string& directory) {
  const std::filesystem::path path = std::filesystem::path(directory).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

Result<void> RequireDistinct(const std::vector<std::string>& directories) {
  std::set<std::string> seen;
  for (const std::string& directory : directories) {
    const auto path = std::filesystem::path(directory + "/").lexically_normal();
    if (seen.insert(path.string()).second) continue;
    return Fail(
        {ErrorKind::kUsage, "a suite is given twice", std::nullopt, "each --suite-directory once", directory, {}});
  }
  return {};
}

// Where several suites are reported, the last line says what they come to.
void PrintAll(const std::vector<std::string>& verdicts, int code) {
  if (verdicts.size() < 2) return;
  const char* word = code == kExitDone ? "GO" : code == kExitRed ? "NO-GO" : "INCOMPLETE";
  fmt::print("\nverdict of all {} suites: {} ({})\n", verdicts.size(), word,
             Printable(fmt::format("{}", fmt::join(verdicts, ", "))));
}

// Has the caller brought the target up, and its run come to a verdict? `up` removes earlier verdicts.
bool HasReported(const std::string& directory) {
  const auto suite = ReadRegistered(directory);
  if (!suite) return false;
  const auto state = ReadState(suite->target_state_directory);
  const auto parent = Identify(::getppid());
  std::error_code error;
  return state && parent && state->owner.process == *parent &&
         std::filesystem::exists(directory + "/verdict.json", error);
}

// The last words of a ctest. Its report test has decided already; this must not turn anything red or green.
int PrintAgain(const ReportCommandOptions& options) {
  for (const std::string& directory : options.suite_directories) {
    if (!HasReported(directory)) continue;
    if (const auto summary = ReportOne(directory, options)) fmt::print("\n{}", summary->console);
  }
  return kExitDone;
}

}  // namespace

int ReportCommand(const ReportCommandOptions& options) {
  if (options.if_own) return PrintAgain(options);
  if (const auto distinct = RequireDistinct(options.suite_directories); !distinct) {
    return Complain(distinct.error(), kExitUsage);
  }
  int code = kExitDone;
  bool foreign = false;
  std::vector<VerdictSummary> summaries;
  std::vector<UnreportedSuite> unreported;
  std::vector<std::string> verdicts;
  for (const std::string& directory : options.suite_directories) {
    auto summary = ReportOne(directory, options);
    if (!summary) {
      const bool refused = summary.error().kind == ErrorKind::kRefused;
      foreign = foreign || refused;
      code = Worst(code, Complain(summary.error(), refused ? kExitInconclusive : kExitUsage));
      verdicts.push_back(NameOf(directory) + " not reported");
      unreported.push_back({NameOf(directory), summary.error()});
      continue;
    }
    fmt::print("{}", summary->console);
    code = Worst(code, summary->exit_code);
    verdicts.push_back(fmt::format("{} {}", summary->suite.suite, ToString(summary->verdict)));
    summaries.push_back(std::move(*summary));
  }
  // While somebody else's run is under way the file is theirs to write.
  if (!options.junit_file.empty() && !foreign) {
    if (const auto written = WriteJunit(options.junit_file, summaries, unreported, {}); !written) {
      code = Worst(code, Complain(written.error(), kExitUsage));
    } else {
      fmt::print("\njunit of all: {}\n", Printable(options.junit_file));
    }
  }
  PrintAll(verdicts, code);
  return code;
}

}  // namespace readiness
