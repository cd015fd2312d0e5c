// One row of the kill matrix: the stand-in with one defect (or set of defects, or none) against its suite. The items
// that do not pass have to be exactly those that the defect declares, and every record has to name the active defects.
//
// `deployment` is the name of a file in the suite's deployments folder: "standin", "containers".
//
//   conformance_matrix <tool> <suite folder> <deployment> healthy|<defect id>|<set id> whole|declared
//
// "declared": only the items that the defect declares, and one that it does not.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/files.h"
#include "base/located_json.h"
#include "conformance/trial.h"
#include "lifecycle/session.h"
#include "report/registered.h"

namespace readiness::conformance {
namespace {

constexpr const char* kHealthy = "healthy";
// The items' own timeouts are what bounds them; the first start with containers makes images.
constexpr std::chrono::minutes kPatience{10};

// What a row of the matrix is expected to come to.
struct Row {
  std::string id;
  std::string suite;
  std::set<std::string> active;
  std::set<std::string> reddens;
  std::string defects() const { return id == kHealthy ? "" : id; }
};

Result<Row> ReadRow(const std::string& file, const std::string& suite, const std::string& id) {
  Row row{id, suite, {}, {}};
  if (id == kHealthy) return row;
  READINESS_ASSIGN(const std::string text, ReadFile(file));
  READINESS_ASSIGN(const Json json, ParseStrictJson(text, file));
  row.active = {id};
  const Json sets = json.value("sets", Json::object());
  for (const auto& [name, members] : sets.items()) {
    if (suite + "." + name == id) row.active = members.get<std::set<std::string>>();
  }
  std::size_t found = 0;
  for (const Json& defect : json.at("defects")) {
    if (!row.active.contains(defect.at("id"))) continue;
    ++found;
    for (const Json& item : defect.at("reddens")) row.reddens.insert(item.get<std::string>());
  }
  if (found != row.active.size() || row.reddens.empty()) {
    return Fail(ErrorKind::kUsage, fmt::format("{} has no defect {} that reddens an item", file, id));
  }
  return row;
}

// The declared items and one other, which is not the same for every row.
std::vector<std::string> DeclaredAndOne(const Row& row, const std::vector<std::string>& items) {
  std::vector<std::string> chosen, others;
  for (const std::string& item : items) (row.reddens.contains(item) ? chosen : others).push_back(item);
  if (!others.empty()) {
    const std::size_t sum = std::accumulate(row.id.begin(), row.id.end(), std::size_t{0});
    chosen.push_back(others[sum % others.size()]);
  }
  return chosen;
}

// Collects what is wrong with a row and the line of the table that it becomes.
class Check {
 public:
  Check(const Row& row, Trial& trial, bool whole) : row_(row), trial_(trial), whole_(whole) {}

  Result<void> Go(const Definitions& definitions) {
    READINESS_RETURN_IF_ERROR(Must(trial_.Resolve(definitions), "resolve"));
    READINESS_ASSIGN(const std::vector<std::string> all, trial_.Items());
    for (const std::string& item : row_.reddens) {
      if (std::find(all.begin(), all.end(), item) == all.end())
        Wrong(fmt::format("{} declares item {}, which the suite lacks", row_.id, item));
    }
    if (!whole_) {
      std::vector<std::string> options;
      for (const std::string& item : DeclaredAndOne(row_, all)) options.insert(options.end(), {"--items", item});
      READINESS_RETURN_IF_ERROR(Must(trial_.Resolve(definitions, options), "resolve"));
    }
    READINESS_RETURN_IF_ERROR(Must(trial_.Up(definitions, row_.defects()), "up"));
    READINESS_ASSIGN(const TargetState state, ReadState(trial_.StateDirectory()));
    if (!state.started) return Fail(ErrorKind::kTarget, "the stand-in did not start: " + state.reason);
    READINESS_ASSIGN(const RegisteredSuite suite, ReadRegistered(trial_.SuiteDirectory()));
    for (const RegisteredItem& item : suite.items) Judge(item.id, state.run_id, Gates(suite, item.severity));
    JudgeVerdict(trial_.Report());
    // The control of the search for leftovers.
    if (trial_.Leftovers().empty()) Wrong("the processes of a living run were not found");
    READINESS_RETURN_IF_ERROR(Must(trial_.Down(), "down"));
    for (const std::string& left : trial_.Leftovers()) Wrong("left behind: " + left);
    return {};
  }

  const std::vector<std::string>& wrong() const { return wrong_; }
  const std::vector<std::string>& cells() const { return cells_; }

 private:
  static Result<void> Must(const Ended& ended, const std::string& what) {
    if (ended.code == 0) return {};
    return Fail(ErrorKind::kTarget, fmt::format("{} ended with {}: {}", what, ended.code, ended.output));
  }

  void Wrong(std::string what) { wrong_.push_back(std::move(what)); }

  void Judge(const std::string& item, const std::string& run_id, bool gates) {
    const ItemResult result = trial_.RunItem(item);
    if (!result.record) {
      Wrong(fmt::format("{}: no record ({}): {}", item, result.record.error().Brief(), result.output));
      return;
    }
    const Record& record = *result.record;
    const bool red = record.outcome != Outcome::kPass;
    const bool declared = row_.reddens.contains(item);
    cells_.push_back(fmt::format("{} {}", item, ToString(record.outcome)));
    if (red != declared) {
      Wrong(fmt::format("{} is {} and {} does{} declare it: {}\n{}", item, ToString(record.outcome), row_.id,
                        declared ? "" : " not", record.reason, result.output));
    }
    if (result.code != ExitCode(record.outcome)) Wrong(fmt::format("{} ended with {}", item, result.code));
    if (record.run_id != run_id) Wrong(fmt::format("{} has the record of run {}", item, record.run_id));
    const std::set<std::string> named(record.defects.begin(), record.defects.end());
    if (named != row_.active || named.size() != record.defects.size()) {
      Wrong(fmt::format("the record of {} names the defects {}", item, record.defects));
    }
    gates_ = gates_ || gates;
    gating_fail_ = gating_fail_ || (gates && record.outcome == Outcome::kFail);
    gating_red_ = gating_red_ || (gates && red);
  }

  void JudgeVerdict(const Ended& report) {
    // Without an item that gates, nothing was checked that could carry a GO.
    const int expected = gating_fail_ ? 1 : gating_red_ || !gates_ ? 3 : 0;
    if (report.code == expected) return;
    Wrong(fmt::format("report ended with {}, expected {}:\n{}", report.code, expected, report.output));
  }

  const Row& row_;
  Trial& trial_;
  const bool whole_;
  std::vector<std::string> wrong_;
  std::vector<std::string> cells_;
  bool gates_ = false;
  bool gating_fail_ = false;
  bool gating_red_ = false;
};

int Main(const std::vector<std::string>& words) {
  if (words.size() != 6 || (words[5] != "whole" && words[5] != "declared")) {
    fmt::print(
        stderr,
        "usage: conformance_matrix <tool> <suite folder> <deployment> healthy|<defect or set id> whole|declared\n");
    return 2;
  }
  const std::string& folder = words[2];
  const std::string suite = folder.substr(folder.rfind('/') + 1);
  const auto begun = std::chrono::steady_clock::now();
  const auto row = ReadRow(folder + "/standin/defects.json", suite, words[4]);
  if (!row) {
    fmt::print(stderr, "{}", RenderError(row.error()));
    return 2;
  }
  Trial trial(words[1], suite);
  trial.SetPatience(kPatience);
  Check check(*row, trial, words[5] == "whole");
  const auto done = check.Go(
      {folder + "/suite.json", folder + "/target.json", fmt::format("{}/deployments/{}.json", folder, words[3])});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const bool good = done && check.wrong().empty();
  fmt::print("| {:<36} | {} | {:.1f} s | {} |\n", row->id, fmt::join(check.cells(), " | "), took.count(),
             good ? (row->id == kHealthy ? "green" : "killed") : "WRONG");
  for (const std::string& wrong : check.wrong()) fmt::print("{}\n", wrong);
  if (!done) fmt::print("{}", RenderError(done.error()));
  return good ? 0 : 1;
}

}  // namespace
}  // namespace readiness::conformance

int main(int argc, char** argv) {
  return readiness::conformance::Main({argv, argv + argc});
}
