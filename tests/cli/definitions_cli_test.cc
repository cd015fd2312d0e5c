// list and validate.

#include <gmock/gmock.h>

#include "base/located_json.h"
#include "base/text.h"
#include "tool_run.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

class Definitions : public ToolTest {
 protected:
  // An audit whose lines 3, 4 and 5 are the sources of the suite's three items.
  void WriteAudit(const std::string& document) const {
    Write("audit.md", document);
    for (const auto& [line, text] : {std::pair{3, "- [ ] Nobody reads what is not theirs"},
                                     {4, "- [ ] Orders are answered within a second"},
                                     {5, "### Payments are taken once"}}) {
      Edit("suite.json", R"("line": 1,)", "\"line\": " + std::to_string(line) + ",");
      Edit("suite.json", std::string(64, '0'), Sha256Hex(text));
    }
  }
};

constexpr const char* kAudit =
    "# Audit\n\n- [ ] Nobody reads   what is not theirs\n- [ ] Orders are answered within a second\n### Payments are "
    "taken once\n";

TEST_F(Definitions, ListText) {
  const ToolRun run = Run({"list", "suite.json"});
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.out,
            "A1         critical  scenario                     Title of A1\n"
            "A2.1       low       scenario                     Title of A2.1\n"
            "B-3_x      critical  scenario                     Title of B-3_x\n"
            "3 of 7 items of the audit automated\n");
  EXPECT_THAT(run.err, IsEmpty());
}

TEST_F(Definitions, ListJson) {
  const ToolRun run = Run({"list", "--format", "json", "suite.json"});
  EXPECT_EQ(run.code, 0);
  const Json json = ParseStrictJson(run.out, "list").value();
  EXPECT_EQ(json["suite"], "shop-audit");
  EXPECT_EQ(json["audit_items"], 7);
  ASSERT_EQ(json["items"].size(), 3u);
  EXPECT_EQ(json["items"][1], Json({{"id", "A2.1"},
                                    {"part_of", ""},
                                    {"title", "Title of A2.1"},
                                    {"severity", "low"},
                                    {"category", "privacy"},
                                    {"section", "A. All"},
                                    {"probe", "scenario"},
                                    {"source", {{"document", "audit.md"}, {"line", 1}}},
                                    {"narrower_than_audit", ""}}));
}

TEST_F(Definitions, BrokenFilesExitWith2AndNameThePlace) {
  struct Case {
    std::string file, from, to, place;
    std::vector<std::string> says;
    Words arguments;
  };
  const Words suite = {"validate", "--suite", "suite.json"};
  const Words target = {"validate", "--target", "target.json"};
  const Words deployment = {"validate", "--target", "target.json", "--deployment", "local.json"};
  const std::vector<Case> cases = {
      {"suite.json", "\"severity\": \"low\"", "\"severity\": \"lo\"", "suite.json:69:", {"low"}, suite},
      {"suite.json",
       "\"severity\": \"low\"",
       "\"severity\": \"lo\"",
       "suite.json:69:",
       {"low"},
       {"list", "suite.json"}},
      {"suite.json", "\"probe\": \"scenario\"", "\"probe\": \"scenery\"", "suite.json:", {"scenario"}, suite},
      {"suite.json", "\"suite\":", "\"suite\" ", "suite.json:2:", {}, suite},
      {"target.json", "\"sign_up\"]", "\"signup\"]", "target.json:", {"sign_up"}, target},
      {"target.json", "{", "", "target.json:", {}, target},
      {"local.json", "\"engine\": \"process\"", "\"engine\": \"proces\"", "local.json:4:", {"process"}, deployment},
      {"local.json", "\"target\": \"shop\"", "\"target\": \"bank\"", "local.json:3:", {"bank", "shop"}, deployment}};
  for (const Case& wrong : cases) {
    const std::string good = Read(wrong.file);
    Edit(wrong.file, wrong.from, wrong.to);
    const ToolRun run = Run(wrong.arguments);
    EXPECT_EQ(run.code, 2) << wrong.to;
    EXPECT_THAT(run.err, HasSubstr(wrong.place)) << wrong.to;
    for (const std::string& words : wrong.says) EXPECT_THAT(run.err, HasSubstr(words));
    Write(wrong.file, good);
  }
}

TEST_F(Definitions, MissingFilesExitWith2) {
  for (const Words& arguments :
       std::vector<Words>{{"list", "no.json"},
                          {"validate", "--suite", "no.json"},
                          {"validate", "--suite", "."},
                          {"validate", "--target", "no.json"},
                          {"validate", "--target", "target.json", "--deployment", "no.json"}}) {
    const ToolRun run = Run(arguments);
    EXPECT_EQ(run.code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(run.err, HasSubstr(" --> ")) << ::testing::PrintToString(arguments);
  }
}

TEST_F(Definitions, ValidateTargetAndDeployment) {
  EXPECT_EQ(Run({"validate", "--target", "target.json"}).out, "target.json: 1 actions, 1 identities\n");
  for (const Words& more : std::vector<Words>{{}, {"--variant", "small"}}) {
    Words arguments = {"validate", "--target", "target.json", "--deployment", "local.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ToolRun run = Run(arguments);
    EXPECT_EQ(run.code, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("local.json: 1 services\n"));
  }
  EXPECT_EQ(Run({"validate", "--target", "target.json", "--deployment", "local.json", "--variant", "large"}).code, 2);
}

TEST_F(Definitions, WithoutTheAuditNothingIsCheckedAgainstIt) {
  const ToolRun run = Run({"validate", "--suite", "suite.json"});
  EXPECT_EQ(run.code, 3);
  EXPECT_EQ(run.out, "suite.json: 3 items\naudit: not checked (give --audit <document>)\n");
}

TEST_F(Definitions, AuditAsItWas) {
  WriteAudit(kAudit);
  const ToolRun run = Run({"validate", "--suite", "suite.json", "--audit", "audit.md"});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(run.out, "suite.json: 3 items\naudit: 3 items, 0 changed, 0 moved, 0 lines without an item\n");
}

TEST_F(Definitions, AuditThatChanged) {
  WriteAudit(
      "# Audit\n- [x] New\n\n- [ ] Nobody reads what is not theirs\n- [ ] Orders are answered within a minute\n");
  const ToolRun run = Run({"validate", "--suite", "suite.json", "--audit", "audit.md"});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.out, HasSubstr("moved    A1: line 3 is now line 4\n"));
  EXPECT_THAT(run.out,
              HasSubstr("changed  A2.1: line 4 says something else: \"- [ ] Nobody reads what is not theirs\""));
  EXPECT_THAT(run.out,
              HasSubstr("changed  B-3_x: line 5 says something else: \"- [ ] Orders are answered within a minute\""));
  EXPECT_THAT(run.out, HasSubstr("no item  line 2: - [x] New\n"));
  EXPECT_THAT(run.out, HasSubstr("audit: 3 items, 2 changed, 1 moved, 2 lines without an item\n"));
}

TEST_F(Definitions, AuditThatIsShorterOrEmpty) {
  WriteAudit("");
  const ToolRun run = Run({"validate", "--suite", "suite.json", "--audit", "audit.md"});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.out, HasSubstr("changed  A1: the document has no line 3\n"));
}

TEST_F(Definitions, HostileAuditLineIsPrintable) {
  WriteAudit("\n\n- \x1b[31mred\n");
  const ToolRun run = Run({"validate", "--suite", "suite.json", "--audit", "audit.md"});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.out, ::testing::Not(HasSubstr("\x1b")));
}

TEST_F(Definitions, MissingAuditIsNotChecked) {
  const ToolRun run = Run({"validate", "--suite", "suite.json", "--audit", "audit.md"});
  EXPECT_EQ(run.code, 3);
  EXPECT_EQ(run.out, "suite.json: 3 items\naudit: not checked\n");
  EXPECT_THAT(run.err, HasSubstr(" --> audit.md\n"));
}

}  // namespace
}  // namespace readiness
