#include "cli/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "cli/ctest_file.h"
#include "cli/resolved_item.h"
#include "readiness/probe_table.h"
#include "report/registered.h"
#include "report/report_suite.h"

namespace readiness {
namespace {

using Problems = std::vector<Error>;

tl::unexpected<Problems> One(Error error) {
  return tl::unexpected<Problems>(Problems{std::move(error)});
}

std::vector<std::string> Ids(const Suite& suite) {
  std::vector<std::string> ids;
  for (const Item& item : suite.items) ids.push_back(item.id);
  return ids;
}

// The items that the options leave, in the suite's order. An id that the suite lacks is a mistake, not an empty choice.
Loaded<std::vector<Item>> Select(const Suite& suite, const ResolveOptions& options) {
  Problems problems;
  const std::vector<std::string> known = Ids(suite);
  for (const auto& [keyword, ids] : {std::pair{"ITEMS", &options.items}, {"EXCLUDE", &options.exclude}}) {
    for (const std::string& id : *ids) {
      if (std::find(known.begin(), known.end(), id) != known.end()) continue;
      const auto nearest = NearestWord(id, known);
      problems.push_back({ErrorKind::kUsage, fmt::format("{} names an item that suite {} lacks", keyword, options.name),
                          Place{suite.file, 0, 0}, "an item id", id, nearest ? "did you mean " + *nearest + "?" : ""});
    }
  }
  if (!problems.empty()) return tl::unexpected<Problems>(std::move(problems));
  const auto listed = [](const std::vector<std::string>& ids, const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  std::vector<Item> items;
  for (const Item& item : suite.items) {
    if (!options.items.empty() && !listed(options.items, item.id)) continue;
    if (!listed(options.exclude, item.id)) items.push_back(item);
  }
  if (items.empty()) {
    return One({ErrorKind::kUsage,
                fmt::format("ITEMS and EXCLUDE leave no item of suite {}", options.name),
                Place{suite.file, 0, 0},
                "at least one item",
                "none",
                {}});
  }
  return items;
}

// A label that contains the word would be selected by an unanchored `ctest -L readiness`; a semicolon would make two
// labels.
Problems CheckLabels(const std::vector<Item>& items) {
  Problems problems;
  for (const Item& item : items) {
    for (const std::string& label : {item.severity, item.category}) {
      const bool taken = label.find("readiness") != std::string::npos;
      if (!taken && label.find_first_of(";\n") == std::string::npos) continue;
      problems.push_back({ErrorKind::kDefinition,
                          fmt::format("\"{}\" cannot be a CTest label", Printable(label, 80)),
                          item.place,
                          "a word without `readiness`, `;` and line ends",
                          {},
                          "choose another category or severity"});
    }
  }
  return problems;
}

RegisteredSuite Register(const ResolveOptions& options, const Suite& suite, const std::vector<Item>& items) {
  RegisteredSuite registered;
  registered.suite = options.name;
  registered.title = suite.title;
  registered.target_state_directory = options.state_directory;
  registered.suite_file = suite.file;
  registered.audit_document = suite.audit_document;
  registered.audit_verdict = suite.audit_verdict;
  registered.audit_items = suite.audit_items;
  registered.severity_weights = suite.severity_weights;
  registered.gating_severities = suite.gating_severities;
  for (const Item& item : items) {
    registered.items.push_back({item.id, item.part_of, item.title, item.severity, item.category, item.section,
                                item.place.line, item.source.line});
  }
  return registered;
}

// Folders of items that an earlier build registered and this one does not would be records without an item.
Result<void> RemoveItemsBut(const std::string& suite_directory, const std::vector<Item>& items) {
  std::set<std::string> keep;
  for (const Item& item : items) keep.insert(item.id);
  std::error_code code;
  std::vector<std::filesystem::path> gone;
  for (const auto& entry : std::filesystem::directory_iterator(suite_directory + "/items", code)) {
    if (!keep.contains(entry.path().filename().string())) gone.push_back(entry.path());
  }
  for (const auto& path : gone) {
    std::filesystem::remove_all(path, code);
    if (code)
      return Fail({ErrorKind::kEnvironment, "cannot remove", Place{path.string(), 0, 0}, {}, code.message(), {}});
  }
  return {};
}

Result<void> Write(const ResolveOptions& options, const Suite& suite, const std::vector<Item>& items,
                   const ProbeTable& probes) {
  READINESS_RETURN_IF_ERROR(MakeDirectories(options.suite_directory));
  READINESS_RETURN_IF_ERROR(RemoveReports(options.suite_directory));
  READINESS_RETURN_IF_ERROR(RemoveItemsBut(options.suite_directory, items));
  for (const Item& item : items) {
    const ProbeDescription& probe = probes.at(item.probe);
    READINESS_RETURN_IF_ERROR(WriteResolvedItem({options.name, options.suite_directory, suite.file, options.target_name,
                                                 options.target_file, options.state_directory, item, probe.needs,
                                                 probe.touches, probe.controls, probe.remediation}));
  }
  READINESS_RETURN_IF_ERROR(WriteRegistered(options.suite_directory, Register(options, suite, items)));
  READINESS_RETURN_IF_ERROR(
      WriteFileAtomically(options.suite_directory + "/epilogue.cmake", WriteEpilogueFile(options)));
  return WriteFileDurably(options.suite_directory + "/tests.cmake", WriteCTestFile(options, items));
}

}  // namespace

Loaded<ProbeTable> LoadProbes() {
  ProbeTable table;
  for (const CompiledProbe& compiled : CompiledProbes()) {
    auto description = ParseProbe(compiled.description, compiled.file);
    if (!description) return tl::unexpected<Problems>(description.error());
    table[description->id] = std::move(*description);
  }
  return table;
}

Loaded<std::size_t> Resolve(const ResolveOptions& options) {
  std::error_code ignored;  // absent is what is wanted; a file that cannot be removed cannot be replaced below either
  for (const char* file : {"/tests.cmake", "/registered.json", "/verdict.json", "/junit.xml"}) {
    std::filesystem::remove(options.suite_directory + file, ignored);
  }

  const auto probes = LoadProbes();
  if (!probes) return tl::unexpected<Problems>(probes.error());
  const auto suite = LoadSuite(options.definition, *probes);
  if (!suite) return tl::unexpected<Problems>(suite.error());
  const auto target = LoadTarget(options.target_file);
  if (!target) return tl::unexpected<Problems>(target.error());
  const auto deployment = LoadDeployment(options.deployment_file, options.variant, *target);
  if (!deployment) return tl::unexpected<Problems>(deployment.error());
  if (suite->target != target->id) {
    return One({ErrorKind::kDefinition, "the suite is written for another target", Place{suite->file, 0, 0}, target->id,
                suite->target, "give readiness_add_suite the TARGET that the suite names"});
  }
  const auto items = Select(*suite, options);
  if (!items) return tl::unexpected<Problems>(items.error());
  if (Problems problems = CheckLabels(*items); !problems.empty()) return tl::unexpected<Problems>(std::move(problems));
  if (const auto written = Write(options, *suite, *items, *probes); !written) return One(written.error());
  return items->size();
}

}  // namespace readiness
