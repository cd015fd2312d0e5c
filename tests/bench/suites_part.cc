// What share of a suite's wall time is ours. An item's process that does not compute waits: for an answer of the
// target, its store, a double or a command of the target, or for the time to pass in which something forbidden might
// still happen. So our share is the CPU time of all our processes (ctest, up, items, report, down, and the supervisors,
// which ctest does not wait for) over the wall time of `ctest`. Two of them computing at once count twice: with -j2 it
// is an upper bound.

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/files.h"
#include "bench/parts.h"
#include "bench/shop.h"

namespace readiness::bench {
namespace {

// CPU time of the supervisors and janitors of `tool`, as last seen alive. It leaves out what they did before they
// ended.
class Supervisors {
 public:
  explicit Supervisors(std::string tool) : tool_(std::move(tool)) {}

  void Look() {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
      const std::string pid = entry.path().filename().string();
      if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
      if (std::filesystem::read_symlink(entry.path() / "exe", ignored) != tool_) continue;
      const std::string command = ReadFile(entry.path().string() + "/cmdline").value_or(std::string());
      if (command.find(std::string("\0supervise", 10)) == std::string::npos &&
          command.find(std::string("\0janitor", 8)) == std::string::npos)
        continue;
      if (const double cpu = CpuOf(entry.path().string()); cpu >= 0) cpu_ms_[pid] = cpu;
    }
  }
  double Total() const {
    double total = 0;
    for (const auto& [pid, cpu] : cpu_ms_) total += cpu;
    return total;
  }

 private:
  // Of the process itself, without the children that it waited for: those are the target.
  static double CpuOf(const std::string& folder) {
    const std::string stat = ReadFile(folder + "/stat").value_or(std::string());
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return -1;
    std::istringstream fields(stat.substr(name_end + 1));
    std::string word;
    double ticks = 0;
    for (int field = 3; field <= 15 && fields >> word; ++field) {
      if (field >= 14) ticks += std::atof(word.c_str());
    }
    return ticks * 1000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

  std::string tool_;
  std::map<std::string, double> cpu_ms_;
};

// What ctest printed of each test: "  3/20 Test #24: ai-health.C2 ....   Passed    5.06 sec".
std::map<std::string, double> TestTimes(const std::string& output) {
  std::map<std::string, double> seconds;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(" Test ");
    const std::size_t colon = line.find(": ", at == std::string::npos ? 0 : at);
    const std::size_t end = line.rfind(" sec");
    if (at == std::string::npos || colon == std::string::npos || end == std::string::npos) continue;
    const std::size_t number = line.find_last_of(' ', end - 1);
    seconds[line.substr(colon + 2, line.find(' ', colon + 2) - colon - 2)] = std::atof(line.c_str() + number);
  }
  return seconds;
}

std::set<std::string> ExclusiveItems(const std::string& suite_file) {
  std::set<std::string> items;
  const auto suite = nlohmann::json::parse(ReadFile(suite_file).value_or(std::string()), nullptr, false);
  if (suite.is_discarded()) return items;
  for (const auto& item : suite.at("items")) {
    if (item.value("isolation", "") == "exclusive") items.insert(item.at("id").get<std::string>());
  }
  return items;
}

struct SuiteSeries {
  Samples wall_s, up_s, items_s, path_s, share, cpu_s, per_item_ms;
};

// What cannot be shortened by more processors: up, the exclusive items one after another, the longest other, report,
// down.
double CriticalPath(const std::string& name, const std::map<std::string, double>& times,
                    const std::set<std::string>& exclusive) {
  double path = 0;
  double longest = 0;
  for (const auto& [test, seconds] : times) {
    const bool is_item = test.starts_with(name + ".") && test != name + ".report";
    if (!is_item || exclusive.contains(test.substr(name.size() + 1))) {
      path += seconds;
    } else {
      longest = std::max(longest, seconds);
    }
  }
  return path + longest;
}

Result<void> RunOnce(const std::string& name, const std::string& build, const std::set<std::string>& exclusive,
                     SuiteSeries& series) {
  Supervisors supervisors(READINESS_TOOL);
  Command ctest{{CTEST_PROGRAM, "--test-dir", build, "-j2", "-R", fmt::format("^{}(-target)?\\.", name)}};
  READINESS_ASSIGN(const Finished run, Run(ctest, [&] { supervisors.Look(); }));
  const std::map<std::string, double> times = TestTimes(run.output);
  if (times.empty()) return Fail(ErrorKind::kInternal, "not measured: ctest's output shows no times");
  double items = 0;
  int count = 0;
  for (const auto& [test, seconds] : times) {
    if (!test.starts_with(name + ".") || test == name + ".report") continue;
    items += seconds;
    ++count;
  }
  const double cpu_ms = run.cpu_ms + supervisors.Total();
  series.wall_s.Add(run.wall_ms / 1000);
  series.cpu_s.Add(cpu_ms / 1000);
  series.share.Add(100 * cpu_ms / run.wall_ms);
  series.items_s.Add(items);
  series.per_item_ms.Add(cpu_ms / std::max(count, 1));
  const auto up = times.find(name + "-target.up");
  series.up_s.Add(up == times.end() ? 0 : up->second);
  series.path_s.Add(CriticalPath(name, times, exclusive));
  return {};
}

std::string Project() {
  std::string calls;
  for (const char* name : {"ai-health", "customer-intelligence"}) {
    const std::string folder = fmt::format("{}/{}", READINESS_SUITES, name);
    calls += fmt::format(
        "readiness_add_target({0}-target API [==[{1}/target.json]==] DEPLOYMENT [==[{1}/deployments/standin.json]==])\n"
        "readiness_add_suite({0} DEFINITION [==[{1}/suite.json]==] TARGET {0}-target)\n",
        name, folder);
  }
  return ProjectWithTool(calls);
}

}  // namespace

Result<Part> MeasureSuites(const bench::Place& place) {
  READINESS_RETURN_IF_ERROR(WriteText(place.folder + "/CMakeLists.txt", Project()));
  READINESS_RETURN_IF_ERROR(Run(Configure(place.folder)));
  const std::string build = place.folder + "/build";
  READINESS_RETURN_IF_ERROR(Run({{CMAKE_PROGRAM, "--build", build}}));

  const int runs = std::max(1, place.rounds / 10);
  Part part{
      "Whole suites, process engine, ctest -j2, healthy stand-ins",
      "Ours is the CPU time of ctest and of every process of the tool, the supervisors among them, over the wall time "
      "of ctest: "
      "without computing, an item waits for the target, its store, a double or a command. The critical path is what "
      "more "
      "processors would not shorten: up, exclusive items one after another, the longest of the others, report, down.",
      {},
      {}};
  for (const std::string name : {"ai-health", "customer-intelligence"}) {
    const auto exclusive = ExclusiveItems(fmt::format("{}/{}/suite.json", READINESS_SUITES, name));
    SuiteSeries series;
    for (int i = 0; i < runs; ++i) READINESS_RETURN_IF_ERROR(RunOnce(name, build, exclusive, series));
    const bool is_service = name == "ai-health";
    part.rows.push_back({name + ": our share of wall time",
                         "%",
                         series.share,
                         "",
                         {},
                         {},
                         "",
                         is_service ? std::optional<double>(20.0) : std::nullopt});
    part.rows.push_back({name + ": wall time",
                         "s",
                         series.wall_s,
                         "critical path",
                         series.path_s,
                         Ratios(series.wall_s, series.path_s),
                         "x",
                         {}});
    part.rows.push_back(
        {name + ": our CPU time", "s", series.cpu_s, "all items, one after another", series.items_s, {}, "", {}});
    part.rows.push_back({name + ": our CPU time by item", "ms", series.per_item_ms, "", {}, {}, "", {}});
    part.rows.push_back({name + ": up", "s", series.up_s, "", {}, {}, "", {}});
  }
  return part;
}

}  // namespace readiness::bench
