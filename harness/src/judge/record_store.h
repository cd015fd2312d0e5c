#pragma once
// Where records lie: <suite directory>/items/<item id>/record.json, the evidence of each attempt beside it in
// attempt-<n>. Several processes may append at once; each append holds a lock on the item's folder, so no attempt is
// lost. Reading takes no lock: a record is always whole.

#include <functional>
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

/// Writes the evidence of an attempt into the empty folder given and returns the files, relative to that folder.
using EvidenceSource = std::function<Result<std::vector<EvidenceFile>>(const std::string& folder)>;

/// Adds the one attempt of `run` to the item's record, or starts the record anew if it is of another run. Controls,
/// observations, violations and evidence stay those of the attempt that decides the outcome (judge.h, Combine). A
/// record that cannot be read might have been red, so it counts as an inconclusive attempt, unless it is plainly of
/// another run. `evidence` is written into a folder of this attempt's own, so that the evidence which the record keeps
/// stays; folders of former runs are removed. When it cannot be written the attempt is inconclusive, unless it failed:
/// a verdict without its evidence is no pass, a violation that was seen stays one. Returns the record as stored.
/// Errors: kUsage (unsafe name, not exactly one attempt), kEnvironment, kTimeout (the lock), kInternal (`run` is not a
/// valid record).
Result<Record> AppendAttempt(const std::string& suite_directory, const Record& run,
                             const EvidenceSource& evidence = {});

/// Reads the record of one item. Errors: kNotAvailable when there is none; kMalformed, kLimit, kEnvironment.
Result<Record> ReadRecord(const std::string& suite_directory, const std::string& item);

/// Every record of the suite, by item id. Errors: the first that cannot be read, with the number of others; kMalformed
/// when a record names another item or another suite than the place where it lies; kLimit over 100,000 folders.
Result<std::vector<Record>> ReadRecords(const std::string& suite_directory, const std::string& suite);

}  // namespace readiness
