#include "conformance/vacuity.h"

#include <fstream>

#include "base/files.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;

void CopyChanged(const fs::path& from, const fs::path& to, const std::string& patch) {
  const auto text = ReadFile(from);
  ASSERT_TRUE(text) << text.error().Brief();
  Json json = Json::parse(*text);
  if (!patch.empty()) json = json.patch(Json::parse(patch));
  fs::create_directories(to.parent_path());
  std::ofstream(to) << json.dump(2);
}

// The suite with the items that these tests are about, in their order: changes name them by position.
void CopyItems(const fs::path& from, const fs::path& to, const std::string& patch) {
  Json json = Json::parse(std::ifstream(from));
  Json items = Json::array();
  for (const char* id : {"C2", "M3", "STEP-R"}) {
    for (const Json& item : json.at("items")) {
      if (item.at("id") == id) items.push_back(item);
    }
  }
  json["items"] = std::move(items);
  if (!patch.empty()) json = json.patch(Json::parse(patch));
  fs::create_directories(to.parent_path());
  std::ofstream(to) << json.dump(2);
}

}  // namespace

Definitions Changed(const fs::path& folder, const std::string& name, const Changes& changes) {
  const fs::path from = kSuiteFolder;
  const fs::path to = folder / name;
  CopyItems(from / "suite.json", to / "suite.json", changes.suite);
  CopyChanged(from / "target.json", to / "target.json", changes.target);
  CopyChanged(from / "deployments/standin.json", to / "deployments/standin.json", changes.deployment);
  CopyChanged(from / "standin/defects.json", to / "standin/defects.json", {});
  return {to / "suite.json", to / "target.json", to / "deployments/standin.json"};
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
                      {{"op", "replace"}, {"path", "/services/api/environment"}, {"value", environment}}})
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

void ExpectCleanEnd(Trial& trial) {
  const Ended down = trial.Down();
  EXPECT_EQ(down.code, 0) << down.output;
  EXPECT_THAT(trial.Leftovers(), ::testing::IsEmpty());
}

}  // namespace readiness::conformance
