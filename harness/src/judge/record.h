#pragma once
// The JSON result of one item run. Every report is a function of records; nothing else reaches a report. One file per
// item, written atomically, `schema/record.schema.json`. Values only.

#include <chrono>
#include <string>
#include <vector>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

enum class Outcome { kPass, kFail, kInconclusive, kNotApplicable, kManual };

/// "pass", "fail", "inconclusive", "not_applicable", "manual"
std::string_view ToString(Outcome outcome);
Result<Outcome> ParseOutcome(std::string_view word);

/// The exit code of an item process: 0 pass, 1 fail, 3 inconclusive or manual, 77 not applicable.
int ExitCode(Outcome outcome);

/// One run of the item within one run of the target. The record's outcome is the worst of its attempts.
struct Attempt {
  Outcome outcome = Outcome::kInconclusive;
  std::string reason;
  std::string started_at;  ///< ISO 8601, UTC, milliseconds
  std::int64_t duration_ms = 0;
};

/// A file with proof, relative to the record's folder.
struct EvidenceFile {
  std::string file;
  std::string what;
};

struct Record {
  int schema_version = 1;
  std::string suite;  ///< as added by readiness_add_suite
  std::string item;
  std::string title;
  std::string severity;
  std::string category;
  std::string section;
  std::string probe;
  Outcome outcome = Outcome::kInconclusive;
  std::string reason;  ///< one line: headline of the first violation, or why it could not be judged
  std::vector<Attempt> attempts;
  std::vector<Control> controls;
  std::vector<Observation> observations;
  std::vector<Violation> violations;
  std::vector<EvidenceFile> evidence;
  std::string run_id;
  std::string target;
  std::string deployment;
  std::string engine;
  std::vector<std::string> defects;  ///< active in the target while this was recorded
  std::string source_document;
  int source_line = 0;
  std::string suite_file;
  int suite_line = 0;
  std::string remediation;
  std::string narrower_than_audit;
  std::string tool_version;
};

/// Strict: unknown keys, wrong types, another schema_version or an outcome that its attempts do not support are
/// kMalformed.
Result<Record> ParseRecord(const std::string& text, const std::string& file);
std::string Serialize(const Record& record);

}  // namespace readiness
