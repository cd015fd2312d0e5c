// The same through CMake and CTest as a project uses them: a small project of its own, with the built tool as
// readiness::tool.

#include <fstream>
#include <pugixml.hpp>
#include <set>

#include "conformance/vacuity.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// A project in a private folder.
class Project {
 public:
  explicit Project(const Changes& changes = {}, const std::string& items = {},
                   const std::string& begin = "enable_testing()") {
    fs::create_directories(folder_.path() / "r");
    fs::permissions(folder_.path() / "r", fs::perms(0755));
    Changed(folder_.path(), "audit", changes);
    const std::string project = CONFORMANCE_PROJECT;
    std::ofstream(folder_.path() / "CMakeLists.txt")
        << "cmake_minimum_required(VERSION 3.25)\nproject(Sample LANGUAGES NONE)\n"
        << begin << "\n"
        << "add_executable(readiness::tool IMPORTED GLOBAL)\n"
        << "set_target_properties(readiness::tool PROPERTIES IMPORTED_LOCATION [[" << kTool << "]])\n"
        << "include([[" << project << "/cmake/Readiness.cmake]])\n"
        << "readiness_add_target(sample-target API audit/target.json DEPLOYMENT audit/deployments/standin.json)\n"
        << "readiness_add_suite(sample DEFINITION audit/suite.json TARGET sample-target " << items << ")\n";
    fs::copy_file(fs::path(project) / "CMakePresets.json", folder_.path() / "CMakePresets.json");
  }

  Ended Configure() {
    return Execute({CONFORMANCE_CMAKE, "-S", folder_.path(), "-B", Build(), "-G", CONFORMANCE_GENERATOR}, {});
  }
  Ended BuildAll() { return Execute({CONFORMANCE_CMAKE, "--build", Build()}, {}); }
  Ended Ctest(std::vector<std::string> words, const std::string& defects = {}) {
    words.insert(words.begin(), CONFORMANCE_CTEST);
    return Execute(std::move(words), defects);
  }
  Ended CtestInBuild(std::vector<std::string> words, const std::string& defects = {}) {
    words.insert(words.begin(), {"--test-dir", Build()});
    return Ctest(std::move(words), defects);
  }
  fs::path Build() const { return folder_.path() / "build"; }
  fs::path folder() const { return folder_.path(); }

 private:
  Ended Execute(std::vector<std::string> words, const std::string& defects) {
    Command command{std::move(words), {{"READINESS_RUNTIME_DIR", (folder_.path() / "r").string()}}, folder_.path()};
    command.timeout = std::chrono::seconds(120);
    if (!defects.empty()) command.environment["READINESS_DEFECTS"] = defects;
    return Run(command);
  }

  PrivateFolder folder_;
};

// Everything that ctest started is gone when it ends.
bool NothingIsLeft(const Project& project) {
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(project.folder() / "r", none)) {
    if (entry.path().parent_path().filename() == "runs") return false;
  }
  return true;
}

// Test cases of a JUnit file by name: "passed", "failed" or "skipped". CTest's own dialect says it in an attribute.
std::map<std::string, std::string> Cases(const fs::path& file) {
  std::map<std::string, std::string> cases;
  pugi::xml_document document;
  EXPECT_TRUE(document.load_file(file.c_str())) << file;
  for (const pugi::xpath_node& node : document.select_nodes("//testcase")) {
    const pugi::xml_node one = node.node();
    const std::string status = one.attribute("status").as_string();
    const bool failed = one.child("failure") || one.child("error") || status == "fail";
    const bool skipped = one.child("skipped") || status == "notrun" || status == "disabled";
    cases[one.attribute("name").as_string()] = skipped ? "skipped" : failed ? "failed" : "passed";
  }
  return cases;
}

TEST(CtestTest, ADefectTurnsItsItemRedWithABlockThatSaysWhy) {
  Project project({}, "ITEMS C2 M3");
  ASSERT_EQ(project.Configure().code, 0);
  ASSERT_EQ(project.BuildAll().code, 0);

  const Ended healthy = project.CtestInBuild({"-L", "^readiness$", "--output-on-failure"});
  EXPECT_EQ(healthy.code, 0) << healthy.output;
  EXPECT_TRUE(NothingIsLeft(project));

  const Ended red = project.CtestInBuild({"-L", "^readiness$", "--output-on-failure"}, "ai-health.C2");
  EXPECT_EQ(red.code, 8) << red.output;
  EXPECT_THAT(red.output, ContainsRegex("FAIL sample\\.C2  sync ran for a user without consent"));
  EXPECT_THAT(red.output, ContainsRegex(" --> .*suite\\.json:[0-9]+ \\(audit ai-health\\.md, line 86\\)"));
  for (const char* field : {"  did       sync_provider", "  expected  status 403", "  actual    status 200",
                            "  evidence  ", "  fix       check consent", "  defects   ai-health.C2"}) {
    EXPECT_THAT(red.output, HasSubstr(field));
  }
  EXPECT_THAT(red.output, ContainsRegex("sample\\.M3 \\.+ +Passed"));
  EXPECT_THAT(red.output, HasSubstr("NO-GO"));
  EXPECT_TRUE(NothingIsLeft(project));
}

TEST(CtestTest, ATargetThatCannotStartIsNeitherSkippedNorPassed) {
  Project project(Changes{{}, {}, R"([{"op":"replace","path":"/services/api/command","value":["/nowhere/service"]}])"});
  ASSERT_EQ(project.Configure().code, 0);
  ASSERT_EQ(project.BuildAll().code, 0);
  const fs::path theirs = project.folder() / "ctest.xml";
  const Ended ended = project.CtestInBuild({"-L", "^readiness$", "--output-on-failure", "--output-junit", theirs});
  EXPECT_EQ(ended.code, 8) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("INCOMPLETE"));

  const auto by_ctest = Cases(theirs);
  for (const char* name : {"sample.C2", "sample.M3", "sample.STEP-R", "sample-target.started", "sample.report"}) {
    ASSERT_TRUE(by_ctest.contains(name)) << name;
    EXPECT_EQ(by_ctest.at(name), "failed") << name;
  }
  const auto by_us = Cases(project.Build() / "readiness/sample/junit.xml");
  int items = 0;
  for (const auto& [name, outcome] : by_us) {
    EXPECT_EQ(outcome, "failed") << name;
    ++items;
  }
  EXPECT_GE(items, 3);
  for (const char* item : {"C2", "M3", "STEP-R"}) {
    EXPECT_THAT(ended.output, HasSubstr(std::string("INCONCLUSIVE sample.") + item + "  the target is not running: "));
  }
  EXPECT_THAT(ended.output, HasSubstr("/nowhere/service"));
  EXPECT_TRUE(NothingIsLeft(project));
}

TEST(CtestTest, ASuiteThatIsNotBuiltIsOneRedTest) {
  Project project;
  ASSERT_EQ(project.Configure().code, 0);
  const Ended ended = project.CtestInBuild({"-L", "^readiness$", "--output-on-failure"});
  EXPECT_EQ(ended.code, 8) << ended.output;
  EXPECT_THAT(ended.output, AllOf(HasSubstr("sample.not_built"), HasSubstr("is not built")));
}

TEST(CtestTest, ASuiteThatNoLongerBuildsIsOneRedTest) {
  Project project;
  ASSERT_EQ(project.Configure().code, 0);
  ASSERT_EQ(project.BuildAll().code, 0);
  ASSERT_TRUE(fs::exists(project.Build() / "readiness/sample/tests.cmake"));
  Changed(project.folder(), "audit", {{}, R"([{"op":"replace","path":"/items/0/probe","value":"no_such_probe"}])", {}});
  const Ended built = project.BuildAll();
  EXPECT_NE(built.code, 0) << built.output;
  const Ended ended = project.CtestInBuild({"-L", "^readiness$", "--output-on-failure"});
  EXPECT_EQ(ended.code, 8) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("sample.not_built"));
}

TEST(CtestTest, AnItemThatTheSuiteLacksDoesNotBuild) {
  Project project({}, "ITEMS C1");
  ASSERT_EQ(project.Configure().code, 0);
  const Ended built = project.BuildAll();
  EXPECT_NE(built.code, 0);
  EXPECT_THAT(built.output, HasSubstr("ITEMS names an item that suite sample lacks"));
  EXPECT_EQ(project.CtestInBuild({"-L", "^readiness$"}).code, 8);
}

TEST(CtestTest, WithoutEnableTestingNothingIsConfigured) {
  Project project({}, {}, "");
  const Ended configured = project.Configure();
  EXPECT_NE(configured.code, 0);
  EXPECT_THAT(configured.output, HasSubstr("testing is not enabled"));
}

TEST(CtestTest, APresetThatSelectsNothingIsRed) {
  Project project;
  ASSERT_EQ(project.Configure().code, 0);
  ASSERT_EQ(project.BuildAll().code, 0);
  const Json presets = Json::parse(std::ifstream(project.folder() / "CMakePresets.json"));
  for (const Json& preset : presets.at("testPresets")) {
    const Ended ended = project.Ctest({"--preset", preset.at("name"), "-R", "no such test"});
    EXPECT_NE(ended.code, 0) << preset.at("name") << "\n" << ended.output;
    EXPECT_THAT(ended.output, HasSubstr("No tests were found"));
  }
}

}  // namespace
}  // namespace readiness::conformance
