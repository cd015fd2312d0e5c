// Record <-> JSON. The keys and their order are those of the struct and of schema/record.schema.json.

#include <fmt/format.h>

#include <array>
#include <limits>
#include <set>

#include "base/located_json.h"
#include "judge/fields.h"
#include "judge/judge.h"
#include "judge/record.h"
#include "judge/record_bounds.h"
#include "judge/record_store.h"

namespace readiness {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr std::int64_t kMaxLine = 100'000'000;
constexpr std::int64_t kMaxDurationMs = 1'000LL * 86'400 * 365;
// Tried in turn until the file is small enough: most records never meet the first.
constexpr std::array<RecordBounds, 4> kBounds = {{
    {16 * 1024, 64 * 1024, 1000},
    {2 * 1024, 4 * 1024, 200},
    {256, 512, 40},
    {64, 128, 10},
}};

OrderedJson ToJson(const Attempt& attempt) {
  return {{"outcome", ToString(attempt.outcome)},
          {"reason", attempt.reason},
          {"started_at", attempt.started_at},
          {"duration_ms", attempt.duration_ms}};
}

OrderedJson ToJson(const Control& control) {
  return {
      {"id", control.id}, {"statement", control.statement}, {"satisfied", control.satisfied}, {"seen", control.seen}};
}

OrderedJson ToJson(const Observation& observation) {
  return {{"what", observation.what}, {"seen", observation.seen}, {"detail", OrderedJson(observation.detail)}};
}

OrderedJson ToJson(const Violation& violation) {
  return {{"what", violation.what},
          {"did", violation.did},
          {"expected", violation.expected},
          {"actual", violation.actual},
          {"fix", violation.fix}};
}

OrderedJson ToJson(const EvidenceFile& file) {
  return {{"file", file.file}, {"what", file.what}};
}

template <class T>
OrderedJson ToArray(const std::vector<T>& values) {
  OrderedJson array = OrderedJson::array();
  for (const T& value : values) {
    if constexpr (std::is_same_v<T, std::string>) {
      array.push_back(value);
    } else {
      array.push_back(ToJson(value));
    }
  }
  return array;
}

OrderedJson ToJson(const Record& record) {
  OrderedJson json = OrderedJson::object();
  json["schema_version"] = record.schema_version;
  json["suite"] = record.suite;
  json["item"] = record.item;
  json["title"] = record.title;
  json["severity"] = record.severity;
  json["category"] = record.category;
  json["section"] = record.section;
  json["probe"] = record.probe;
  json["outcome"] = ToString(record.outcome);
  json["reason"] = record.reason;
  json["attempts"] = ToArray(record.attempts);
  json["controls"] = ToArray(record.controls);
  json["observations"] = ToArray(record.observations);
  json["violations"] = ToArray(record.violations);
  json["evidence"] = ToArray(record.evidence);
  json["run_id"] = record.run_id;
  json["target"] = record.target;
  json["deployment"] = record.deployment;
  json["engine"] = record.engine;
  json["defects"] = ToArray(record.defects);
  json["source_document"] = record.source_document;
  json["source_line"] = record.source_line;
  json["suite_file"] = record.suite_file;
  json["suite_line"] = record.suite_line;
  json["remediation"] = record.remediation;
  json["narrower_than_audit"] = record.narrower_than_audit;
  json["tool_version"] = record.tool_version;
  return json;
}

Outcome ReadOutcome(Fields& fields) {
  const std::string word = fields.Text("outcome");
  if (!fields.ok()) return Outcome::kInconclusive;
  const Result<Outcome> outcome = ParseOutcome(word);
  if (outcome) return *outcome;
  fields.Refuse("outcome", "is unknown", outcome.error().expected, word);
  return Outcome::kInconclusive;
}

// 2026-11-20T08:00:00.000Z
bool IsTimestamp(std::string_view text) {
  constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kPattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kPattern[i] == 'd' ? !is_digit : text[i] != kPattern[i]) return false;
  }
  return true;
}

// A path below the record's folder: reports turn it into a link or an upload.
bool IsPathBelow(std::string_view path) {
  if (path.empty() || path.size() > 1000) return false;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (!IsSafeName(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
  return false;
}

Result<Attempt> ReadAttempt(const LocatedJson& json, const std::string& file) {
  Fields fields(json, file, "attempt");
  Attempt attempt;
  attempt.outcome = ReadOutcome(fields);
  attempt.reason = fields.Text("reason");
  attempt.started_at = fields.Text("started_at");
  if (!IsTimestamp(attempt.started_at))
    fields.Refuse("started_at", "is not a point in time", "as 2026-11-20T08:00:00.000Z", attempt.started_at);
  attempt.duration_ms = fields.Integer("duration_ms", 0, kMaxDurationMs);
  READINESS_RETURN_IF_ERROR(fields.Finish());
  return attempt;
}

Result<Control> ReadControl(const LocatedJson& json, const std::string& file) {
  Fields fields(json, file, "control");
  Control control;
  control.id = fields.Text("id");
  control.statement = fields.Text("statement");
  control.satisfied = fields.Flag("satisfied");
  control.seen = fields.Text("seen");
  READINESS_RETURN_IF_ERROR(fields.Finish());
  return control;
}

Result<Observation> ReadObservation(const LocatedJson& json, const std::string& file) {
  Fields fields(json, file, "observation");
  Observation observation;
  observation.what = fields.Text("what");
  observation.seen = fields.Text("seen");
  observation.detail = fields.Object("detail");
  READINESS_RETURN_IF_ERROR(fields.Finish());
  return observation;
}

Result<Violation> ReadViolation(const LocatedJson& json, const std::string& file) {
  Fields fields(json, file, "violation");
  Violation violation;
  violation.what = fields.Text("what");
  violation.did = fields.Text("did");
  violation.expected = fields.Text("expected");
  violation.actual = fields.Text("actual");
  violation.fix = fields.Text("fix");
  READINESS_RETURN_IF_ERROR(fields.Finish());
  return violation;
}

Result<EvidenceFile> ReadEvidence(const LocatedJson& json, const std::string& file) {
  Fields fields(json, file, "evidence");
  EvidenceFile evidence;
  evidence.file = fields.Text("file");
  if (!IsPathBelow(evidence.file))
    fields.Refuse("file", "is not a path below the record's folder",
                  "names of letters, digits, '.', '_' and '-', parted by '/'", evidence.file);
  evidence.what = fields.Text("what");
  READINESS_RETURN_IF_ERROR(fields.Finish());
  return evidence;
}

template <class T>
std::vector<T> ReadList(Fields& fields, const char* key, const std::string& file,
                        Result<T> (*read)(const LocatedJson&, const std::string&)) {
  std::vector<T> values;
  fields.Each(key, [&](const LocatedJson& json) -> Result<void> {
    READINESS_ASSIGN(T value, read(json, file));
    values.push_back(std::move(value));
    return {};
  });
  return values;
}

void ReadIdentity(Fields& fields, Record& record) {
  record.suite = fields.Text("suite");
  if (!IsSafeName(record.suite))
    fields.Refuse("suite", "is not a name", "letters, digits, '.', '_' and '-'", record.suite);
  record.item = fields.Text("item");
  if (!IsSafeName(record.item))
    fields.Refuse("item", "is not a name", "letters, digits, '.', '_' and '-'", record.item);
  record.title = fields.Text("title");
  record.severity = fields.NonEmptyText("severity");
  record.category = fields.Text("category");
  record.section = fields.Text("section");
  record.probe = fields.Text("probe");
}

void ReadOrigin(Fields& fields, Record& record) {
  record.run_id = fields.NonEmptyText("run_id");
  record.target = fields.Text("target");
  record.deployment = fields.Text("deployment");
  record.engine = fields.Text("engine");
  record.defects = fields.Texts("defects");
  record.source_document = fields.Text("source_document");
  record.source_line = static_cast<int>(fields.Integer("source_line", 0, kMaxLine));
  record.suite_file = fields.Text("suite_file");
  record.suite_line = static_cast<int>(fields.Integer("suite_line", 0, kMaxLine));
  record.remediation = fields.Text("remediation");
  record.narrower_than_audit = fields.Text("narrower_than_audit");
  record.tool_version = fields.Text("tool_version");
}

// What the judge could never have concluded from what the record holds was not concluded by the judge.
void CheckOutcome(Fields& fields, const Record& record) {
  const std::string outcome(ToString(record.outcome));
  const Outcome supported = Combine(record.attempts).outcome;
  if (supported != record.outcome)
    return fields.Refuse("outcome", "is not what its attempts support", std::string(ToString(supported)), outcome);
  const bool is_fail = record.outcome == Outcome::kFail;
  if (is_fail != !record.violations.empty())
    return fields.Refuse("outcome", "does not fit the violations", is_fail ? "at least one violation" : "fail",
                         outcome);
  if (record.outcome != Outcome::kPass) return;
  if (record.observations.empty())
    return fields.Refuse("outcome", "has nothing to show for it", "at least one observation", outcome);
  for (const Control& control : record.controls) {
    if (!control.satisfied)
      return fields.Refuse("outcome", "does not fit the controls", "every control satisfied",
                           outcome + ", not satisfied: " + control.id);
  }
}

}  // namespace

std::string Serialize(const Record& record) {
  std::string text;
  for (const RecordBounds& bounds : kBounds) {
    text = ToJson(Bounded(record, bounds)).dump(2, ' ', false, OrderedJson::error_handler_t::replace);
    text += '\n';
    if (text.size() <= kMaxRecordBytes / 2) break;
  }
  return text;
}

Result<Record> ParseRecord(const std::string& text, const std::string& file) {
  JsonLimits limits;
  limits.bytes = kMaxRecordBytes;
  READINESS_ASSIGN(const LocatedJson json, ParseLocatedJson(text, file, limits));
  Fields fields(json, file, "record");
  Record record;
  record.schema_version = static_cast<int>(fields.Integer("schema_version", 0, std::numeric_limits<int>::max()));
  if (fields.ok() && record.schema_version != kSchemaVersion) {
    fields.Refuse("schema_version", "is of another version of Readiness", std::to_string(kSchemaVersion),
                  std::to_string(record.schema_version));
    Error error = fields.Finish().error();
    error.fix = "run the item again with this version";
    return Fail(std::move(error));
  }
  ReadIdentity(fields, record);
  record.outcome = ReadOutcome(fields);
  record.reason = fields.Text("reason");
  record.attempts = ReadList(fields, "attempts", file, ReadAttempt);
  record.controls = ReadList(fields, "controls", file, ReadControl);
  record.observations = ReadList(fields, "observations", file, ReadObservation);
  record.violations = ReadList(fields, "violations", file, ReadViolation);
  record.evidence = ReadList(fields, "evidence", file, ReadEvidence);
  ReadOrigin(fields, record);
  CheckOutcome(fields, record);
  READINESS_RETURN_IF_ERROR(fields.Finish());
  return record;
}

}  // namespace readiness
