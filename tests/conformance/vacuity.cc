#include "conformance/vacuity.h"

#include <algorithm>
#include <fstream>

#include "base/files.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;

Json ReadJson(const fs::path& file) {
  const auto text = ReadFile(file);
  EXPECT_TRUE(text) << text.error().Brief();
  return text ? Json::parse(*text) : Json();
}

void WriteJson(const fs::path& file, const Json& json) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << json.dump(2);
}

Json Patched(const Json& json, const Json& patch) {
  return patch.empty() ? json : json.patch(patch);
}

Json Patch(const std::string& text) {
  return text.empty() ? Json::array() : Json::parse(text);
}

// "/items/C2/parameters" is "/items/2/parameters" where C2 stands.
Json ByNumber(Json patch, const Json& suite) {
  for (Json& operation : patch) {
    for (const char* key : {"path", "from"}) {
      if (!operation.contains(key)) continue;
      std::string pointer = operation[key];
      for (std::size_t i = 0; i < suite["items"].size(); ++i) {
        const std::string named = "/items/" + suite["items"][i]["id"].get<std::string>();
        const bool fits =
            pointer.starts_with(named) && (pointer.size() == named.size() || pointer[named.size()] == '/');
        if (fits) pointer.replace(0, named.size(), "/items/" + std::to_string(i));
      }
      operation[key] = pointer;
    }
  }
  return patch;
}

}  // namespace

Definitions Changed(const fs::path& folder, const std::string& name, const Changes& changes, const std::string& suite) {
  const fs::path from = fs::path(kSuites) / suite;
  const fs::path to = folder / name;
  const Json items = ReadJson(from / "suite.json");
  WriteJson(to / "suite.json", Patched(items, ByNumber(Patch(changes.suite), items)));
  WriteJson(to / "target.json", Patched(ReadJson(from / "target.json"), Patch(changes.target)));
  Json deployment = ReadJson(from / "deployments/standin.json");
  deployment["source_tree"] = (from / "standin/tree").string();
  WriteJson(to / "deployments/standin.json", Patched(deployment, Patch(changes.deployment)));
  WriteJson(to / "standin/defects.json", ReadJson(from / "standin/defects.json"));
  return {to / "suite.json", to / "target.json", to / "deployments/standin.json"};
}

std::vector<std::string> AllItems(const std::string& suite) {
  std::vector<std::string> ids;
  const Json definition = ReadJson(fs::path(kSuites) / suite / "suite.json");
  for (const Json& item : definition["items"]) ids.push_back(item["id"]);
  return ids;
}

std::string HostileService(const fs::path& mode_file, const std::string& manner) {
  Json command = {kService};
  if (!manner.empty()) command.push_back(manner);
  const Json environment = {{"PORT", "${port.api}"}, {"MODE_FILE", mode_file.string()}};
  return Json::array({{{"op", "remove"}, {"path", "/defects"}},
                      {{"op", "replace"}, {"path", "/services/api/command"}, {"value", command}},
                      {{"op", "replace"},
                       {"path", "/services/api/startup_timeout_ms"},
                       {"value", manner == "silent" ? 1500 : 15000}},
                      {{"op", "replace"}, {"path", "/services/api/environment"}, {"value", environment}},
                      {{"op", "remove"}, {"path", "/variants"}}})
      .dump();
}

void ExpectNoGreen(Trial& trial, const std::vector<std::string>& items, Outcome outcome, const std::string& because,
                   const std::string& folder) {
  for (const std::string& item : items) {
    const ItemResult result = trial.RunItem(item, folder);
    ASSERT_TRUE(result.record) << item << ": " << result.record.error().Brief() << "\n" << result.output;
    EXPECT_EQ(ToString(result.record->outcome), ToString(outcome)) << item << "\n" << result.output;
    EXPECT_THAT(result.record->reason, ::testing::HasSubstr(because)) << item << "\n" << result.output;
    EXPECT_EQ(result.code, ExitCode(outcome)) << item;
  }
  const Ended report = trial.Report(folder);
  EXPECT_NE(report.code, 0) << report.output;
  EXPECT_FALSE(report.timed_out);
}

void ExpectNoGreenAlone(Trial& trial, const std::string& name, const std::string& item, const Changes& changes,
                        std::optional<Outcome> outcome, const std::string& because, const std::string& suite) {
  Changes all = changes;
  Json patch = Patch(changes.suite);
  const std::vector<std::string> bundled = AllItems(suite);
  if (std::find(bundled.begin(), bundled.end(), item) != bundled.end())
    patch.push_back({{"op", "replace"}, {"path", "/items/" + item + "/severity"}, {"value", "critical"}});
  all.suite = patch.dump();
  const std::string folder = "suite-" + name;
  const Ended resolved = trial.Resolve(Changed(trial.folder(), name, all, suite), {"--items=" + item}, folder);
  if (!outcome) {
    EXPECT_EQ(resolved.code, 2) << resolved.output;
    EXPECT_THAT(resolved.output, ::testing::HasSubstr(because));
    EXPECT_FALSE(fs::exists(trial.SuiteDirectory(folder) / "tests.cmake"));
    EXPECT_EQ(trial.Report(folder).code, 2);
    return;
  }
  ASSERT_EQ(resolved.code, 0) << resolved.output;
  ExpectNoGreen(trial, {item}, *outcome, because, folder);
}

void ExpectCleanEnd(Trial& trial) {
  const Ended down = trial.Down();
  EXPECT_EQ(down.code, 0) << down.output;
  EXPECT_THAT(trial.Leftovers(), ::testing::IsEmpty());
}

}  // namespace readiness::conformance
