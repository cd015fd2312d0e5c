#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "bench/parts.h"
#include "bench/shop.h"
#include "judge/record.h"
#include "judge/record_store.h"
#include "lifecycle/session.h"

namespace readiness::bench {
namespace {

constexpr int kMany = 10'000;
constexpr int kFew = 100;

// Projects with as many tests that do nothing.
enum class Trivial {
  kIncluded,    ///< add_test lines in a file that CTest includes
  kAdded,       ///< add_test(NAME ... COMMAND ...), as projects do
  kProperties,  ///< included, with the properties of items: labels, fixture, skip code, timeout
};

std::string TrivialLines(Trivial kind) {
  std::string text;
  for (int i = 0; i < kMany; ++i) {
    text += fmt::format("add_test([=[shop.I{}]=] [=[/bin/true]=])\n", i);
    if (kind == Trivial::kProperties) {
      text += fmt::format(
          "set_tests_properties([=[shop.I{}]=] PROPERTIES LABELS [=[a;shop;high;scenario;b]=] FIXTURES_REQUIRED "
          "[=[target]=] "
          "SKIP_RETURN_CODE 77 TIMEOUT 75)\n",
          i);
    }
  }
  if (kind == Trivial::kProperties) {
    text +=
        "add_test(up /bin/true)\nadd_test(down /bin/true)\nset_tests_properties(up PROPERTIES FIXTURES_SETUP target)\n"
        "set_tests_properties(down PROPERTIES FIXTURES_CLEANUP target)\n";
  }
  return text;
}

Result<void> WriteTrivial(const std::string& folder, Trivial kind) {
  READINESS_RETURN_IF_ERROR(MakeDirectories(folder));
  std::string project = "cmake_minimum_required(VERSION 3.25)\nproject(trivial LANGUAGES NONE)\nenable_testing()\n";
  if (kind == Trivial::kAdded) {
    project +=
        fmt::format("foreach(i RANGE 1 {})\n  add_test(NAME shop.I${{i}} COMMAND /bin/true)\nendforeach()\n", kMany);
  } else {
    project += "set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES \"${CMAKE_SOURCE_DIR}/tests.cmake\")\n";
    READINESS_RETURN_IF_ERROR(WriteText(folder + "/tests.cmake", TrivialLines(kind)));
  }
  return WriteText(folder + "/CMakeLists.txt", project);
}

Command List(const std::string& folder) {
  return {{CTEST_PROGRAM, "--test-dir", folder + "/build", "-N"}};
}

// `a` item with few beside it, one with many: configure, list.
Result<void> MeasureCTest(const bench::Place& place, int rounds, Part& part) {
  const std::string ours = place.folder + "/project";
  READINESS_RETURN_IF_ERROR(WriteShop(ours, kMany, ItemKind::kExchange));
  READINESS_RETURN_IF_ERROR(
      WriteText(ours + "/CMakeLists.txt",
                ProjectWithTool("readiness_add_target(shop API target.json DEPLOYMENT local.json)\n"
                                "readiness_add_suite(shop-audit DEFINITION suite.json TARGET shop)\n")));
  const std::vector<std::pair<Trivial, std::string>> trivial = {
      {Trivial::kIncluded, place.folder + "/included"},
      {Trivial::kAdded, place.folder + "/added"},
      {Trivial::kProperties, place.folder + "/properties"},
  };
  std::vector<Command> configure = {Configure(ours)};
  std::vector<Command> list = {List(ours)};
  for (const auto& [kind, folder] : trivial) {
    READINESS_RETURN_IF_ERROR(WriteTrivial(folder, kind));
    configure.push_back(Configure(folder));
    list.push_back(List(folder));
  }
  READINESS_ASSIGN(const std::vector<Series> configured, Interleave(configure, rounds));
  READINESS_RETURN_IF_ERROR(Run({{CMAKE_PROGRAM, "--build", ours + "/build"}}));
  READINESS_ASSIGN(const std::vector<Series> listed, Interleave(list, rounds));

  const char* against[] = {"as many add_test lines in an included file", "as many add_test() of a project",
                           "as many included with the properties of items"};
  for (const auto& [what, series] : {std::pair{"configure", &configured}, {"ctest -N", &listed}}) {
    for (std::size_t i = 0; i < trivial.size(); ++i) {
      const Series& our = series->front();
      const Series& other = (*series)[i + 1];
      part.rows.push_back({fmt::format("{}: CPU time", what), "ms", our.cpu_ms, against[i], other.cpu_ms,
                           Ratios(our.cpu_ms, other.cpu_ms), "x", 2.0});
    }
  }
  return {};
}

// Records of all items, made from the one of item 0.
Result<void> WriteRecords(const std::string& suite_directory) {
  READINESS_ASSIGN(Record record, ReadRecord(suite_directory, "I0"));
  for (int i = 0; i < kMany; ++i) {
    record.item = fmt::format("I{}", i);
    record.title = fmt::format("What line {} of the audit says holds", i + 1);
    READINESS_ASSIGN(const std::string file, RecordFile(suite_directory, record.item));
    READINESS_RETURN_IF_ERROR(WriteFileAtomically(file, Serialize(record)));
  }
  return {};
}

// The build step, one item among few and among many, and the report.
Result<void> MeasureTool(const bench::Place& place, int rounds, Part& part) {
  const std::string many = place.folder + "/many";
  const std::string few = place.folder + "/few";
  READINESS_RETURN_IF_ERROR(WriteShop(many, kMany, ItemKind::kExchange));
  READINESS_RETURN_IF_ERROR(WriteShop(few, kFew, ItemKind::kExchange));
  const std::string tool = READINESS_TOOL;
  Series first;
  for (int i = 0; i < rounds; ++i) {
    std::filesystem::remove_all(many + "/suite");
    READINESS_ASSIGN(const Finished run, Run(ResolveShop(tool, many)));
    first.Add(run);
  }
  READINESS_ASSIGN(const std::vector<Series> resolve, Interleave({ResolveShop(tool, many),
                                                                  ResolveShop(tool, few, many + "/state"),
                                                                  {{tool, "list", many + "/suite.json"}}},
                                                                 rounds));
  part.rows.push_back(
      {"build step, first: wall time", "ms", first.wall_ms, "its CPU time", first.cpu_ms, {}, "", 3000.0});
  part.rows.push_back(
      {"build step, again: wall time", "ms", resolve[0].wall_ms, "its CPU time", resolve[0].cpu_ms, {}, "", 3000.0});
  part.rows.push_back({"list: wall time", "ms", resolve[2].wall_ms, "its CPU time", resolve[2].cpu_ms, {}, "", {}});

  READINESS_ASSIGN(const ShopRun target, ShopRun::Up(tool, many));
  READINESS_ASSIGN(const std::vector<Series> items,
                   Interleave({RunItem(tool, many, 0), RunItem(tool, few, 0)}, place.rounds));
  part.rows.push_back({"one item: CPU time", "ms", items[0].cpu_ms, "among 100", items[1].cpu_ms,
                       Ratios(items[0].cpu_ms, items[1].cpu_ms), "x", 1.05});
  part.rows.push_back({"one item: wall time",
                       "ms",
                       items[0].wall_ms,
                       "among 100",
                       items[1].wall_ms,
                       Ratios(items[0].wall_ms, items[1].wall_ms),
                       "x",
                       {}});

  READINESS_RETURN_IF_ERROR(WriteRecords(many + "/suite"));
  READINESS_ASSIGN(const std::vector<Series> reports,
                   Interleave({{{tool, "report", "--suite-directory", many + "/suite"}}}, rounds));
  part.rows.push_back({"report (verdict, JUnit, console): wall time",
                       "ms",
                       reports[0].wall_ms,
                       "its CPU time",
                       reports[0].cpu_ms,
                       {},
                       "",
                       2000.0});
  part.rows.push_back({"report: peak memory", "MiB", reports[0].peak_mib, "", {}, {}, "", {}});
  return {};
}

}  // namespace

Result<Part> MeasureScale(const bench::Place& place) {
  Part part{"10,000 items",
            "Generated, offline. CPU time where the disk would decide otherwise. CTest looks for a test's name in the "
            "list of all tests, for each property that a test is given: "
            "its own cost grows with the square of their number, and with the number of their properties.",
            {},
            {}};
  const int rounds = std::max(1, place.rounds / 6);
  READINESS_RETURN_IF_ERROR(MeasureTool(place, rounds, part));
  READINESS_RETURN_IF_ERROR(MeasureCTest(place, rounds, part));
  return part;
}

}  // namespace readiness::bench
