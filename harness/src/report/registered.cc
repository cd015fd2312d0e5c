#include "report/registered.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>

#include "base/files.h"
#include "judge/fields.h"
#include "judge/record_store.h"

namespace readiness {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;
constexpr std::int64_t kMaxLine = 100'000'000;

std::string FileOf(const std::string& suite_directory) {
  return suite_directory + "/registered.json";
}

Result<void> Check(const RegisteredSuite& suite, const std::string& file) {
  const auto refuse = [&file](std::string what, std::string expected, std::string actual) {
    return Fail({ErrorKind::kDefinition, std::move(what), Place{file, 0, 0}, std::move(expected), std::move(actual),
                 "build the suite again"});
  };
  if (!IsSafeName(suite.suite))
    return refuse("suite's name is not usable", "letters, digits, '.', '_' and '-'", suite.suite);
  if (suite.items.empty()) return refuse("suite without items", "at least one item", "none");
  if (suite.gating_severities.empty()) return refuse("no severity gates", "at least one", "none");
  for (const std::string& severity : suite.gating_severities) {
    if (suite.severity_weights.count(severity) == 0)
      return refuse("unknown gating severity", "one with a weight", severity);
  }
  std::set<std::string> seen;
  for (const RegisteredItem& item : suite.items) {
    if (!IsSafeName(item.id))
      return refuse("item id cannot name a folder", "letters, digits, '.', '_' and '-'", item.id);
    if (!seen.insert(item.id).second) return refuse("item registered twice", "distinct ids", item.id);
    if (suite.severity_weights.count(item.severity) == 0)
      return refuse(fmt::format("item {} has an unknown severity", item.id), "one with a weight", item.severity);
  }
  return {};
}

Result<RegisteredItem> ReadItem(const LocatedJson& json, const std::string& file) {
  Fields fields(json, file, "item");
  RegisteredItem item;
  item.id = fields.Text("id");
  item.part_of = fields.Text("part_of");
  item.title = fields.Text("title");
  item.severity = fields.Text("severity");
  item.category = fields.Text("category");
  item.section = fields.Text("section");
  item.suite_line = static_cast<int>(fields.Integer("suite_line", 0, kMaxLine));
  item.source_line = static_cast<int>(fields.Integer("source_line", 0, kMaxLine));
  READINESS_RETURN_IF_ERROR(fields.Finish());
  return item;
}

Result<void> ReadAudit(const LocatedJson& json, const std::string& file, RegisteredSuite& suite) {
  Fields fields(json, file, "audit");
  suite.audit_document = fields.Text("document");
  suite.audit_verdict = fields.Text("verdict");
  suite.audit_items = static_cast<int>(fields.Integer("items", 0, std::numeric_limits<int>::max()));
  return fields.Finish();
}

Result<RegisteredSuite> Parse(const std::string& text, const std::string& file) {
  JsonLimits limits;
  limits.bytes = kMaxBytes;
  limits.values = 5'000'000;
  READINESS_ASSIGN(const LocatedJson json, ParseLocatedJson(text, file, limits));
  Fields fields(json, file, "registration");
  fields.Integer("schema_version", kSchemaVersion, kSchemaVersion);
  RegisteredSuite suite;
  suite.suite = fields.Text("suite");
  suite.title = fields.Text("title");
  suite.target_state_directory = fields.Text("target_state_directory");
  suite.suite_file = fields.Text("suite_file");
  fields.Nested("audit", [&](const LocatedJson& audit) { return ReadAudit(audit, file, suite); });
  suite.severity_weights = fields.Counts("severity_weights");
  suite.gating_severities = fields.Texts("gating_severities");
  fields.Each("items", [&](const LocatedJson& element) -> Result<void> {
    READINESS_ASSIGN(RegisteredItem item, ReadItem(element, file));
    suite.items.push_back(std::move(item));
    return {};
  });
  READINESS_RETURN_IF_ERROR(fields.Finish());
  READINESS_RETURN_IF_ERROR(Check(suite, file));
  return suite;
}

OrderedJson ToJson(const RegisteredSuite& suite) {
  OrderedJson json = OrderedJson::object();
  json["schema_version"] = kSchemaVersion;
  json["suite"] = suite.suite;
  json["title"] = suite.title;
  json["target_state_directory"] = suite.target_state_directory;
  json["suite_file"] = suite.suite_file;
  json["audit"] = {{"document", suite.audit_document}, {"verdict", suite.audit_verdict}, {"items", suite.audit_items}};
  json["severity_weights"] = OrderedJson::object();
  for (const auto& [severity, weight] : suite.severity_weights) json["severity_weights"][severity] = weight;
  json["gating_severities"] = suite.gating_severities;
  json["items"] = OrderedJson::array();
  for (const RegisteredItem& item : suite.items) {
    json["items"].push_back({{"id", item.id},
                             {"part_of", item.part_of},
                             {"title", item.title},
                             {"severity", item.severity},
                             {"category", item.category},
                             {"section", item.section},
                             {"suite_line", item.suite_line},
                             {"source_line", item.source_line}});
  }
  return json;
}

}  // namespace

int CoveredAuditItems(const RegisteredSuite& suite) {
  std::set<std::string> covered;
  for (const RegisteredItem& item : suite.items) covered.insert(item.AuditItem());
  return static_cast<int>(covered.size());
}

bool Gates(const RegisteredSuite& suite, const std::string& severity) {
  return severity != "info" && std::find(suite.gating_severities.begin(), suite.gating_severities.end(), severity) !=
                                   suite.gating_severities.end();
}

int WeightOf(const RegisteredSuite& suite, const std::string& severity) {
  if (severity == "info") return 0;
  const auto found = suite.severity_weights.find(severity);
  return found == suite.severity_weights.end() ? 0 : found->second;
}

Result<void> WriteRegistered(const std::string& suite_directory, const RegisteredSuite& suite) {
  const std::string file = FileOf(suite_directory);
  READINESS_RETURN_IF_ERROR(Check(suite, file));
  READINESS_RETURN_IF_ERROR(MakeDirectories(suite_directory));
  return WriteFileDurably(file, ToJson(suite).dump(1, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

Result<RegisteredSuite> ReadRegistered(const std::string& suite_directory) {
  const std::string file = FileOf(suite_directory);
  std::error_code code;
  if (std::filesystem::symlink_status(file, code).type() == std::filesystem::file_type::not_found)
    return Fail({ErrorKind::kNotAvailable, "the suite is not built", Place{file, 0, 0},
                 "the file that the build step writes", "none", "build the suite"});
  READINESS_ASSIGN(const std::string text, ReadFile(file, kMaxBytes));
  return Parse(text, file);
}

}  // namespace readiness
