#pragma once
// From records to a verdict of the suite. Pure: it reads no file, no clock and no environment. It judges no item; it
// only counts what the records say against what the build registered.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "judge/record.h"
#include "report/registered.h"

namespace readiness {

enum class Verdict { kGo, kNoGo, kIncomplete };

/// "GO", "NO-GO", "INCOMPLETE"
std::string_view ToString(Verdict verdict);
/// The exit code of a report: 0 GO, 1 NO-GO, 3 INCOMPLETE (2 is bad input).
int ExitCode(Verdict verdict);

/// How a registered item stands in the present run. kNoRecord: it left no record in this run.
enum class Standing { kFail, kInconclusive, kManual, kNoRecord, kPass, kNotApplicable };
constexpr std::array<Standing, 6> kStandings = {Standing::kFail,     Standing::kInconclusive, Standing::kManual,
                                                Standing::kNoRecord, Standing::kPass,         Standing::kNotApplicable};
/// "fail", "inconclusive", "manual", "no record", "pass", "not applicable"
std::string_view ToString(Standing standing);
/// Neither seen to hold nor seen to be broken: inconclusive, manual, no record.
bool IsUndecided(Standing standing);

struct ItemResult {
  RegisteredItem item;
  Standing standing = Standing::kNoRecord;
  bool gates = false;
  int weight = 0;
  std::string reason;            ///< one line
  std::optional<Record> record;  ///< of this run
};

/// Weights of what passed and of what was applicable.
struct Score {
  std::int64_t passed = 0;
  std::int64_t applicable = 0;
  /// In tenths of a percent, rounded down, so that only a full score reads 100; nothing when no weight is applicable.
  std::optional<int> PerMille() const;
};
/// "87.5 %"; "-" when no weight is applicable.
std::string ToString(const Score& score);

/// Why the records as a whole cannot carry a GO.
struct Problem {
  std::string name;  ///< stable, unique: "record X9", "nothing checked"
  std::string text;
};

struct SuiteVerdict {
  Verdict verdict = Verdict::kIncomplete;
  std::string headline;  ///< "NO-GO, 1 gating item fails: C2"
  std::string run_id;
  std::vector<ItemResult> items;  ///< in the suite's order
  std::vector<Problem> problems;
  int failing_below_gate = 0;
  int undecided_below_gate = 0;
  Score overall;
  std::map<std::string, Score> categories;
  std::vector<std::string> defects;  ///< active in any record of this run
  std::vector<std::string> origins;  ///< "ai-health, deployment standin, engine process" of this run's records
};

/// NO-GO when a gating item fails. Else INCOMPLETE when a gating item is undecided, any item has no record in run
/// `run_id`, a record of that run belongs to no registered item, or no gating item was checked at all. Else GO. Records
/// of other runs count as absent. Severity, title and section are the registered ones, whatever a record says. Errors:
/// kMalformed when two records are of one item or one is of another suite.
Result<SuiteVerdict> Conclude(const RegisteredSuite& suite, std::vector<Record> records, const std::string& run_id);

}  // namespace readiness
