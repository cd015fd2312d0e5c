#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

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

// The run whose records count. Empty: the target was never brought up, so there are none. Errors: somebody else's run is under way.
Result<std::string> PresentRun(const std::string& suite_directory) {
  READINESS_ASSIGN(const RegisteredSuite suite, ReadRegistered(suite_directory));
  const auto state = ReadState(suite.target_state_directory);
  if (!state) return state.error().kind == ErrorKind::kTarget ? Result<std::string>("") : Fail(state.error());
  READINESS_ASSIGN(const ProcessIdentity parent, Identify(::getppid()));
  const auto owner = Identify(state->owner.process.pid);
  const bool under_way = owner && *owner == state->owner.process;
  if (under_way) READINESS_RETURN_IF_ERROR(CheckOwner(*state, parent));
  return state->run_id;
}

// NO-GO before bad input before INCOMPLETE before GO: what several suites come to.
int Worst(int a, int b) {
  const auto rank = [](int code) { return code == kExitRed ? 3 : code == kExitUsage ? 2 : code == kExitInconclusive ? 1 : 0; };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace

int ReportCommand(const ReportCommandOptions& options) {
  int code = kExitDone;
  for (const std::string& directory : options.suite_directories) {
    const auto run = PresentRun(directory);
    if (!run) {
      const bool foreign = run.error().kind == ErrorKind::kRefused;
      code = Worst(code, Complain(run.error(), foreign ? kExitInconclusive : kExitUsage));
      continue;
    }
    ReportOptions report;
    report.suite_directory = directory;
    report.run_id = *run;
    report.console.colour = options.colour;
    const auto summary = ReportSuite(report);
    if (!summary) {
      code = Worst(code, Complain(summary.error(), kExitUsage));
      continue;
    }
    fmt::print("{}", summary->console);
    code = Worst(code, summary->exit_code);
  }
  return code;
}

}  // namespace readiness
