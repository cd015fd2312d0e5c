#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(scenario);

namespace readiness::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kSecret = "blood type AB negative";

// Somebody writes a note and reads it; a stranger must not.
Json Notes() {
  return Json::parse(R"({
    "identities": { "owner": "user", "stranger": "user" },
    "store": "main", "may_change": ["audit_events"], "fix": "look the note up by its owner",
    "control": [
      { "as": "owner", "action": "write_note", "arguments": { "text": "blood type AB negative" },
        "expect": { "status": [201], "rows": [{ "of": "owner", "table": "notes", "delta": 1 }] } },
      { "as": "owner", "action": "read_note", "arguments": { "note_id": "${owner.note_id}" },
        "expect": { "status": [200], "json": [{ "at": "/text", "equals": "blood type AB negative" }] } }
    ],
    "attempt": [
      { "as": "stranger", "action": "read_note", "arguments": { "note_id": "${owner.note_id}" },
        "expect": { "status": [404], "unchanged": ["owner", "stranger"], "never_contains": ["blood type AB negative"] } }
    ]
  })");
}

class ScenarioTest : public ::testing::Test {
 protected:
  ScenarioTest() { Set(Notes()); }

  // The fakes of a target in which the scenario holds.
  void Set(const Json& parameters) {
    test_ = std::make_unique<TestContext>(parameters);
    t().store.Declare({"notes", "audit_events"});
    t().actions.Answer("write_note", "owner", 201).Captures("note_id", 7).Then([this] {
      t().store.AddRows(t().OwnerOf("owner"), "notes", 1);
    });
    t().actions.Answer("read_note", "owner", 200, Json{{"text", kSecret}, {"tags", {"a", "b"}}, {"pages", 2}}.dump());
  }
  // The attempt expects `expect` of the stranger's reading.
  void Expect(const char* expect) {
    Json notes = Notes();
    notes["attempt"][0]["expect"] = Json::parse(expect);
    Set(notes);
  }
  void StrangerGets(int status, const std::string& body = R"({"detail":"Not found"})") {
    t().actions.Answer("read_note", "stranger", status, body);
  }
  Result<void> Run() { return probes::scenario(t().context()); }
  TestContext& t() { return *test_; }

 private:
  std::unique_ptr<TestContext> test_;
};

TEST_F(ScenarioTest, Holds) {
  StrangerGets(404);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t().findings.violations(), IsEmpty());
  EXPECT_TRUE(t().Satisfied("control_steps_hold"));
  EXPECT_TRUE(t().Satisfied("withheld_is_shown_otherwise"));
  EXPECT_THAT(t().findings.observations(), SizeIs(4));
  EXPECT_EQ(t().actions.calls.back().arguments.at("note_id"), 7);
}

TEST_F(ScenarioTest, HoldsWhenAnAttemptIsAudited) {
  t().actions.Answer("read_note", "stranger", 404).Then([this] {
    t().store.AddRows(t().OwnerOf("owner"), "audit_events", 1);
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t().findings.violations(), IsEmpty());
}

TEST_F(ScenarioTest, ViolatedByAnotherStatusAndByWhatTheAnswerShows) {
  StrangerGets(200, Json{{"text", kSecret}}.dump());
  ASSERT_TRUE(Run());
  ASSERT_THAT(t().findings.violations(), SizeIs(2));
  const Violation& status = t().findings.violations()[0];
  EXPECT_EQ(status.what, "read_note as \"stranger\": status 200 instead of 404");
  EXPECT_THAT(status.did, AllOf(HasSubstr("read_note as \"stranger\""), HasSubstr("/attempt/0")));
  EXPECT_EQ(status.expected, "status 404");
  EXPECT_EQ(status.actual, "status 200");
  EXPECT_EQ(status.fix, "look the note up by its owner");
  EXPECT_THAT(t().findings.violations()[1].what, HasSubstr("the answer shows what it must not"));
}

TEST_F(ScenarioTest, ViolatedWhenTheRightStatusShowsTheTextInAnotherWriting) {
  StrangerGets(404, R"({"detail":"blood t\u0079pe AB negative"})");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t().findings.violations(), SizeIs(1));
}

TEST_F(ScenarioTest, ViolatedWhenTheRightStatusChangedRows) {
  t().actions.Answer("read_note", "stranger", 404).Then([this] {
    t().store.ChangeRows(t().OwnerOf("owner"), "notes");
  });
  ASSERT_TRUE(Run());
  ASSERT_THAT(t().findings.violations(), SizeIs(1));
  EXPECT_EQ(t().findings.violations()[0].what, "read_note as \"stranger\": rows changed that must not");
}

TEST_F(ScenarioTest, ViolatedWhenAFaultChangedRows) {
  t().actions.Answer("read_note", "stranger", 500).Then([this] {
    t().store.ChangeRows(t().OwnerOf("owner"), "notes");
  });
  EXPECT_FALSE(Run());
  EXPECT_THAT(t().findings.violations(), SizeIs(1));
}

class ScenarioFaultTest : public ScenarioTest, public ::testing::WithParamInterface<int> {};

TEST_P(ScenarioFaultTest, Undecidable) {
  StrangerGets(GetParam());
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("decided nothing"));
  EXPECT_THAT(t().findings.violations(), IsEmpty());
  EXPECT_THAT(t().findings.observations(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Scenario, ScenarioFaultTest, ::testing::Values(429, 500, 503));

TEST_F(ScenarioTest, AFaultThatIsExpectedIsAnObservation) {
  Expect(R"({"status": [503], "unchanged": ["owner"]})");
  StrangerGets(503);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t().findings.violations(), IsEmpty());
}

TEST_F(ScenarioTest, UndecidableWhenTheTargetDoesNotAnswer) {
  t().actions.FailWith("read_note", "stranger", MakeError(ErrorKind::kTimeout));
  EXPECT_FALSE(Run());
  EXPECT_THAT(t().findings.violations(), IsEmpty());
}

TEST_F(ScenarioTest, UndecidableAndNothingAttemptedWhenTheControlFails) {
  Json notes = Notes();
  notes["control"][1]["expect"]["json"][0]["equals"] = "something else";
  Set(notes);
  StrangerGets(404);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t().Satisfied("control_steps_hold"));
  EXPECT_THAT(t().findings.controls()[0].seen, HasSubstr("/text"));
  EXPECT_EQ(t().actions.Count("read_note", "stranger"), 0);
}

TEST_F(ScenarioTest, UndecidableWhenTheControlStoresNothing) {
  Json notes = Notes();
  notes["control"][0]["expect"]["rows"][0]["delta"] = 2;
  Set(notes);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t().Satisfied("control_steps_hold"));
}

TEST_F(ScenarioTest, UndecidableWhenNoControlStepDidWhatItsActionIsFor) {
  Json notes = Notes();
  notes["control"] = Json::parse(R"([{ "as": "stranger", "action": "read_note", "expect": { "status": [404] } }])");
  notes["attempt"][0]["arguments"] = Json::object();
  notes["attempt"][0]["expect"] = Json::parse(R"({"status": [401, 403], "unchanged": ["owner"]})");
  Set(notes);
  StrangerGets(404);
  StrangerGets(403);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t().Satisfied("control_steps_hold"));
  EXPECT_EQ(t().findings.controls()[0].seen, "no control step did what its action is for");
  EXPECT_EQ(t().actions.Count("read_note"), 1);
}

TEST_F(ScenarioTest, UndecidableWhenNothingShowsThatWhatIsNotFoundExistsAtAll) {
  const Json refused = Json::parse(R"({ "as": "stranger", "action": "read_note", "expect": { "status": [404] } })");
  for (const bool seen_refused : {false, true}) {
    Json notes = Notes();
    notes["control"].erase(1);
    if (seen_refused) notes["control"].push_back(refused);
    notes["attempt"][0]["expect"] = Json::parse(R"({"status": [403, 404], "unchanged": ["owner"]})");
    Set(notes);
    StrangerGets(404);
    const auto ran = Run();
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
    EXPECT_THAT(ran.error().what,
                AllOf(HasSubstr("/attempt/0"), HasSubstr("of an action that no control step showed to work")));
    EXPECT_EQ(t().actions.Count("read_note"), seen_refused ? 1 : 0);
    EXPECT_THAT(t().findings.observations(), IsEmpty());
  }
}

TEST_F(ScenarioTest, UndecidableWhenOnlyAnotherActionThanTheRefusedOneWorked) {
  for (const int status : {401, 403, 405, 410}) {
    Json notes = Notes();
    notes["control"].erase(1);
    notes["attempt"][0]["expect"] = {{"status", {status}}, {"unchanged", {"owner"}}};
    Set(notes);
    StrangerGets(status);
    const auto ran = Run();
    ASSERT_FALSE(ran);
    EXPECT_THAT(ran.error().what, HasSubstr(std::to_string(status) + " of an action that no control step showed"));
  }
}

TEST_F(ScenarioTest, HoldsWhenAnotherActionWorkedAndTheStatusIsNoRefusal) {
  Json notes = Notes();
  notes["control"].erase(1);
  notes["attempt"][0]["expect"] = Json::parse(R"({"status": [422], "unchanged": ["owner"]})");
  Set(notes);
  StrangerGets(422);
  ASSERT_TRUE(Run());
  EXPECT_TRUE(t().Satisfied("control_steps_hold"));
  EXPECT_THAT(t().findings.observations(), SizeIs(2));
}

TEST_F(ScenarioTest, UndecidableWhenNobodyEverGetsWhatIsWithheld) {
  for (const char* expect : {R"({"status": [404], "never_contains": ["never heard of"]})",
                             R"({"status": [404], "json": [{"at": "/nowhere", "absent": true}]})",
                             R"({"status": [404], "headers": [{"name": "X-Secret", "absent": true}]})"}) {
    Expect(expect);
    StrangerGets(404);
    ASSERT_TRUE(Run());
    EXPECT_THAT(t().findings.violations(), IsEmpty());
    EXPECT_FALSE(t().Satisfied("withheld_is_shown_otherwise")) << expect;
  }
}

TEST_F(ScenarioTest, UndecidableWhenAnActionIsMissing) {
  StrangerGets(404);
  t().actions.Lacks("write_note");
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(t().identities.made, IsEmpty());
}

TEST_F(ScenarioTest, UndecidableWhenTheStoreCannotBeReadOrHasNoSuchTable) {
  StrangerGets(404);
  t().store.FailWith(MakeError(ErrorKind::kTimeout));
  EXPECT_FALSE(Run());
  Expect(R"({"status": [404], "rows": [{"of": "owner", "table": "note", "delta": 0}]})");
  StrangerGets(404);
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
}

TEST_F(ScenarioTest, UndecidableWhenAnAnswerIsNoJsonWhereItsFieldsMatter) {
  Expect(R"({"status": [404], "json": [{"at": "/detail", "equals": "Not found"}]})");
  StrangerGets(404, "<html>");
  EXPECT_FALSE(Run());
  EXPECT_THAT(t().findings.violations(), IsEmpty());
}

TEST_F(ScenarioTest, UndecidableWhenAValueWasNeverCaptured) {
  Json notes = Notes();
  notes["attempt"][0]["arguments"]["note_id"] = "${owner.nothing}";
  Set(notes);
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, AllOf(HasSubstr("/attempt/0"), HasSubstr("owner.nothing")));
}

TEST_F(ScenarioTest, UndecidableWhenTheActionHasNoAnswer) {
  t().actions.Answer("read_note", "stranger", 0);
  EXPECT_FALSE(Run());
}

TEST_F(ScenarioTest, LooksOnceBetweenTwoSteps) {
  Json notes = Notes();
  notes["attempt"].push_back(notes["attempt"][0]);
  Set(notes);
  StrangerGets(404);
  ASSERT_TRUE(Run());
  // The control's two; before, between and after the attempts of two identities each.
  EXPECT_THAT(t().store.snapshots, SizeIs(2 + 3 * 2));
}

// One expectation, and whether the body {"text":"hello world","n":3,"list":[1,2],"none":null} meets it.
struct Expectation {
  const char* json;
  bool met;
};

class ScenarioAnswerTest : public ScenarioTest, public ::testing::WithParamInterface<Expectation> {};

TEST_P(ScenarioAnswerTest, IsComparedAsDeclared) {
  Json notes = Notes();
  notes["attempt"][0]["expect"] = {{"status", {200}}, {"json", {Json::parse(GetParam().json)}}};
  Set(notes);
  StrangerGets(200, R"({"text":"hello world","n":3,"list":[1,2],"none":null,"id":"id-owner","a/b":{"~":1}})");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t().findings.violations(), SizeIs(GetParam().met ? 0 : 1));
  EXPECT_THAT(t().findings.observations(), SizeIs(GetParam().met ? 2 : 1));
}

INSTANTIATE_TEST_SUITE_P(
    Scenario, ScenarioAnswerTest,
    ::testing::Values(
        Expectation{R"({"at":"/text","equals":"hello world"})", true},
        Expectation{R"({"at":"/text","equals":"hello"})", false},
        Expectation{R"({"at":"/id","equals":"${owner.user_id}"})", true},
        Expectation{R"({"at":"/id","equals":"${stranger.user_id}"})", false},
        Expectation{R"({"at":"/n","equals":3})", true}, Expectation{R"({"at":"/n","equals":"3"})", false},
        Expectation{R"({"at":"/list/1","equals":2})", true}, Expectation{R"({"at":"/list/01","equals":2})", false},
        Expectation{R"({"at":"/list/2","equals":2})", false}, Expectation{R"({"at":"/a~1b/~0","equals":1})", true},
        Expectation{R"({"at":"/none","equals":null})", true}, Expectation{R"({"at":"/gone","equals":null})", false},
        Expectation{R"({"at":"/text","type":"string"})", true}, Expectation{R"({"at":"/n","type":"integer"})", true},
        Expectation{R"({"at":"/n","type":"string"})", false}, Expectation{R"({"at":"","type":"object"})", true},
        Expectation{R"({"at":"/none","type":"null"})", true}, Expectation{R"({"at":"/gone","type":"null"})", false},
        Expectation{R"({"at":"/n","one_of":[1,3]})", true}, Expectation{R"({"at":"/n","one_of":["3"]})", false},
        Expectation{R"({"at":"/text","contains":"o w"})", true},
        Expectation{R"({"at":"/id","contains":"${owner.user_id}"})", true},
        Expectation{R"({"at":"/n","contains":"3"})", false}, Expectation{R"({"at":"/list","min_items":2})", true},
        Expectation{R"({"at":"/list","min_items":3})", false}, Expectation{R"({"at":"/text","min_items":1})", false},
        Expectation{R"({"at":"/text","absent":true})", false}, Expectation{R"({"at":"/pages","absent":true})", true}));

TEST_F(ScenarioTest, HeadersAndTimeAreCompared) {
  Expect(
      R"({"status": [404], "headers": [{"name": "Cache-Control", "contains": "no-store"}, {"name": "vary", "equals": "Origin"}],
             "within_ms": 1})");
  t().actions.Answer("read_note", "stranger", 404)
      .Header("cache-control", "private, no-store")
      .Header("Vary", "Accept");
  ASSERT_TRUE(Run());
  ASSERT_THAT(t().findings.violations(), SizeIs(1));
  EXPECT_THAT(t().findings.violations()[0].actual, HasSubstr("Accept"));
  EXPECT_THAT(t().findings.observations(), SizeIs(3));
}

TEST_F(ScenarioTest, RowsAndCallsAreCounted) {
  Json notes = Notes();
  notes["provider"] = "whoop";
  notes["attempt"][0]["expect"] = Json::parse(
      R"({"status": [200], "rows": [{"of": "stranger", "table": "notes", "delta": 2}], "calls": [{"of": "stranger", "delta": 1}]})");
  for (const int calls : {1, 2}) {
    Set(notes);
    t().actions.Answer("read_note", "stranger", 200).Then([this, calls] {
      t().store.AddRows(t().OwnerOf("stranger"), "notes", 2);
      for (int i = 0; i < calls; ++i) t().provider.Call(t().AccountOf("stranger"), ProviderCallKind::kData);
      t().provider.Call(t().AccountOf("owner"), ProviderCallKind::kData);
    });
    ASSERT_TRUE(Run());
    EXPECT_THAT(t().findings.violations(), SizeIs(calls - 1));
  }
  Set(notes);
  t().actions.Answer("read_note", "stranger", 200).Then([this] { t().provider.Call("", ProviderCallKind::kData); });
  EXPECT_FALSE(Run());
}

// What a definition must not say: where to put it, what, and what the error names.
struct Mistake {
  const char* at;
  const char* value;
  const char* named;
};

class ScenarioMistakeTest : public ScenarioTest, public ::testing::WithParamInterface<Mistake> {};

TEST_P(ScenarioMistakeTest, IsADefinitionErrorThatNamesItsPlace) {
  Json notes = Notes();
  notes[Json::json_pointer(GetParam().at)] = Json::parse(GetParam().value);
  Set(notes);
  StrangerGets(404);
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(ran.error().what, HasSubstr(GetParam().named));
  EXPECT_THAT(t().actions.calls, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Scenario, ScenarioMistakeTest,
    ::testing::Values(
        Mistake{"/attempt", "[]", "/attempt"}, Mistake{"/control", "[]", "/control"},
        Mistake{"/identities/anonymous", "\"user\"", "/identities/anonymous"},
        Mistake{"/identities/owner", "7", "/identities/owner"},
        Mistake{"/attempt/0/excpect", "{}", "/attempt/0/excpect"},
        Mistake{"/attempt/0/as", "\"nobody\"", "/attempt/0/as"}, Mistake{"/attempt/0/action", "7", "/attempt/0/action"},
        Mistake{"/attempt/0/arguments", "[]", "/attempt/0/arguments"},
        Mistake{"/attempt/0/arguments/x", "\"${nobody.id}\"", "/attempt/0/arguments/x"},
        Mistake{"/attempt/0/arguments/x", "[\"${owner}\"]", "/attempt/0/arguments/x/0"},
        Mistake{"/attempt/0/arguments/x", "\"${owner.id\"", "/attempt/0/arguments/x"},
        Mistake{"/attempt/0/expect", "{\"status\":[404]}", "/attempt/0/expect"},
        Mistake{"/attempt/0/expect", "{\"status\":[404],\"within_ms\":10}", "/attempt/0/expect"},
        Mistake{"/attempt/0/expect", "{\"unchanged\":[\"owner\"]}", "/attempt/0/expect"},
        Mistake{"/attempt/0/expect/status", "[]", "/attempt/0/expect/status"},
        Mistake{"/attempt/0/expect/status", "[4040]", "/attempt/0/expect/status/0"},
        Mistake{"/attempt/0/expect/status", "404", "/attempt/0/expect/status"},
        Mistake{"/attempt/0/expect/jsn", "[]", "/attempt/0/expect/jsn"},
        Mistake{"/attempt/0/expect/json", "[]", "/attempt/0/expect/json"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"/a"}])", "/attempt/0/expect/json/0"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"a","equals":1}])", "/attempt/0/expect/json/0/at"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"/~2","equals":1}])", "/attempt/0/expect/json/0/at"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"/a","equals":1,"type":"string"}])", "/attempt/0/expect/json/0"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"/a","type":"text"}])", "/attempt/0/expect/json/0/type"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"/a","absent":false}])", "/attempt/0/expect/json/0/absent"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"/a","one_of":[]}])", "/attempt/0/expect/json/0/one_of"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"/a","contains":""}])", "/attempt/0/expect/json/0/contains"},
        Mistake{"/attempt/0/expect/json", R"([{"at":"/a","min_items":0}])", "/attempt/0/expect/json/0/min_items"},
        Mistake{"/attempt/0/expect/headers", R"([{"name":"Vary"}])", "/attempt/0/expect/headers/0"},
        Mistake{"/attempt/0/expect/headers", R"([{"name":"","equals":"x"}])", "/attempt/0/expect/headers/0/name"},
        Mistake{"/attempt/0/expect/rows", R"([{"of":"owner","table":"notes"}])", "/attempt/0/expect/rows/0"},
        Mistake{"/attempt/0/expect/rows", R"([{"of":"owner","table":"notes","delta":0.5}])",
                "/attempt/0/expect/rows/0/delta"},
        Mistake{"/attempt/0/expect/rows", R"([{"of":"anonymous","table":"notes","delta":0}])",
                "/attempt/0/expect/rows/0/of"},
        Mistake{"/attempt/0/expect/unchanged", R"(["anonymous"])", "/attempt/0/expect/unchanged/0"},
        Mistake{"/attempt/0/expect/calls", R"([{"of":"owner","delta":0}])", "/attempt/0/expect/calls/0"},
        Mistake{"/attempt/0/expect/never_contains", R"(["short"])", "/attempt/0/expect/never_contains/0"},
        Mistake{"/attempt/0/expect/within_ms", "0", "/attempt/0/expect/within_ms"}));

TEST_F(ScenarioTest, ACanaryThatIsTooShortOnceFilledInIsADefinitionError) {
  Expect(R"({"status": [404], "never_contains": ["${owner.note_id}"]})");
  StrangerGets(404);
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
}

}  // namespace
}  // namespace readiness::testing
