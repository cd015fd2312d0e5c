#pragma once
// Where records lie: <suite directory>/items/<item id>/record.json, evidence beside it. Several processes may append at
// once; each append holds a lock on the item's folder, so no attempt is lost. Reading takes no lock: a record is always
// whole.

#include <string>
#include <string_view>
#include <vector>

#include "judge/record.h"

namespace readiness {

/// Letters, digits, '.', '_' and '-', at most 200, and neither "." nor "..": what may become a folder's name.
bool IsSafeName(std::string_view name);

/// The folder of an item's record and evidence. Errors: kUsage when `item` is not a safe name.
Result<std::string> ItemDirectory(const std::string& suite_directory, const std::string& item);

/// The file of an item's record. Errors: as ItemDirectory.
Result<std::string> RecordFile(const std::string& suite_directory, const std::string& item);

/// Adds the one attempt of `run` to the item's record, or starts the record anew if it is of another run. Controls,
/// observations, violations and evidence stay those of the attempt that decides the outcome (judge.h, Combine). A
/// record that cannot be read might have been red, so it counts as an inconclusive attempt, unless it is plainly of
/// another run. Returns the record as stored. Errors: kUsage (unsafe name, not exactly one attempt), kEnvironment,
/// kTimeout (the lock), kInternal (`run` is not a valid record).
Result<Record> AppendAttempt(const std::string& suite_directory, const Record& run);

/// Reads the record of one item. Errors: kNotAvailable when there is none; kMalformed, kLimit, kEnvironment.
Result<Record> ReadRecord(const std::string& suite_directory, const std::string& item);

/// Every record of the suite, by item id. Errors: the first that cannot be read, with the number of others; kMalformed
/// when a record names another item or another suite than the place where it lies; kLimit over 100,000 folders.
Result<std::vector<Record>> ReadRecords(const std::string& suite_directory, const std::string& suite);

}  // namespace readiness
