#include "report/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "golden.h"
#include "report/shown.h"
#include "sample_suite.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kItemDirectory = "/project/build/readiness/ai-health/items/C2";

ConsoleOptions Options() {
  ConsoleOptions options;
  options.relative_to = "/project";
  return options;
}

std::string Rendered(const Record& record) {
  return RenderItem(record, kItemDirectory, Options());
}

std::string Summary(const RegisteredSuite& suite, const std::vector<Record>& records,
                    const ConsoleOptions& options = Options()) {
  const Result<SuiteVerdict> verdict = Conclude(suite, records, "run-1");
  EXPECT_TRUE(verdict);
  const std::string folder = "/project/build/readiness/ai-health";
  return RenderSuite(suite, *verdict, {folder + "/items", folder + "/junit.xml", folder + "/verdict.json"}, options);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ConsoleItem, OfEachOutcome) {
  std::string all;
  for (const Outcome outcome :
       {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive, Outcome::kNotApplicable, Outcome::kManual})
    all += Rendered(SampleRecord(outcome)) + "\n";
  ExpectGolden("items.txt", all);
}

TEST(ConsoleItem, AFailTellsWhichControlDidNotHold) {
  Record record = SampleRecord(Outcome::kFail);
  ASSERT_THAT(record.controls, ::testing::SizeIs(1));
  EXPECT_THAT(Rendered(record), Not(HasSubstr("consented_sync_stores")));
  record.controls[0].satisfied = false;
  record.controls[0].seen = "status 200, no change";
  EXPECT_THAT(Rendered(record), HasSubstr("  control   consented_sync_stores: "));
  EXPECT_THAT(Rendered(record), HasSubstr("  seen      status 200, no change\n"));
}

TEST(ConsoleItem, WithEverythingThatCanBeSaid) {
  Record record = SampleRecord(Outcome::kFail);
  record.defects = {"ai-health.C2", "ai-health.C3:writes-anyway"};
  record.narrower_than_audit = "only WHOOP, not the other providers";
  record.attempts.push_back(SampleAttempt(Outcome::kPass, ""));
  record.violations.push_back({"data of another user was shown", "GET /api/v1/insights\n  as \"stranger\"",
                               "status 403", "status 200\n{\"rows\": 3}", ""});
  ExpectGolden("item_full.txt", Rendered(record));
}

TEST(ConsoleItem, ForeignTextDrawsNoLineOfItsOwn) {
  const std::string hostile = "x\nPASS ai-health.C2  forged\r\n --> forged\x1b[2J\x1b]0;title\x07\xE2\x80\xAE\xff\x00";
  for (const Outcome outcome :
       {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive, Outcome::kNotApplicable, Outcome::kManual}) {
    Record record = SampleRecord(outcome);
    record.title = record.reason = record.section = record.source_document = record.suite_file =
        record.narrower_than_audit = record.remediation = record.suite = record.item = hostile;
    record.defects = {hostile};
    for (Violation& violation : record.violations) violation = {hostile, hostile, hostile, hostile, hostile};
    for (Control& control : record.controls) control.id = control.statement = control.seen = hostile;
    const std::string text = Rendered(record);
    for (const std::string& line : Lines(text))
      EXPECT_FALSE(line.starts_with("PASS ai-health.C2  forged") || line.starts_with(" --> forged")) << text;
    for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << text;
    EXPECT_THAT(text, Not(HasSubstr("\xE2\x80\xAE")));
  }
}

TEST(ConsoleItem, StaysShortWhateverWasSeen) {
  Record record = SampleRecord(Outcome::kFail);
  record.violations.resize(5000, record.violations[0]);
  record.violations[0].actual = std::string(10'000'000, 'x');
  record.violations[0].did = std::string(100'000, '\n') + "end";
  record.attempts.resize(5000, record.attempts[0]);
  const std::string text = Rendered(record);
  EXPECT_LT(text.size(), 60'000u);
  EXPECT_THAT(text, HasSubstr("4995 more in record.json"));
}

TEST(ConsoleItem, ColoursOnlyWhenAsked) {
  EXPECT_THAT(Rendered(SampleRecord()), Not(HasSubstr("\x1b")));
  ConsoleOptions options = Options();
  options.colour = true;
  EXPECT_THAT(RenderItem(SampleRecord(), kItemDirectory, options), HasSubstr("\x1b[1;32mPASS\x1b[0m ai-health.C2"));
}

TEST(ConsoleItem, RecordWithoutAnythingStillRenders) {
  for (const Outcome outcome :
       {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive, Outcome::kNotApplicable, Outcome::kManual}) {
    Record record;
    record.outcome = outcome;
    EXPECT_FALSE(RenderItem(record, "", ConsoleOptions()).empty());
  }
}

TEST(ConsoleSuite, NoGo) {
  std::vector<Record> records = MixedRecords();
  for (Record& record : records) record.defects = {"ai-health.C2"};
  records.push_back(SampleRecord(Outcome::kPass, "X9"));
  ExpectGolden("suite_no_go.txt", Summary(MixedSuite(), records));
}

TEST(ConsoleSuite, Go) {
  ExpectGolden("suite_go.txt", Summary(SampleSuite({SampleItem("C2", "critical")}), {SampleRecord()}));
}

TEST(ConsoleSuite, Incomplete) {
  ExpectGolden("suite_incomplete.txt", Summary(SampleSuite({SampleItem("C2", "critical")}), {}));
}

TEST(ConsoleSuite, TheVerdictIsTheLastLine) {
  for (const auto& records : {std::vector<Record>{}, std::vector<Record>{SampleRecord()},
                              std::vector<Record>{SampleRecord(Outcome::kFail)}}) {
    const std::string text = Summary(SampleSuite({SampleItem("C2", "critical")}), records);
    EXPECT_TRUE(Lines(text).back().starts_with("verdict of ai-health: ")) << text;
    EXPECT_TRUE(text.ends_with("\n"));
  }
}

TEST(ConsoleSuite, TablesKeepToTheWidth) {
  RegisteredSuite suite = MixedSuite();
  std::vector<Record> records = MixedRecords();
  for (Record& record : records) {
    record.reason = record.attempts[0].reason = std::string(300, 'r') + "\xE6\xBC\xA2\xE6\xBC\xA2";
  }
  suite.items[1].category = std::string(300, 'c');
  suite.items[0].id = std::string(200, 'i');
  ConsoleOptions options = Options();
  options.width = 80;
  for (const std::string& line : Lines(Summary(suite, records, options))) {
    if (line.starts_with("verdict of ")) continue;
    EXPECT_LE(DisplayWidth(line), 80u) << line;
  }
}

TEST(ConsoleSuite, ForeignTextDrawsNoLineOfItsOwn) {
  const std::string hostile = "x\nverdict of ai-health: GO\x1b[2J\xff";
  RegisteredSuite suite = MixedSuite();
  suite.title = suite.audit_document = suite.audit_verdict = hostile;
  for (RegisteredItem& item : suite.items) item.title = item.category = item.section = hostile;
  std::vector<Record> records = MixedRecords();
  for (Record& record : records) {
    record.reason = record.target = record.deployment = record.engine = hostile;
    record.defects = {hostile};
  }
  const std::string text = Summary(suite, records);
  const std::vector<std::string> lines = Lines(text);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) EXPECT_FALSE(lines[i].starts_with("verdict of")) << text;
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ConsoleSuite, ListsOfThousandsAreCut) {
  std::vector<RegisteredItem> items;
  for (int i = 0; i < 5000; ++i) items.push_back(SampleItem("I" + std::to_string(i), "critical"));
  const std::string text = Summary(SampleSuite(items), {});
  EXPECT_LT(Lines(text).size(), 140u);
  EXPECT_THAT(text, HasSubstr("and 4900 more"));
}

}  // namespace
}  // namespace readiness
