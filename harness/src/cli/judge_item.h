#pragma once
// One judgement of one item in the present process: probe, judge, record, evidence.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/resolved_item.h"
#include "judge/judge.h"
#include "judge/record.h"
#include "lifecycle/session.h"

namespace readiness {

/// What is known before the probe runs.
struct ItemRun {
  ResolvedItem resolved;
  TargetState state;
  std::string started_at;
  std::chrono::steady_clock::time_point started;
};

/// The outcome of an item whose probe is not to run: not applicable, or it needs a target that is not there or spoiled.
std::optional<Judgement> ConcludeWithoutProbe(const ItemRun& run);

/// A record of one attempt with `judgement`. `findings` are already redacted.
Record MakeRecord(const ItemRun& run, const Findings& findings, const Judgement& judgement);

/// Runs the probe, judges, writes evidence and appends the attempt to the item's record. Errors: the record could not
/// be stored.
Result<void> JudgeItem(const ItemRun& run);

}  // namespace readiness
