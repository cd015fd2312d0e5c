#pragma once
// Runs one item: a child process judges, this one watches. A probe that crashes, hangs past its deadline or exits by
// itself becomes an inconclusive record instead of a missing one. No threads; the child dies with its parent.

#include "cli/resolved_item.h"
#include "judge/record.h"

namespace readiness {

/// Runs the item of `file` and returns its record as stored. Errors: kMalformed, kEnvironment (item file), kRefused
/// (the target belongs to somebody else: nothing is written, the record is the owner's).
/// `owned`: only in a run that the caller itself has started, not under a lease.
Result<Record> RunItem(const std::string& file, bool owned);

}  // namespace readiness
