#include "cli/resolved_item.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/located_json.h"
#include "judge/record_store.h"

namespace readiness {
namespace {

constexpr int kVersion = 2;

Json ItemToJson(const Item& item) {
  return {
      {"id", item.id},
      {"title", item.title},
      {"severity", item.severity},
      {"category", item.category},
      {"section", item.section},
      {"source", {{"document", item.source.document}, {"line", item.source.line}, {"sha256", item.source.sha256}}},
      {"probe", item.probe},
      {"parameters", item.parameters},
      {"isolation", static_cast<int>(item.isolation)},
      {"minimum_observations", item.minimum_observations},
      {"timeout_ms", item.timeout.count()},
      {"narrower_than_audit", item.narrower_than_audit},
      {"not_applicable", item.not_applicable},
      {"line", item.place.line},
      {"column", item.place.column},
  };
}

Item ItemFromJson(const Json& json, const std::string& suite_file) {
  Item item;
  item.id = json.at("id");
  item.title = json.at("title");
  item.severity = json.at("severity");
  item.category = json.at("category");
  item.section = json.at("section");
  item.source = {json.at("source").at("document"), json.at("source").at("line"), json.at("source").at("sha256")};
  item.probe = json.at("probe");
  item.parameters = json.at("parameters");
  item.isolation = static_cast<Isolation>(json.at("isolation").get<int>());
  item.minimum_observations = json.at("minimum_observations");
  item.timeout = Milliseconds(json.at("timeout_ms").get<std::int64_t>());
  item.narrower_than_audit = json.at("narrower_than_audit");
  item.not_applicable = json.at("not_applicable");
  item.place = {suite_file, json.at("line"), json.at("column")};
  return item;
}

}  // namespace

Result<void> WriteResolvedItem(const ResolvedItem& resolved) {
  READINESS_ASSIGN(const std::string directory, ItemDirectory(resolved.suite_directory, resolved.item.id));
  READINESS_RETURN_IF_ERROR(MakeDirectories(directory));
  const Json json = {
      {"version", kVersion},
      {"suite", resolved.suite},
      {"suite_directory", resolved.suite_directory},
      {"suite_file", resolved.suite_file},
      {"target_name", resolved.target_name},
      {"target_file", resolved.target_file},
      {"state_directory", resolved.state_directory},
      {"item", ItemToJson(resolved.item)},
      {"needs", resolved.needs},
      {"touches", static_cast<int>(resolved.touches)},
      {"controls", resolved.controls},
      {"remediation", resolved.remediation},
  };
  const std::string text = json.dump(2) + "\n";
  const std::string file = directory + "/item.json";
  if (const auto before = ReadFile(file); before && *before == text) return {};
  // What was judged was another item; its record says nothing about this one.
  READINESS_ASSIGN(const std::string record, RecordFile(resolved.suite_directory, resolved.item.id));
  std::error_code code;
  std::filesystem::remove(record, code);
  if (code) return Fail({ErrorKind::kEnvironment, "cannot remove", Place{record, 0, 0}, {}, code.message(), {}});
  return WriteFileAtomically(file, text);
}

Result<ResolvedItem> ReadResolvedItem(const std::string& file) {
  auto text = ReadFile(file);
  if (!text) {
    Error error = text.error();
    error.fix = "build the project: the item files are written by its build";
    return Fail(std::move(error));
  }
  READINESS_ASSIGN(const Json json, ParseStrictJson(*text, file));
  try {
    if (json.at("version") != kVersion) {
      return Fail({ErrorKind::kMalformed, "item file of another version of Readiness", Place{file, 0, 0},
                   "version " + std::to_string(kVersion), json.at("version").dump(), "build the project again"});
    }
    ResolvedItem resolved;
    resolved.suite = json.at("suite");
    resolved.suite_directory = json.at("suite_directory");
    resolved.suite_file = json.at("suite_file");
    resolved.target_name = json.at("target_name");
    resolved.target_file = json.at("target_file");
    resolved.state_directory = json.at("state_directory");
    resolved.item = ItemFromJson(json.at("item"), resolved.suite_file);
    resolved.needs = json.at("needs").get<std::vector<std::string>>();
    resolved.touches = static_cast<Reach>(json.at("touches").get<int>());
    resolved.controls = json.at("controls").get<std::map<std::string, std::string>>();
    resolved.remediation = json.at("remediation");
    return resolved;
  } catch (const Json::exception& problem) {
    return Fail(
        {ErrorKind::kMalformed, "not an item file", Place{file, 0, 0}, {}, problem.what(), "build the project again"});
  }
}

}  // namespace readiness
