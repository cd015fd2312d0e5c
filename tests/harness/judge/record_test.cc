#include "judge/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/located_json.h"
#include "judge/record_bounds.h"
#include "sample_record.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;

Json Parsed(const Record& record) {
  Result<Json> json = ParseStrictJson(Serialize(record), "record.json");
  EXPECT_TRUE(json) << (json ? "" : RenderError(json.error()));
  return json ? *json : Json();
}

Result<Record> Reparsed(const Json& json) {
  return ParseRecord(json.dump(), "record.json");
}

TEST(Outcome, WordsRoundTripAndExitCodesStand) {
  const struct {
    Outcome outcome;
    std::string word;
    int exit_code;
  } cases[] = {{Outcome::kPass, "pass", 0},
               {Outcome::kFail, "fail", 1},
               {Outcome::kInconclusive, "inconclusive", 3},
               {Outcome::kNotApplicable, "not_applicable", 77},
               {Outcome::kManual, "manual", 3}};
  for (const auto& c : cases) {
    EXPECT_EQ(ToString(c.outcome), c.word);
    EXPECT_EQ(ExitCode(c.outcome), c.exit_code) << c.word;
    ASSERT_TRUE(ParseOutcome(c.word));
    EXPECT_EQ(*ParseOutcome(c.word), c.outcome);
  }
  for (const char* word : {"", "PASS", "pass ", "waived", "passed", "0"}) EXPECT_FALSE(ParseOutcome(word)) << word;
}

TEST(Record, RoundTripsUnchanged) {
  for (const Outcome outcome :
       {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive, Outcome::kNotApplicable, Outcome::kManual}) {
    Record record = SampleRecord(outcome);
    record.defects = {"ai-health.C2", "ai-health.C3:writes-anyway"};
    record.narrower_than_audit = "only WHOOP \xF0\x9F\x92\x9A";
    const std::string text = Serialize(record);
    const Result<Record> again = ParseRecord(text, "record.json");
    ASSERT_TRUE(again) << RenderError(again.error());
    EXPECT_EQ(Serialize(*again), text);
    EXPECT_EQ(again->observations.size(), record.observations.size());
    EXPECT_EQ(again->defects, record.defects);
  }
}

TEST(Record, IsIndentedAndInTheOrderOfItsFields) {
  const std::string text = Serialize(SampleRecord(Outcome::kFail));
  EXPECT_TRUE(text.starts_with("{\n  \"schema_version\": 1,\n  \"suite\": \"ai-health\",\n  \"item\": \"C2\",\n"))
      << text;
  EXPECT_LT(text.find("\"outcome\""), text.find("\"attempts\""));
  EXPECT_LT(text.find("\"violations\""), text.find("\"run_id\""));
  EXPECT_TRUE(text.ends_with("\"tool_version\": \"0.1.0\"\n}\n"));
}

TEST(Record, HostileTextsSurviveSerialising) {
  const std::vector<std::string> texts = {std::string("\xff\xfe\x80 broken \xc3"),
                                          std::string("nul \0 inside", 12),
                                          "\x1b[31m]]><!-- \"quotes\" \\ ",
                                          "\xed\xa0\x80 surrogate",
                                          std::string(3'000'000, '\x01'),
                                          std::string(10'000'000, '\xff'),
                                          "\xE2\x80\xAE right to left"};
  for (const std::string& text : texts) {
    Record record = SampleRecord(Outcome::kFail);
    record.title = record.section = record.remediation = record.reason = text;
    record.controls[0].seen = text;
    record.violations[0].actual = text;
    record.observations[0].detail = Json{{"body", text}, {"list", {text, 1, nullptr}}};
    const std::string written = Serialize(record);
    EXPECT_LE(written.size(), kMaxRecordBytes);
    const Result<Record> again = ParseRecord(written, "record.json");
    ASSERT_TRUE(again) << RenderError(again.error());
    EXPECT_EQ(again->violations.size(), 1u);
  }
}

TEST(Record, StrangeDetailsSurviveSerialising) {
  Json deep = "bottom";
  for (int i = 0; i < 500; ++i) deep = Json::array({deep});
  const std::vector<Json> details = {deep,
                                     Json::binary({1, 2, 3}),
                                     Json(Json::value_t::discarded),
                                     std::numeric_limits<double>::quiet_NaN(),
                                     Json{{"\xff", 1}, {"\xfe", 2}, {"\xef\xbf\xbd", 3}},
                                     Json{{"number", std::numeric_limits<std::uint64_t>::max()}},
                                     "text",
                                     Json::array({1, 2}),
                                     nullptr,
                                     Json(std::vector<int>(2'000'000, 7))};
  for (const Json& detail : details) {
    Record record = SampleRecord();
    record.observations[0].detail = detail;
    const Result<Record> again = ParseRecord(Serialize(record), "record.json");
    ASSERT_TRUE(again) << RenderError(again.error());
  }
}

TEST(Record, EndlessListsAreCutAndSaySo) {
  Record record = SampleRecord(Outcome::kFail);
  const Observation observation{"looked at", std::string(5000, 'o'), Json{{"body", std::string(5000, 'b')}}};
  record.observations.assign(20'000, observation);
  record.violations.assign(20'000, record.violations[0]);
  const std::string text = Serialize(record);
  EXPECT_LE(text.size(), kMaxRecordBytes);
  const Result<Record> again = ParseRecord(text, "record.json");
  ASSERT_TRUE(again) << RenderError(again.error());
  EXPECT_THAT(again->observations.back().what, HasSubstr("further observations not kept"));
  EXPECT_THAT(again->violations.back().what, HasSubstr("further violations not kept"));
  EXPECT_EQ(again->outcome, Outcome::kFail);
}

TEST(Record, UnsatisfiedControlIsKeptWhenListsAreCut) {
  Record record = SampleRecord(Outcome::kInconclusive);
  record.controls.insert(record.controls.begin(), 5000, Control{"fine", "works", true, "works"});
  const Result<Record> again = ParseRecord(Serialize(record), "record.json");
  ASSERT_TRUE(again) << RenderError(again.error());
  EXPECT_FALSE(again->controls[0].satisfied);
}

TEST(CutText, CutsBetweenCharacters) {
  EXPECT_EQ(CutText("abc", 3), "abc");
  EXPECT_EQ(CutText("abcd", 3), "abc [1 more bytes]");
  EXPECT_EQ(CutText("ab\xE2\x82\xAC", 3), "ab [3 more bytes]");
  EXPECT_EQ(CutText("ab\xE2\x82\xAC", 4), "ab [3 more bytes]");
  EXPECT_EQ(CutText("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80 [4 more bytes]");
}

struct Refusal {
  std::string name;
  std::string pointer;
  Json value;
  std::string says;
};

class RecordRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(RecordRefusal, NamesThePlace) {
  Json json = Parsed(SampleRecord(Outcome::kFail));
  json[Json::json_pointer(GetParam().pointer)] = GetParam().value;
  const Result<Record> record = ParseRecord(json.dump(2), "some/record.json");
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().kind, ErrorKind::kMalformed);
  EXPECT_THAT(RenderError(record.error()), HasSubstr(GetParam().says));
  ASSERT_TRUE(record.error().place);
  EXPECT_EQ(record.error().place->file, "some/record.json");
  EXPECT_GT(record.error().place->line, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, RecordRefusal,
    ::testing::Values(
        Refusal{"OtherVersion", "/schema_version", 2, "another version of Readiness"},
        Refusal{"VersionAsText", "/schema_version", "1", "wrong type"},
        Refusal{"UnknownKey", "/verdcit", "GO", "unknown key \"verdcit\""},
        Refusal{"UnknownKeyOfAttempt", "/attempts/0/retries", 1, "unknown key \"retries\" in attempt"},
        Refusal{"MisspeltKeyHasANearWord", "/violations/0/expectd", "", "perhaps \"expected\""},
        Refusal{"UnknownOutcome", "/outcome", "waived", "\"outcome\" of record is unknown"},
        Refusal{"OutcomeBetterThanAttempts", "/outcome", "pass", "not what its attempts support"},
        Refusal{"AttemptBetterThanOutcome", "/attempts/0/outcome", "pass", "not what its attempts support"},
        Refusal{"NoAttempts", "/attempts", Json::array(), "not what its attempts support"},
        Refusal{"FailWithoutViolation", "/violations", Json::array(), "does not fit the violations"},
        Refusal{"NumberForText", "/title", 7, "wrong type"}, Refusal{"NullForText", "/reason", nullptr, "wrong type"},
        Refusal{"ObjectForList", "/controls", Json::object(), "wrong type"},
        Refusal{"TextForFlag", "/controls/0/satisfied", "true", "wrong type"},
        Refusal{"ListForDetail", "/observations/0/detail", Json::array(), "wrong type"},
        Refusal{"NumberAmongDefects", "/defects", Json::array({1}), "wrong type"},
        Refusal{"FractionForInteger", "/source_line", 1.5, "out of range"},
        Refusal{"NegativeLine", "/suite_line", -1, "out of range"},
        Refusal{"HugeDuration", "/attempts/0/duration_ms", std::numeric_limits<std::uint64_t>::max(), "out of range"},
        Refusal{"NegativeDuration", "/attempts/0/duration_ms", -1, "out of range"},
        Refusal{"LocalTime", "/attempts/0/started_at", "2026-11-20 08:00", "not a point in time"},
        Refusal{"EmptyRun", "/run_id", "", "is empty"}, Refusal{"EmptySeverity", "/severity", "", "is empty"},
        Refusal{"ItemThatClimbs", "/item", "../C2", "is not a name"},
        Refusal{"ItemDotDot", "/item", "..", "is not a name"},
        Refusal{"SuiteWithSlash", "/suite", "a/b", "is not a name"},
        Refusal{"EvidenceThatClimbs", "/evidence/0/file", "a/../../etc/passwd", "not a path below"},
        Refusal{"EvidenceAbsolute", "/evidence/0/file", "/etc/passwd", "not a path below"},
        Refusal{"EvidenceWithLineBreak", "/evidence/0/file", "a\nb", "not a path below"},
        Refusal{"EvidenceFolder", "/evidence/0/file", "a/", "not a path below"}),
    [](const auto& test) { return test.param.name; });

TEST(BrokenRecord, PassNeedsSomethingToShow) {
  Json json = Parsed(SampleRecord());
  ASSERT_TRUE(Reparsed(json));
  Json unseen = json;
  unseen["observations"] = Json::array();
  EXPECT_FALSE(Reparsed(unseen));
  Json uncontrolled = json;
  uncontrolled["controls"][0]["satisfied"] = false;
  EXPECT_FALSE(Reparsed(uncontrolled));
  Json violated = json;
  violated["violations"] = Parsed(SampleRecord(Outcome::kFail))["violations"];
  EXPECT_FALSE(Reparsed(violated));
}

TEST(BrokenRecord, EveryTruncationIsMalformed) {
  const std::string text = Serialize(SampleRecord(Outcome::kFail));
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    const Result<Record> record = ParseRecord(text.substr(0, size), "record.json");
    ASSERT_FALSE(record) << size;
    EXPECT_EQ(record.error().kind, ErrorKind::kMalformed) << size;
  }
}

TEST(BrokenRecord, BrokenDocuments) {
  for (const std::string text :
       {"", "null", "[]", "42", "\"x\"", "{}", "{\"schema_version\":1}", "\xef\xbb\xbf{}", "<html>"}) {
    EXPECT_FALSE(ParseRecord(text, "record.json")) << text;
  }
  std::string twice = Serialize(SampleRecord());
  twice.insert(2, "  \"outcome\": \"pass\",\n");
  EXPECT_FALSE(ParseRecord(twice, "record.json")) << "duplicate keys";
  const std::string huge = "{\"title\":\"" + std::string(kMaxRecordBytes, 'x') + "\"}";
  const Result<Record> record = ParseRecord(huge, "record.json");
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace readiness
