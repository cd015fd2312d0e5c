#include "report/report_suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "base/located_json.h"
#include "judge/record_store.h"
#include "sample_suite.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ReportingSuite : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "report-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    options_.suite_directory = root_ + "/suite";
    options_.run_id = "run-1";
    ASSERT_TRUE(WriteRegistered(options_.suite_directory,
                                SampleSuite({SampleItem("C2", "critical"), SampleItem("C3", "low")})));
  }
  void TearDown() override { fs::remove_all(root_); }

  void Run(Outcome outcome, const std::string& item) const {
    const Result<Record> stored = AppendAttempt(options_.suite_directory, SampleRecord(outcome, item));
    ASSERT_TRUE(stored) << RenderError(stored.error());
  }
  std::string InSuite(const std::string& name) const { return options_.suite_directory + "/" + name; }
  void ExpectNothingLooksComplete() const {
    EXPECT_FALSE(fs::is_regular_file(InSuite("verdict.json")));
    EXPECT_FALSE(fs::is_regular_file(InSuite("junit.xml")));
  }
  // An earlier, complete GO.
  void ReportGo() const {
    Run(Outcome::kPass, "C2");
    Run(Outcome::kPass, "C3");
    const Result<VerdictSummary> summary = ReportSuite(options_);
    ASSERT_TRUE(summary) << RenderError(summary.error());
    ASSERT_EQ(summary->exit_code, 0);
  }

  std::string root_;
  ReportOptions options_;
};

TEST_F(ReportingSuite, Go) {
  ReportGo();
  const Json verdict = ParseStrictJson(*ReadFile(InSuite("verdict.json")), "verdict.json").value();
  EXPECT_EQ(verdict["verdict"], "GO");
  EXPECT_EQ(verdict["junit"], InSuite("junit.xml"));
  EXPECT_TRUE(fs::exists(InSuite("junit.xml")));
}

TEST_F(ReportingSuite, NoGoAndIncomplete) {
  Run(Outcome::kFail, "C2");
  Run(Outcome::kPass, "C3");
  Result<VerdictSummary> summary = ReportSuite(options_);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->exit_code, 1);
  EXPECT_THAT(summary->console, HasSubstr("2 of 97 items of the audit automated"));
  options_.run_id = "run-2";
  summary = ReportSuite(options_);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->exit_code, 3);
  EXPECT_EQ(summary->verdict, Verdict::kIncomplete);
}

TEST_F(ReportingSuite, OneJunitForSeveralSuites) {
  ReportGo();
  const Result<VerdictSummary> summary = ReportSuite(options_);
  ASSERT_TRUE(summary);
  const std::string file = root_ + "/new/folder/all.xml";
  const UnreportedSuite unreported{"shop", {ErrorKind::kNotAvailable, "not built", std::nullopt, {}, {}, {}}};
  ASSERT_TRUE(WriteJunit(file, {*summary}, {unreported}, root_));
  const std::string text = *ReadFile(file);
  EXPECT_THAT(text, HasSubstr("<testsuites name=\"ai-health, shop\" tests=\"3\" failures=\"0\" errors=\"1\""));
  EXPECT_THAT(text, HasSubstr("suite shop"));
  EXPECT_THAT(text, HasSubstr("not built"));
  EXPECT_THAT(text, HasSubstr("[[ATTACHMENT|suite/items/C2/record.json]]"));
  EXPECT_TRUE(fs::exists(InSuite("junit.xml"))) << "the suite's own stays";
}

TEST_F(ReportingSuite, UnwritableJunitForSeveralLeavesNone) {
  ReportGo();
  const Result<VerdictSummary> summary = ReportSuite(options_);
  ASSERT_TRUE(summary);
  ASSERT_TRUE(WriteFileAtomically(root_ + "/file", ""));
  EXPECT_FALSE(WriteJunit(root_ + "/file/all.xml", {*summary}, {}, {}));
  fs::create_directories(root_ + "/all.xml/occupied");
  EXPECT_FALSE(WriteJunit(root_ + "/all.xml", {*summary}, {}, {}));
}

TEST_F(ReportingSuite, UnusableRecordsAreErrorsAndLeaveNoReport) {
  const std::string good = Serialize(SampleRecord());
  std::string foreign = good;
  foreign.replace(foreign.find("\"schema_version\": 1"), 19, "\"schema_version\": 9");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"empty", ""},
      {"truncated", good.substr(0, good.size() / 2)},
      {"foreign version", foreign},
      {"other item", Serialize(SampleRecord(Outcome::kPass, "C3"))},
      {"no JSON", "<html>"}};
  for (const auto& [name, text] : cases) {
    ReportGo();
    ASSERT_TRUE(WriteFileAtomically(InSuite("items/C2/record.json"), text));
    const Result<VerdictSummary> summary = ReportSuite(options_);
    ASSERT_FALSE(summary) << name;
    ASSERT_TRUE(summary.error().place) << name;
    EXPECT_THAT(summary.error().place->file, HasSubstr("items/C2/record.json")) << name;
    EXPECT_FALSE(summary.error().fix.empty()) << name;
    ExpectNothingLooksComplete();
    fs::remove_all(InSuite("items"));
  }
}

TEST_F(ReportingSuite, RecordThatIsAFolderIsAnError) {
  ReportGo();
  fs::remove(InSuite("items/C2/record.json"));
  fs::create_directory(InSuite("items/C2/record.json"));
  EXPECT_FALSE(ReportSuite(options_));
  ExpectNothingLooksComplete();
}

TEST_F(ReportingSuite, UnbuiltOrBrokenRegistrationIsAnError) {
  ReportGo();
  ASSERT_TRUE(WriteFileAtomically(InSuite("registered.json"), "{"));
  EXPECT_FALSE(ReportSuite(options_));
  ExpectNothingLooksComplete();
  fs::remove(InSuite("registered.json"));
  const Result<VerdictSummary> summary = ReportSuite(options_);
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().kind, ErrorKind::kNotAvailable);
}

TEST_F(ReportingSuite, UnwritableOutputIsAnErrorAndLeavesNoReport) {
  ReportGo();
  ASSERT_TRUE(RemoveReports(options_.suite_directory));
  fs::create_directories(InSuite("verdict.json/occupied"));
  EXPECT_FALSE(ReportSuite(options_));
  ExpectNothingLooksComplete();
  fs::remove_all(InSuite("verdict.json"));
  fs::create_directories(InSuite("junit.xml/occupied"));
  EXPECT_FALSE(ReportSuite(options_));
  ExpectNothingLooksComplete();
}

TEST_F(ReportingSuite, RemovesEarlierReports) {
  ReportGo();
  ASSERT_TRUE(RemoveReports(options_.suite_directory));
  ExpectNothingLooksComplete();
  EXPECT_TRUE(RemoveReports(options_.suite_directory)) << "nothing left to remove";
}

TEST_F(ReportingSuite, IsAFunctionOfTheRecords) {
  Run(Outcome::kFail, "C2");
  ASSERT_TRUE(ReportSuite(options_));
  const std::string junit = *ReadFile(InSuite("junit.xml"));
  const std::string verdict = *ReadFile(InSuite("verdict.json"));
  ASSERT_TRUE(ReportSuite(options_));
  EXPECT_EQ(*ReadFile(InSuite("junit.xml")), junit);
  EXPECT_EQ(*ReadFile(InSuite("verdict.json")), verdict);
}

}  // namespace
}  // namespace readiness
