#include "report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/verdict_file.h"
#include "sample_suite.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// An item of the table: severity and how it stands. kNoRecord leaves no record; `stale` leaves one of another run.
struct Given {
  const char* severity;
  Standing standing;
  bool stale = false;
};

constexpr Standing kPass = Standing::kPass, kFail = Standing::kFail, kInconclusive = Standing::kInconclusive,
                   kManual = Standing::kManual, kNoRecord = Standing::kNoRecord,
                   kNotApplicable = Standing::kNotApplicable;

struct Case {
  std::string name;
  std::vector<Given> items;
  Verdict verdict;
  std::string headline;
  std::vector<std::string> strangers = {};
};

Outcome OutcomeOf(Standing standing) {
  switch (standing) {
    case kPass:
      return Outcome::kPass;
    case kFail:
      return Outcome::kFail;
    case kManual:
      return Outcome::kManual;
    case kNotApplicable:
      return Outcome::kNotApplicable;
    default:
      return Outcome::kInconclusive;
  }
}

SuiteVerdict Concluded(const Case& c) {
  std::vector<RegisteredItem> items;
  std::vector<Record> records;
  for (std::size_t i = 0; i < c.items.size(); ++i) {
    const std::string id = "I" + std::to_string(i + 1);
    items.push_back(SampleItem(id, c.items[i].severity));
    if (c.items[i].standing == kNoRecord) continue;
    records.push_back(SampleRecord(OutcomeOf(c.items[i].standing), id));
    if (c.items[i].stale) records.back().run_id = "an earlier run";
  }
  for (const std::string& stranger : c.strangers) records.push_back(SampleRecord(Outcome::kPass, stranger));
  const Result<SuiteVerdict> verdict = Conclude(SampleSuite(items), records, "run-1");
  EXPECT_TRUE(verdict) << (verdict ? "" : RenderError(verdict.error()));
  return verdict.value_or(SuiteVerdict());
}

class Concluding : public ::testing::TestWithParam<Case> {};

TEST_P(Concluding, Holds) {
  const SuiteVerdict verdict = Concluded(GetParam());
  EXPECT_EQ(ToString(verdict.verdict), ToString(GetParam().verdict));
  EXPECT_EQ(verdict.headline, GetParam().headline);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Concluding,
    ::testing::Values(
        Case{"AllPass", {{"critical", kPass}, {"low", kPass}}, Verdict::kGo, "GO"},
        Case{"CriticalFails", {{"critical", kFail}, {"high", kPass}}, Verdict::kNoGo, "NO-GO, 1 gating item fails: I1"},
        Case{"TwoFail", {{"critical", kFail}, {"high", kFail}}, Verdict::kNoGo, "NO-GO, 2 gating items fail: I1, I2"},
        Case{"FailBeatsInconclusive",
             {{"critical", kInconclusive}, {"high", kFail}},
             Verdict::kNoGo,
             "NO-GO, 1 gating item fails: I2; 1 gating item could not be judged: I1"},
        Case{"Inconclusive",
             {{"critical", kInconclusive}, {"high", kPass}},
             Verdict::kIncomplete,
             "INCOMPLETE, 1 gating item could not be judged: I1"},
        Case{"Unattested",
             {{"high", kManual}, {"high", kPass}},
             Verdict::kIncomplete,
             "INCOMPLETE, 1 gating item could not be judged: I1"},
        Case{"WithoutRecord",
             {{"high", kNoRecord}, {"high", kPass}},
             Verdict::kIncomplete,
             "INCOMPLETE, 1 gating item could not be judged: I1"},
        Case{"PassOfAnotherRun",
             {{"high", kPass, true}, {"high", kPass}},
             Verdict::kIncomplete,
             "INCOMPLETE, 1 gating item could not be judged: I1"},
        Case{"FailOfAnotherRun",
             {{"high", kFail, true}, {"high", kPass}},
             Verdict::kIncomplete,
             "INCOMPLETE, 1 gating item could not be judged: I1"},
        Case{"FailsBelowTheGate",
             {{"critical", kPass}, {"medium", kFail}, {"low", kFail}, {"info", kFail}},
             Verdict::kGo,
             "GO, with 3 failing items below the gate"},
        Case{"InconclusiveBelowTheGate",
             {{"critical", kPass}, {"medium", kInconclusive}, {"low", kManual}},
             Verdict::kGo,
             "GO, with 2 items below the gate that could not be judged"},
        Case{"WithoutRecordBelowTheGate",
             {{"critical", kPass}, {"medium", kNoRecord}},
             Verdict::kIncomplete,
             "INCOMPLETE, 1 item below the gate without record: I2"},
        Case{"NotApplicableNeitherHelpsNorHurts", {{"critical", kNotApplicable}, {"high", kPass}}, Verdict::kGo, "GO"},
        Case{"NotApplicableBesideAFail",
             {{"critical", kNotApplicable}, {"high", kFail}},
             Verdict::kNoGo,
             "NO-GO, 1 gating item fails: I2"},
        Case{"EverythingNotApplicable",
             {{"critical", kNotApplicable}, {"low", kNotApplicable}},
             Verdict::kIncomplete,
             "INCOMPLETE, no gating item is registered and applicable, so nothing was checked"},
        Case{"NothingGates",
             {{"low", kPass}, {"info", kPass}},
             Verdict::kIncomplete,
             "INCOMPLETE, no gating item is registered and applicable, so nothing was checked"},
        Case{"RecordOfNoRegisteredItem",
             {{"critical", kPass}},
             Verdict::kIncomplete,
             "INCOMPLETE, there is a record of X9, which is not a registered item",
             {"X9"}},
        Case{"FailBeatsRecordOfNoRegisteredItem",
             {{"critical", kFail}},
             Verdict::kNoGo,
             "NO-GO, 1 gating item fails: I1; there is a record of X9, which is not a registered item",
             {"X9"}}),
    [](const auto& test) { return test.param.name; });

TEST(Conclude, LeftoversOfAnotherRunAndNoRegisteredItemSayNothing) {
  Record leftover = SampleRecord(Outcome::kFail, "gone");
  leftover.run_id = "an earlier run";
  const Result<SuiteVerdict> verdict =
      Conclude(SampleSuite({SampleItem("C2", "critical")}), {leftover, SampleRecord(Outcome::kPass, "C2")}, "run-1");
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->headline, "GO");
}

TEST(Conclude, WithoutARunNothingHasARecord) {
  const Result<SuiteVerdict> verdict = Conclude(SampleSuite({SampleItem("C2", "critical")}), {SampleRecord()}, "");
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->verdict, Verdict::kIncomplete);
  EXPECT_EQ(verdict->items[0].standing, kNoRecord);
  EXPECT_THAT(verdict->items[0].reason, HasSubstr("run-1"));
}

TEST(Conclude, TheRegisteredSeverityGates) {
  Record record = SampleRecord(Outcome::kFail);
  record.severity = "info";
  const Result<SuiteVerdict> verdict = Conclude(SampleSuite({SampleItem("C2", "critical")}), {record}, "run-1");
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->verdict, Verdict::kNoGo);
}

TEST(Conclude, RefusesDuplicatesAndForeignRecords) {
  const RegisteredSuite suite = SampleSuite({SampleItem("C2", "critical")});
  EXPECT_FALSE(Conclude(suite, {SampleRecord(), SampleRecord(Outcome::kFail)}, "run-1"));
  Record foreign = SampleRecord();
  foreign.suite = "other";
  EXPECT_FALSE(Conclude(suite, {foreign}, "run-1"));
}

TEST(Conclude, ScoresByWeight) {
  const Result<SuiteVerdict> verdict = Conclude(MixedSuite(), MixedRecords(), "run-1");
  ASSERT_TRUE(verdict);
  // privacy: C1 (5) and C2 (10) fail, C6 (5) passes. security: C3 (10) and C5 (5) undecided, C4 not applicable. tests:
  // A1 (1) fails.
  EXPECT_EQ(ToString(verdict->categories.at("privacy")), "25.0 %");
  EXPECT_EQ(ToString(verdict->categories.at("security")), "0.0 %");
  EXPECT_EQ(verdict->categories.at("tests").applicable, 1);
  EXPECT_EQ(verdict->overall.passed, 5);
  EXPECT_EQ(verdict->overall.applicable, 36);
  EXPECT_EQ(ToString(verdict->overall), "13.8 %");
}

TEST(Score, OnlyAFullScoreReadsHundred) {
  EXPECT_EQ(ToString(Score{0, 0}), "-");
  EXPECT_EQ(ToString(Score{0, 5}), "0.0 %");
  EXPECT_EQ(ToString(Score{99'999, 100'000}), "99.9 %");
  EXPECT_EQ(ToString(Score{5, 5}), "100.0 %");
}

TEST(Conclude, AnItemInPartsWeighsOnceAndPassesWithAllOfThem) {
  const auto part = [](const std::string& name, const std::string& category) {
    RegisteredItem item = SampleItem("S1." + name, "critical", category);
    item.part_of = "S1";
    return item;
  };
  const RegisteredSuite suite =
      SampleSuite({part("tokens", "security"), part("tenants", "privacy"), SampleItem("C2", "critical")});
  EXPECT_EQ(CoveredAuditItems(suite), 2);
  const auto record = [](const std::string& item, Outcome outcome) {
    Record sample = SampleRecord();
    sample.item = item;
    sample.outcome = outcome;
    return sample;
  };
  const auto conclude = [&](Outcome tokens) {
    return Conclude(suite,
                    {record("S1.tokens", tokens), record("S1.tenants", Outcome::kPass), record("C2", Outcome::kPass)},
                    "run-1");
  };
  const Result<SuiteVerdict> red = conclude(Outcome::kFail);
  ASSERT_TRUE(red);
  EXPECT_EQ(red->overall.applicable, 20);
  EXPECT_EQ(red->overall.passed, 10);
  EXPECT_EQ(red->categories.at("security").passed, 0);
  EXPECT_EQ(red->categories.at("privacy").passed, 20);
  const Result<SuiteVerdict> green = conclude(Outcome::kPass);
  ASSERT_TRUE(green);
  EXPECT_EQ(green->overall.passed, 20);
}

TEST(Conclude, NamesTenItemsAndCountsTheRest) {
  std::vector<RegisteredItem> items;
  for (int i = 0; i < 30; ++i) items.push_back(SampleItem("I" + std::to_string(i), "critical"));
  const Result<SuiteVerdict> verdict = Conclude(SampleSuite(items), {}, "run-1");
  ASSERT_TRUE(verdict);
  EXPECT_THAT(verdict->headline, HasSubstr("I9 and 20 more"));
  EXPECT_THAT(verdict->headline, Not(HasSubstr("I10")));
}

TEST(Conclude, ActiveDefectsAreNeverSilent) {
  Record record = SampleRecord();
  record.defects = {"ai-health.C2"};
  const Result<SuiteVerdict> verdict = Conclude(SampleSuite({SampleItem("C2", "critical")}), {record}, "run-1");
  ASSERT_TRUE(verdict);
  EXPECT_THAT(verdict->defects, ElementsAre("ai-health.C2"));
  EXPECT_THAT(verdict->headline, HasSubstr("this is not the real system"));
}

TEST(Verdict, WordsAndExitCodes) {
  EXPECT_EQ(ToString(Verdict::kGo), "GO");
  EXPECT_EQ(ToString(Verdict::kNoGo), "NO-GO");
  EXPECT_EQ(ToString(Verdict::kIncomplete), "INCOMPLETE");
  EXPECT_EQ(ExitCode(Verdict::kGo), 0);
  EXPECT_EQ(ExitCode(Verdict::kNoGo), 1);
  EXPECT_EQ(ExitCode(Verdict::kIncomplete), 3);
}

TEST(VerdictFile, SaysWhatTheVerdictSays) {
  const RegisteredSuite suite = MixedSuite();
  const Result<SuiteVerdict> verdict = Conclude(suite, MixedRecords(), "run-1");
  ASSERT_TRUE(verdict);
  const std::string text = SerializeVerdict(suite, *verdict, "/build/junit.xml");
  EXPECT_EQ(text, SerializeVerdict(suite, *verdict, "/build/junit.xml"));
  const Json json = Json::parse(text);
  EXPECT_EQ(json["verdict"], "NO-GO");
  EXPECT_EQ(json["exit_code"], 1);
  EXPECT_EQ(json["run_id"], "run-1");
  EXPECT_EQ(json["audit"]["items"], 97);
  EXPECT_EQ(json["audit"]["automated"], 8);
  EXPECT_EQ(
      json["counts"],
      (Json{{"fail", 4}, {"inconclusive", 1}, {"manual", 0}, {"no_record", 1}, {"pass", 1}, {"not_applicable", 1}}));
  EXPECT_EQ(json["scores"]["overall"]["percent"], 13.8);
  EXPECT_EQ(json["failing_below_gate"], 2);
  EXPECT_EQ(json["items"].size(), 8u);
  EXPECT_EQ(json["items"][6]["outcome"], "no_record");
}

}  // namespace
}  // namespace readiness
