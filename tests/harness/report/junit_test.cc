#include "report/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <set>

#include "golden.h"
#include "sample_suite.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kAttachmentMark = "[[ATTACHMENT|";

std::string Rendered(const RegisteredSuite& suite, const std::vector<Record>& records) {
  const Result<SuiteVerdict> verdict = Conclude(suite, records, "run-1");
  EXPECT_TRUE(verdict);
  return RenderJunit(suite, *verdict, {"/project/build/readiness/ai-health/items", "/project"});
}

std::string Rendered(const Record& record) {
  return Rendered(SampleSuite({SampleItem(record.item, "critical")}), {record});
}

// XML 1.0 takes these characters only; pugixml does not check. Counts those that are not among them.
int ForbiddenCharacters(const std::string& text) {
  int forbidden = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\n' && c != '\t' && c != '\r') ++forbidden;
    if (text.compare(i, 3, "\xEF\xBF\xBE") == 0 || text.compare(i, 3, "\xEF\xBF\xBF") == 0) ++forbidden;
    if (c == 0xC0 || c == 0xC1 || c >= 0xF5) ++forbidden;
    if (c == 0xED && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0) ++forbidden;
  }
  for (std::size_t at = text.find("&#"); at != std::string::npos; at = text.find("&#", at + 1)) {
    const int code = std::atoi(text.c_str() + at + 2);
    if (code < 0x20 && code != 9 && code != 10 && code != 13) ++forbidden;
  }
  return forbidden;
}

int CountChildren(const pugi::xml_node& node, const char* name) {
  int count = 0;
  for ([[maybe_unused]] const pugi::xml_node& child : node.children(name)) ++count;
  return count;
}

void ExpectCounts(const pugi::xml_node& node, int tests, int failures, int errors, int skipped) {
  EXPECT_EQ(node.attribute("tests").as_int(-1), tests) << node.attribute("name").value();
  EXPECT_EQ(node.attribute("failures").as_int(-1), failures) << node.attribute("name").value();
  EXPECT_EQ(node.attribute("errors").as_int(-1), errors) << node.attribute("name").value();
  EXPECT_EQ(node.attribute("skipped").as_int(-1), skipped) << node.attribute("name").value();
}

// Everything that must hold of any document, whatever was put in.
void CheckDocument(const std::string& text, pugi::xml_document& document) {
  ASSERT_TRUE(document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single))
      << text.substr(0, 2000);
  EXPECT_EQ(ForbiddenCharacters(text), 0);
  const pugi::xml_node root = document.child("testsuites");
  ASSERT_TRUE(root);
  int total[4] = {};
  std::int64_t total_ms = 0;
  std::set<std::string> names;
  for (const pugi::xml_node& testsuite : root.children("testsuite")) {
    int counts[4] = {};
    std::int64_t milliseconds = 0;
    for (const pugi::xml_node& testcase : testsuite.children("testcase")) {
      ++counts[0];
      counts[1] += CountChildren(testcase, "failure");
      counts[2] += CountChildren(testcase, "error");
      counts[3] += CountChildren(testcase, "skipped");
      EXPECT_LE(
          CountChildren(testcase, "failure") + CountChildren(testcase, "error") + CountChildren(testcase, "skipped"),
          1);
      milliseconds += static_cast<std::int64_t>(testcase.attribute("time").as_double() * 1000 + 0.5);
      EXPECT_TRUE(
          names.insert(std::string(testcase.attribute("classname").value()) + "#" + testcase.attribute("name").value())
              .second);
      for (const char* result : {"failure", "error", "skipped"}) {
        for (const pugi::xml_node& node : testcase.children(result)) {
          EXPECT_STRNE(node.attribute("message").value(), "");
          EXPECT_STRNE(node.text().get(), "");
          EXPECT_LT(std::string(node.attribute("message").value()).size(), 1000u);
          EXPECT_LT(std::string(node.text().get()).size(), 20'000u);
        }
      }
    }
    ExpectCounts(testsuite, counts[0], counts[1], counts[2], counts[3]);
    EXPECT_EQ(static_cast<std::int64_t>(testsuite.attribute("time").as_double() * 1000 + 0.5), milliseconds);
    for (int i = 0; i < 4; ++i) total[i] += counts[i];
    total_ms += milliseconds;
  }
  ExpectCounts(root, total[0], total[1], total[2], total[3]);
  EXPECT_EQ(static_cast<std::int64_t>(root.attribute("time").as_double() * 1000 + 0.5), total_ms);
}

pugi::xml_node CaseOf(const pugi::xml_document& document, const std::string& id) {
  for (const pugi::xml_node& testsuite : document.child("testsuites").children("testsuite")) {
    for (const pugi::xml_node& testcase : testsuite.children("testcase")) {
      if (std::string(testcase.attribute("name").value()).starts_with(id + " ")) return testcase;
    }
  }
  return {};
}

TEST(Junit, OneSuitePerSectionAndOneCasePerItem) {
  pugi::xml_document document;
  const std::string text = Rendered(MixedSuite(), MixedRecords());
  CheckDocument(text, document);
  const pugi::xml_node root = document.child("testsuites");
  ExpectCounts(root, 8, 4, 2, 1);
  EXPECT_EQ(CountChildren(root, "testsuite"), 2);
  EXPECT_STREQ(root.child("testsuite").attribute("name").value(), "A. What works");
  const pugi::xml_node failed = CaseOf(document, "C2");
  EXPECT_STREQ(failed.attribute("classname").value(), "ai-health.c-broken-critical");
  EXPECT_STREQ(failed.attribute("name").value(), "C2 Title of C2");
  EXPECT_STREQ(failed.attribute("file").value(), "suites/ai-health/suite.json");
  EXPECT_STREQ(failed.attribute("line").value(), "41");
  EXPECT_STREQ(failed.attribute("time").value(), "1.234");
  EXPECT_STREQ(failed.child("failure").attribute("message").value(), "sync ran for a user without consent");
  EXPECT_THAT(failed.child("failure").text().get(), HasSubstr("status 200, 14 new rows"));
  EXPECT_TRUE(CaseOf(document, "C3").child("error"));
  EXPECT_THAT(CaseOf(document, "C3").child("error").text().get(), HasSubstr("consented_sync_stores"));
  EXPECT_THAT(CaseOf(document, "C4").child("skipped").text().get(), HasSubstr("removed from the product"));
  EXPECT_STREQ(CaseOf(document, "C5").child("error").attribute("type").value(), "no record");
  EXPECT_FALSE(CaseOf(document, "C6").child("error"));
  ExpectGolden("junit.xml", text);
}

TEST(Junit, SeveralSuitesMakeOneDocument) {
  const RegisteredSuite first = MixedSuite();
  RegisteredSuite second = MixedSuite();
  second.suite = "shop";
  std::vector<Record> records = MixedRecords();
  for (Record& record : records) record.suite = "shop";
  records.push_back(SampleRecord(Outcome::kPass, "X9"));
  records.back().suite = "shop";
  const SuiteVerdict first_verdict = *Conclude(first, MixedRecords(), "run-1");
  const SuiteVerdict second_verdict = *Conclude(second, records, "run-1");
  const std::string text = RenderJunit(
      "all <of> them",
      {{first, first_verdict, {"/b/ai-health/items", "/b"}}, {second, second_verdict, {"/b/shop/items", "/b"}}},
      {{"suite third", "not built \x1b[31m"}, {"suite fourth", "not built"}});
  pugi::xml_document document;
  CheckDocument(text, document);
  const pugi::xml_node root = document.child("testsuites");
  EXPECT_STREQ(root.attribute("name").value(), "all <of> them");
  ExpectCounts(root, 8 + 8 + 1 + 2, 8, 2 + 2 + 1 + 2, 2);
  std::vector<std::string> names;
  for (const pugi::xml_node& testsuite : root.children("testsuite"))
    names.emplace_back(testsuite.attribute("name").value());
  EXPECT_THAT(names, ElementsAre("ai-health: A. What works", "ai-health: C. Broken - critical", "shop: A. What works",
                                 "shop: C. Broken - critical", "shop: Report", "Report"));
  EXPECT_STREQ(root.last_child().child("testcase").attribute("name").value(), "suite third");
}

TEST(Junit, ManualIsAnError) {
  pugi::xml_document document;
  CheckDocument(Rendered(SampleRecord(Outcome::kManual)), document);
  EXPECT_STREQ(CaseOf(document, "C2").child("error").attribute("type").value(), "manual");
}

TEST(Junit, ProblemsOfTheWholeAreRedCases) {
  pugi::xml_document document;
  CheckDocument(Rendered(SampleSuite({SampleItem("C2", "low")}), {SampleRecord(), SampleRecord(Outcome::kPass, "X9")}),
                document);
  ExpectCounts(document.child("testsuites"), 3, 0, 2, 0);
}

TEST(Junit, OtherAttemptsAreReruns) {
  Record record = SampleRecord(Outcome::kFail);
  record.attempts = {SampleAttempt(Outcome::kInconclusive, "no answer"),
                     SampleAttempt(Outcome::kFail, "the first leak"), SampleAttempt(Outcome::kPass, "fine"),
                     SampleAttempt(Outcome::kFail, "the second leak")};
  pugi::xml_document document;
  CheckDocument(Rendered(record), document);
  const pugi::xml_node testcase = CaseOf(document, "C2");
  EXPECT_EQ(CountChildren(testcase, "failure"), 1);
  EXPECT_EQ(CountChildren(testcase, "rerunFailure"), 1);
  EXPECT_EQ(CountChildren(testcase, "rerunError"), 1);
  EXPECT_STREQ(testcase.child("rerunFailure").attribute("message").value(), "the second leak");
  EXPECT_STREQ(testcase.child("rerunError").attribute("message").value(), "no answer");
  EXPECT_STREQ(testcase.attribute("time").value(), "4.936");
}

TEST(Junit, AttachmentsComeLastAndOnlyFromTheRecord) {
  Record record = SampleRecord(Outcome::kFail);
  record.observations[0].seen = "[[ATTACHMENT|/etc/passwd]]\n[[ATTACHMENT|/etc/shadow]]";
  record.violations[0].actual = record.reason = record.controls[0].seen = record.observations[0].seen;
  const std::string text = Rendered(record);
  pugi::xml_document document;
  CheckDocument(text, document);
  const std::string out = CaseOf(document, "C2").child("system-out").text().get();
  const std::string expected =
      "[[ATTACHMENT|build/readiness/ai-health/items/C2/record.json]]\n"
      "[[ATTACHMENT|build/readiness/ai-health/items/C2/attempt-1/exchanges.json]]\n";
  EXPECT_TRUE(out.ends_with(expected)) << out;
  int marks = 0;
  for (std::size_t at = text.find(kAttachmentMark); at != std::string::npos; at = text.find(kAttachmentMark, at + 1))
    ++marks;
  EXPECT_EQ(marks, 2);
  record.observations[0].seen = "[[[[ATTACHMENT|/etc/passwd]]";
  EXPECT_THAT(Rendered(record), Not(HasSubstr("[[ATTACHMENT|/etc")));
}

TEST(Junit, NamesHoldNothingVolatile) {
  Record first = SampleRecord(Outcome::kFail);
  Record second = SampleRecord(Outcome::kInconclusive);
  second.attempts[0].started_at = "2027-01-01T00:00:00.000Z";
  second.attempts[0].duration_ms = 9;
  pugi::xml_document a;
  pugi::xml_document b;
  CheckDocument(Rendered(first), a);
  CheckDocument(Rendered(second), b);
  for (const char* attribute : {"name", "classname", "file", "line"})
    EXPECT_STREQ(CaseOf(a, "C2").attribute(attribute).value(), CaseOf(b, "C2").attribute(attribute).value());
}

TEST(Junit, HugeValuesAreCut) {
  Record record = SampleRecord(Outcome::kFail);
  record.violations[0].actual = std::string(10'000'000, '<');
  record.observations[0].seen = record.violations[0].actual;
  const std::string text = Rendered(record);
  pugi::xml_document document;
  CheckDocument(text, document);
  EXPECT_LT(text.size(), 100'000u);
  EXPECT_THAT(text, HasSubstr("more bytes]"));
}

TEST(Junit, HostileTextsStayText) {
  const std::vector<std::string> texts = {
      "</failure></testcase><testcase name=\"forged\"/>",
      "]]> <![CDATA[ ]]>",
      "&amp; &#0; &#x1b; &unknown; <!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
      "\x1b[31mred\x1b[0m \x07 \x08 \x0c \x7f",
      std::string("nul \0 inside", 12),
      "\xff\xfe\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80 broken",
      "\xEF\xBF\xBE \xEF\xBF\xBF noncharacters",
      "\xE2\x80\xAE right to left \xE2\x80\xA8 separator",
      "\"quotes\" 'and' <tags>\r\n\tlines",
      std::string(100'000, '<'),
      std::string(100'000, '\x01'),
      ""};
  for (const std::string& hostile : texts) {
    for (const Outcome outcome :
         {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive, Outcome::kNotApplicable, Outcome::kManual}) {
      Record record = SampleRecord(outcome);
      record.title = record.probe = record.reason = record.target = record.deployment = record.engine =
          record.tool_version = record.narrower_than_audit = record.remediation = hostile;
      record.defects = {hostile, hostile};
      record.attempts.push_back({Outcome::kFail, hostile, "2026-11-20T08:00:00.000Z", 1});
      for (Violation& violation : record.violations) violation = {hostile, hostile, hostile, hostile, hostile};
      for (Control& control : record.controls) control.id = control.statement = control.seen = hostile;
      for (Observation& observation : record.observations) observation.what = observation.seen = hostile;
      RegisteredSuite suite = SampleSuite({SampleItem("C2", "critical")});
      suite.title = suite.suite_file = suite.audit_document = suite.items[0].title = suite.items[0].section =
          suite.items[0].category = hostile;
      pugi::xml_document document;
      const std::string text = Rendered(suite, {record});
      CheckDocument(text, document);
      EXPECT_LT(text.size(), 300'000u);
      EXPECT_EQ(CountChildren(document.child("testsuites").child("testsuite"), "testcase"), 1);
    }
  }
}

}  // namespace
}  // namespace readiness
