#include "cli/commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/text.h"
#include "cli/audit_document.h"
#include "cli/caller.h"
#include "cli/item_process.h"
#include "judge/record_store.h"
#include "report/console.h"
#include "report/junit.h"
#include "report/report_suite.h"

namespace readiness {
namespace {

int Complain(const Error& error, int code) {
  fmt::print(stderr, "{}", RenderError(error));
  return code;
}

int Complain(const std::vector<Error>& errors) {
  for (const Error& error : errors) Complain(error, kExitUsage);
  return kExitUsage;
}

// The lines of a list that the build wrote; none for a target that was brought up by hand, without suites.
std::vector<std::string> Lines(const std::string& file) {
  std::vector<std::string> lines;
  std::istringstream stream(ReadFile(file).value_or(""));
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// The files that must not outlive the start of a new run: old verdicts of every suite that uses the target, and reports
// on several suites that include one of those.
std::vector<std::string> StaleFiles(const std::string& state_directory) {
  std::vector<std::string> files = Lines(state_directory + "/reports.txt");
  for (const std::string& folder : Lines(state_directory + "/suites.txt")) {
    files.push_back(folder + "/verdict.json");
    files.push_back(folder + "/junit.xml");
  }
  return files;
}

}  // namespace

int UpCommand(const UpOptions& options) {
  const auto state = Up(options, StaleFiles(options.state_directory));
  if (!state) return Complain(state.error(), kExitDone);
  if (state->started) {
    fmt::print("{} is up (run {}), owned by {}\n", Printable(options.name), state->run_id,
               Printable(state->owner.description));
    if (const auto session = ReadSession(state->run_directory)) {
      for (const auto& [service, endpoint] : session->services) fmt::print("  {} {}\n", service, endpoint.url);
    }
  } else {
    fmt::print("{} did not start: {}\n", Printable(options.name), Printable(state->reason));
  }
  return kExitDone;
}

int DownCommand(const std::string& state_directory, bool owned) {
  if (const auto state = ReadState(state_directory); owned && state && state->owner.lease_until) {
    fmt::print("left alone: {}\n", Printable(state->owner.description));
    return kExitDone;
  }
  const auto ended = Down(state_directory);
  return ended ? kExitDone : Complain(ended.error(), kExitRed);
}

int StartedCommand(const std::string& state_directory, bool owned) {
  const auto state = ReadState(state_directory);
  if (!state) return Complain(state.error(), kExitRed);
  if (const auto ours = CheckCaller(*state, owned); !ours) return Complain(ours.error(), kExitRed);
  if (!state->started) {
    return Complain(
        {ErrorKind::kTarget, fmt::format("{} did not start", state->target), std::nullopt, {}, state->reason, {}},
        kExitRed);
  }
  fmt::print("{} is up (run {})\n", state->target, state->run_id);
  return kExitDone;
}

int ReapCommand(const std::string& run_id) {
  const auto reaped = Reap(run_id);
  if (!reaped) return Complain(reaped.error(), kExitRed);
  for (const Reaped& run : *reaped) {
    fmt::print("ended run {} of {}: {} processes and containers\n", Printable(run.run_id), Printable(run.owner),
               run.ended);
  }
  if (reaped->empty()) fmt::print("nothing to end\n");
  return kExitDone;
}

int ResolveCommand(const ResolveOptions& options) {
  const auto count = Resolve(options);
  return count ? kExitDone : Complain(count.error());
}

int RunCommand(const std::string& item_file, bool owned) {
  const auto record = RunItem(item_file, owned);
  if (!record) {
    const bool bad_input = record.error().kind == ErrorKind::kMalformed || record.error().kind == ErrorKind::kUsage;
    fmt::print("INCONCLUSIVE {}\n", Printable(item_file));
    std::fflush(stdout);
    return Complain(record.error(), bad_input ? kExitUsage : kExitInconclusive);
  }
  const std::size_t slash = item_file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : item_file.substr(0, slash);
  fmt::print("{}", RenderItem(*record, folder, {}));
  return ExitCode(record->outcome);
}

int ListCommand(const std::string& suite_file, bool json) {
  const auto probes = LoadProbes();
  if (!probes) return Complain(probes.error());
  const auto suite = LoadSuite(suite_file, *probes);
  if (!suite) return Complain(suite.error());
  Json items = Json::array();
  for (const Item& item : suite->items) {
    if (json) {
      items.push_back({{"id", item.id},
                       {"part_of", item.part_of},
                       {"title", item.title},
                       {"severity", item.severity},
                       {"category", item.category},
                       {"section", item.section},
                       {"probe", item.probe},
                       {"source", {{"document", item.source.document}, {"line", item.source.line}}},
                       {"narrower_than_audit", item.narrower_than_audit}});
    } else {
      fmt::print("{:<10} {:<9} {:<28} {}\n", item.id, item.severity, item.probe, item.title);
    }
  }
  if (json) {
    fmt::print("{}\n", Json({{"suite", suite->id}, {"audit_items", suite->audit_items}, {"items", items}}).dump(2));
  } else {
    std::set<std::string> covered;
    for (const Item& item : suite->items) covered.insert(item.part_of.empty() ? item.id : item.part_of);
    fmt::print("{} of {} items of the audit automated", covered.size(), suite->audit_items);
    if (covered.size() != suite->items.size()) fmt::print(", by {} tests", suite->items.size());
    fmt::print("\n");
  }
  return kExitDone;
}

}  // namespace readiness
