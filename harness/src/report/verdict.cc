#include "report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "judge/one_line.h"

namespace readiness {
namespace {

constexpr std::size_t kNamedItems = 10;

Standing StandingOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return Standing::kPass;
    case Outcome::kFail:
      return Standing::kFail;
    case Outcome::kInconclusive:
      return Standing::kInconclusive;
    case Outcome::kNotApplicable:
      return Standing::kNotApplicable;
    case Outcome::kManual:
      return Standing::kManual;
  }
  return Standing::kInconclusive;
}

void AddOnce(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

Result<std::unordered_map<std::string, Record>> ByItem(const RegisteredSuite& suite, std::vector<Record> records) {
  std::unordered_map<std::string, Record> by_item;
  for (Record& record : records) {
    if (record.suite != suite.suite)
      return Fail({ErrorKind::kMalformed,
                   "record of another suite",
                   std::nullopt,
                   suite.suite,
                   fmt::format("{} (item {})", record.suite, record.item),
                   {}});
    std::string item = record.item;
    if (!by_item.emplace(item, std::move(record)).second)
      return Fail({ErrorKind::kMalformed, "two records of one item", std::nullopt, "one record per item", item, {}});
  }
  return by_item;
}

ItemResult ResultOf(const RegisteredSuite& suite, const RegisteredItem& item,
                    std::unordered_map<std::string, Record>& records, const std::string& run_id) {
  ItemResult result;
  result.item = item;
  result.gates = Gates(suite, item.severity);
  result.weight = WeightOf(suite, item.severity);
  const auto found = records.find(item.id);
  if (found == records.end()) {
    result.reason = "no record: the item did not run";
    return result;
  }
  Record record = std::move(found->second);
  records.erase(found);
  if (record.run_id != run_id) {
    result.reason = fmt::format("no record in this run; the one there is is of run {}", OneLine(record.run_id, 80));
    return result;
  }
  result.standing = StandingOf(record.outcome);
  result.reason = OneLine(record.reason);
  result.record = std::move(record);
  return result;
}

void Count(const ItemResult& result, SuiteVerdict& verdict) {
  if (!result.gates && result.standing == Standing::kFail) ++verdict.failing_below_gate;
  if (!result.gates && IsUndecided(result.standing)) ++verdict.undecided_below_gate;
  if (!result.record) return;
  for (const std::string& defect : result.record->defects) AddOnce(verdict.defects, defect);
  // An item that was ended from outside never got to see the target.
  if (result.record->deployment.empty()) return;
  AddOnce(verdict.origins, fmt::format("{}, deployment {}, engine {}", OneLine(result.record->target, 200),
                                       OneLine(result.record->deployment, 200), OneLine(result.record->engine, 200)));
}

// An audit's item weighs once, however many tests it has: it has passed when all that apply have.
Score ScoreOf(const std::vector<ItemResult>& results, const std::string* category) {
  struct Tally {
    int weight = 0;
    bool passed = true;
  };
  std::map<std::string, Tally> tallies;
  for (const ItemResult& result : results) {
    if (result.standing == Standing::kNotApplicable) continue;
    if (category != nullptr && result.item.category != *category) continue;
    Tally& tally = tallies[result.item.AuditItem()];
    tally.weight = std::max(tally.weight, result.weight);
    tally.passed = tally.passed && result.standing == Standing::kPass;
  }
  Score score;
  for (const auto& [item, tally] : tallies) {
    score.applicable += tally.weight;
    if (tally.passed) score.passed += tally.weight;
  }
  return score;
}

void SumUp(SuiteVerdict& verdict) {
  verdict.overall = ScoreOf(verdict.items, nullptr);
  for (const ItemResult& result : verdict.items) verdict.categories.try_emplace(result.item.category);
  for (auto& [category, score] : verdict.categories) score = ScoreOf(verdict.items, &category);
}

// Records of this run that no registered item claims. Those of other runs are left over from an earlier build and say
// nothing.
void FindStrangers(const std::unordered_map<std::string, Record>& left, const std::string& run_id,
                   SuiteVerdict& verdict) {
  std::set<std::string> names;
  for (const auto& [item, record] : left) {
    if (record.run_id == run_id) names.insert(item);
  }
  for (const std::string& name : names)
    verdict.problems.push_back(
        {"record " + name, fmt::format("there is a record of {}, which is not a registered item", name)});
}

void CheckVacuity(SuiteVerdict& verdict) {
  const bool any_checked = std::any_of(verdict.items.begin(), verdict.items.end(), [](const ItemResult& result) {
    return result.gates && result.standing != Standing::kNotApplicable;
  });
  if (!any_checked)
    verdict.problems.push_back(
        {"nothing checked", "no gating item is registered and applicable, so nothing was checked"});
}

struct Named {
  std::size_t count = 0;
  std::string names;
  void Add(const std::string& id) {
    if (++count <= kNamedItems) names += (count > 1 ? ", " : "") + id;
  }
  std::string Shown() const {
    return count > kNamedItems ? fmt::format("{} and {} more", names, count - kNamedItems) : names;
  }
  const char* Plural() const { return count == 1 ? "" : "s"; }
};

struct Reasons {
  Named failing;
  Named undecided;  // gating
  Named missing;    // below the gate, without record
};

Reasons Gather(const SuiteVerdict& verdict) {
  Reasons reasons;
  for (const ItemResult& result : verdict.items) {
    if (result.gates && result.standing == Standing::kFail) reasons.failing.Add(result.item.id);
    if (result.gates && IsUndecided(result.standing)) reasons.undecided.Add(result.item.id);
    if (!result.gates && result.standing == Standing::kNoRecord) reasons.missing.Add(result.item.id);
  }
  return reasons;
}

std::vector<std::string> Phrases(const SuiteVerdict& verdict, const Reasons& reasons) {
  const auto& [failing, undecided, missing] = reasons;
  std::vector<std::string> phrases;
  if (failing.count > 0)
    phrases.push_back(fmt::format("{} gating item{} fail{}: {}", failing.count, failing.Plural(),
                                  failing.count == 1 ? "s" : "", failing.Shown()));
  if (undecided.count > 0)
    phrases.push_back(fmt::format("{} gating item{} could not be judged: {}", undecided.count, undecided.Plural(),
                                  undecided.Shown()));
  if (missing.count > 0)
    phrases.push_back(
        fmt::format("{} item{} below the gate without record: {}", missing.count, missing.Plural(), missing.Shown()));
  for (std::size_t i = 0; i < std::min(verdict.problems.size(), kNamedItems); ++i)
    phrases.push_back(verdict.problems[i].text);
  if (verdict.problems.size() > kNamedItems)
    phrases.push_back(fmt::format("{} more such records", verdict.problems.size() - kNamedItems));
  if (verdict.failing_below_gate > 0)
    phrases.push_back(fmt::format("with {} failing item{} below the gate", verdict.failing_below_gate,
                                  verdict.failing_below_gate == 1 ? "" : "s"));
  const int other_undecided = verdict.undecided_below_gate - static_cast<int>(missing.count);
  if (other_undecided > 0)
    phrases.push_back(fmt::format("with {} item{} below the gate that could not be judged", other_undecided,
                                  other_undecided == 1 ? "" : "s"));
  return phrases;
}

void Decide(SuiteVerdict& verdict) {
  const Reasons reasons = Gather(verdict);
  if (reasons.failing.count > 0) {
    verdict.verdict = Verdict::kNoGo;
  } else if (reasons.undecided.count > 0 || reasons.missing.count > 0 || !verdict.problems.empty()) {
    verdict.verdict = Verdict::kIncomplete;
  } else {
    verdict.verdict = Verdict::kGo;
  }
  const std::vector<std::string> phrases = Phrases(verdict, reasons);
  verdict.headline = std::string(ToString(verdict.verdict));
  for (std::size_t i = 0; i < phrases.size(); ++i) verdict.headline += (i == 0 ? ", " : "; ") + phrases[i];
  if (!verdict.defects.empty()) verdict.headline += " (stand-in with active defects; this is not the real system)";
}

}  // namespace

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGo:
      return "GO";
    case Verdict::kNoGo:
      return "NO-GO";
    case Verdict::kIncomplete:
      return "INCOMPLETE";
  }
  return "INCOMPLETE";
}

int ExitCode(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGo:
      return 0;
    case Verdict::kNoGo:
      return 1;
    case Verdict::kIncomplete:
      return 3;
  }
  return 3;
}

std::string_view ToString(Standing standing) {
  switch (standing) {
    case Standing::kFail:
      return "fail";
    case Standing::kInconclusive:
      return "inconclusive";
    case Standing::kManual:
      return "manual";
    case Standing::kNoRecord:
      return "no record";
    case Standing::kPass:
      return "pass";
    case Standing::kNotApplicable:
      return "not applicable";
  }
  return "no record";
}

bool IsUndecided(Standing standing) {
  return standing == Standing::kInconclusive || standing == Standing::kManual || standing == Standing::kNoRecord;
}

std::optional<int> Score::PerMille() const {
  if (applicable <= 0) return std::nullopt;
  return static_cast<int>(passed * 1000 / applicable);
}

std::string ToString(const Score& score) {
  const std::optional<int> per_mille = score.PerMille();
  return per_mille ? fmt::format("{}.{} %", *per_mille / 10, *per_mille % 10) : std::string("-");
}

Result<SuiteVerdict> Conclude(const RegisteredSuite& suite, std::vector<Record> records, const std::string& run_id) {
  READINESS_ASSIGN(auto by_item, ByItem(suite, std::move(records)));
  SuiteVerdict verdict;
  verdict.run_id = run_id;
  verdict.items.reserve(suite.items.size());
  for (const RegisteredItem& item : suite.items) {
    verdict.items.push_back(ResultOf(suite, item, by_item, run_id));
    Count(verdict.items.back(), verdict);
  }
  SumUp(verdict);
  FindStrangers(by_item, run_id, verdict);
  CheckVacuity(verdict);
  Decide(verdict);
  return verdict;
}

}  // namespace readiness
