#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "readiness/language.h"
#include "readiness/testing.h"

READINESS_DECLARE_PROBE(forbidden_language_never_reaches_users);

namespace readiness::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kFields[] = {"explanation", "uncertainty"};
const std::vector<std::string> kPhrases = {"causes", "proves", "stop taking your medication", "you should take"};

Json ForbiddenLanguageParameters() {
  return {{"identity", "user"},
          {"service", "api"},
          {"variant", "llm-on"},
          {"model", "llm"},
          {"prepare", {"store_data", "run_insights"}},
          {"surfaces",
           {{{"action", "feed"}, {"deterministic", {"/items/0/title", "/items/0/summary"}}, {"shows_reply", true}},
            {{"action", "explain"}, {"deterministic", {"/summary"}}}}},
          {"fields",
           {{"explanation", "This might be associated with rest, note ${marker}."},
            {"uncertainty", "It is uncertain, note ${marker}."}}},
          {"forbidden", {"causes", "proves"}},
          {"advice", {"stop taking your medication", "you should take"}},
          {"claim", "Perhaps magnesium ${phrase} sleep, note ${marker}."},
          {"demand", "Perhaps ${phrase} today, note ${marker}."},
          {"disguises",
           {"upper_case", "mixed_case", "zero_width", "soft_hyphen", "homoglyph", "full_width", "markup", "emphasis",
            "line_break"}},
          {"slow_ms", 1}};
}

// A target that believes nothing a model says until it has checked it, which each test then breaks in one place.
class ForbiddenLanguageTest : public ::testing::Test {
 protected:
  explicit ForbiddenLanguageTest(const Json& parameters = ForbiddenLanguageParameters())
      : t(parameters), model(t.doubles.Model("llm")) {
    t.actions.Answer("store_data", "*", 0).Captures("day", 1);
    t.actions.Answer("run_insights", "*", 200).Captures("insight_id", 7);
    t.actions.Answer("feed", "*", 200).Computes([this] { return Feed(); });
    t.actions.Answer("explain", "*", 200).Computes([this] { return Explain(); });
  }

  bool Enabled() const { return t.services.running == "llm-on"; }

  // What of the model's reply is shown, by field.
  virtual Json Translated() {
    model.Call("translate this");
    const ModelReply& reply = model.reply();
    if (reply.status != 200 || reply.raw_body) return Json::object();
    const Json said = Json::parse(reply.content, nullptr, false);
    if (!said.is_object()) return Json::object();
    Json shown = Json::object();
    for (const char* field : kFields) {
      if (said.contains(field)) shown[field] = Checked(said[field]);
    }
    return shown;
  }
  Json Checked(const Json& text) const {
    if (check) return check(text);
    if (!text.is_string()) return nullptr;
    const auto hits = PhraseFinder::Make(kPhrases)->FindIn(text.get<std::string>());
    return hits && hits->empty() ? text : Json(nullptr);
  }

  std::pair<int, std::string> Feed() {
    Json item{{"title", "Sleep changed"}, {"summary", summary}, {"evidence", {{"n", 7}}}};
    if (Enabled()) item.update(Translated());
    if (change_item) change_item(item);
    return {feed_status ? feed_status() : 200, Json{{"items", Json::array({item})}}.dump()};
  }
  std::pair<int, std::string> Explain() {
    return {200, Json{{"summary", "Based on 1 metric."}, {"note", Enabled() && note ? note() : ""}}.dump()};
  }

  Result<void> Run() { return probes::forbidden_language_never_reaches_users(t.context()); }
  void ExpectViolation(const std::string& what, const std::string& actual) {
    const auto ran = Run();
    EXPECT_TRUE(ran) << ran.error().Brief();
    EXPECT_THAT(t.findings.violations(), Contains(AllOf(Field(&Violation::what, HasSubstr(what)),
                                                        Field(&Violation::actual, HasSubstr(actual)))));
  }
  std::string Content() const { return model.reply().content; }
  bool SaysBadly() const { return !PhraseFinder::Make(kPhrases)->FindIn(Content())->empty(); }

  TestContext t;
  FakeLanguageModel& model;
  std::string summary = "Less than usual.";
  std::function<Json(const Json&)> check;
  std::function<void(Json&)> change_item;
  std::function<int()> feed_status;
  std::function<std::string()> note;
};

TEST_F(ForbiddenLanguageTest, Holds) {
  const auto ran = Run();
  ASSERT_TRUE(ran) << ran.error().Brief();
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("compliant_reply_is_shown"));
  EXPECT_TRUE(t.Satisfied("model_is_asked"));
  EXPECT_TRUE(t.Satisfied("compliant_reply_is_shown_again"));
  EXPECT_THAT(t.findings.observations(), SizeIs(Gt(40u)));
  EXPECT_THAT(t.services.log, ::testing::ElementsAre("start api llm-on", "stop api"));
}

TEST_F(ForbiddenLanguageTest, SaysWhatItShould) {
  ASSERT_TRUE(Run());
  int bad = 0, broken = 0, errors = 0, slow = 0;
  std::set<std::string> contents;
  for (const ModelReply& reply : model.replies) {
    bad += PhraseFinder::Make(kPhrases)->FindIn(reply.content)->empty() ? 0 : 1;
    broken += reply.raw_body ? 1 : 0;
    errors += reply.status == 200 ? 0 : 1;
    slow += reply.delay.count() > 0 ? 1 : 0;
    contents.insert(reply.content);
  }
  EXPECT_EQ(errors, 5 + 1 + 3);  // also while data are prepared, and when they are read
  EXPECT_EQ(broken, 4);
  EXPECT_EQ(slow, 1);
  EXPECT_GT(bad, 40);
  EXPECT_GT(contents.size(), 55u);  // a marker of its own in each
  EXPECT_THAT(contents, Contains(HasSubstr("\u200b")));
  EXPECT_THAT(contents, Contains(HasSubstr("\u0441\u0430us\u0435s")));
  EXPECT_THAT(contents, Contains(HasSubstr("CAUSES")));
  EXPECT_THAT(contents, Contains(HasSubstr("\uff43\uff41")));
  EXPECT_THAT(contents, Contains(HasSubstr("```json")));
  EXPECT_THAT(contents, Contains(HasSubstr("stop\\ntaking\\nyour")));
}

TEST_F(ForbiddenLanguageTest, HoldsWhenTheTextIsRewritten) {
  check = [](const Json& text) {
    if (!text.is_string()) return Json("It is unclear.");
    const std::string said = text;
    const auto hits = PhraseFinder::Make(kPhrases)->FindIn(said);
    return hits->empty() ? text : Json("Something " + said.substr(said.rfind("note")));
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("model_is_asked"));
  EXPECT_THAT(t.findings.observations(), Contains(Field(&Observation::seen, HasSubstr("harmless part"))));
}

TEST_F(ForbiddenLanguageTest, Violated) {
  check = [](const Json& text) { return text; };
  ExpectViolation("forbidden language reached a user", "\"causes\" at /items/0/explanation");
  EXPECT_THAT(t.findings.violations(), SizeIs(Gt(20u)));
}

TEST_F(ForbiddenLanguageTest, ViolatedWhenOneFieldIsNotChecked) {
  change_item = [this](Json& item) {
    const Json said = Json::parse(Content(), nullptr, false);
    if (Enabled() && said.is_object() && said.contains("uncertainty")) item["uncertainty"] = said["uncertainty"];
  };
  ExpectViolation("forbidden language", "/items/0/uncertainty");
  for (const Violation& violation : t.findings.violations())
    EXPECT_THAT(violation.actual, Not(HasSubstr("/explanation")));
}

// What a check by plain search lets through.
void ExpectLetThrough(const std::string& disguise, const Result<void>& ran, const Findings& findings) {
  ASSERT_TRUE(ran) << ran.error().Brief();
  EXPECT_THAT(findings.violations(), Contains(Field(&Violation::did, HasSubstr(disguise))));
}

class NaiveCheckTest : public ForbiddenLanguageTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(NaiveCheckTest, ViolatedByADisguise) {
  check = [](const Json& text) {
    if (!text.is_string()) return Json(nullptr);
    for (const std::string& phrase : kPhrases) {
      if (text.get<std::string>().find(phrase) != std::string::npos) return Json(nullptr);
    }
    return text;
  };
  ExpectLetThrough(GetParam(), Run(), t.findings);
}
INSTANTIATE_TEST_SUITE_P(Disguises, NaiveCheckTest,
                         ::testing::Values("upper_case", "mixed_case", "zero_width", "soft_hyphen", "homoglyph",
                                           "full_width", "markup", "line_break"),
                         [](const auto& one) { return std::string(one.param); });

TEST_F(ForbiddenLanguageTest, ViolatedOnOneSurfaceOnly) {
  note = [this] { return Content(); };
  ExpectViolation("forbidden language", "/note");
}

TEST_F(ForbiddenLanguageTest, ViolatedByAFurtherKey) {
  change_item = [this](Json& item) {
    const Json said = Json::parse(Content(), nullptr, false);
    if (Enabled() && said.is_object() && said.contains("disclaimer")) item["disclaimer"] = said["disclaimer"];
  };
  ExpectViolation("forbidden language", "/items/0/disclaimer");
  EXPECT_THAT(t.findings.violations(), SizeIs(1));
}

TEST_F(ForbiddenLanguageTest, ViolatedByANameOfAMember) {
  check = [this](const Json& text) {
    return text.is_object() ? text : text.is_string() && !SaysBadly() ? text : Json();
  };
  ExpectViolation("forbidden language", "(a name)");
}

TEST_F(ForbiddenLanguageTest, ViolatedBySecondReadOnly) {
  auto last = std::make_shared<std::string>();
  change_item = [this, last](Json& item) {
    if (!Enabled()) return;
    if (*last == Content()) item["stored"] = Content();
    *last = Content();
  };
  ExpectViolation("forbidden language", "/items/0/stored");
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr("read again"));
}

TEST_F(ForbiddenLanguageTest, ViolatedByWhatIsStoredWhileDataArePrepared) {
  auto stored = std::make_shared<std::string>();
  t.identities.WhenMade("*", [this, stored](const Identity&) { *stored = Enabled() ? Content() : ""; });
  // Only what is stored is left when the model fails.
  change_item = [this, stored](Json& item) { item["note"] = model.reply().status == 200 ? "" : *stored; };
  ExpectViolation("forbidden language", "/items/0/note");
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr("while the data were prepared"));
}

TEST_F(ForbiddenLanguageTest, ViolatedWhenPreparingFailsWithAMisbehavingModel) {
  t.actions.Answer("run_insights", "*", 200).Captures("insight_id", 7);
  t.actions.Answer("run_insights", "*", 500);
  ExpectViolation("an action fails", "run_insights did not work");
}

TEST_F(ForbiddenLanguageTest, ViolatedByWhatWasStoredAndShowsAtTheEnd) {
  auto stored = std::make_shared<std::string>();
  change_item = [this, stored](Json& item) {
    if (SaysBadly()) *stored = Content();
    const bool over = model.replies.size() > 50 && !SaysBadly() && model.reply().status == 200 &&
                      !model.reply().raw_body && t.findings.controls().size() == 3;
    if (Enabled() && over) item["stored"] = *stored;
  };
  ExpectViolation("reached a user later", "/items/0/stored");
}

TEST_F(ForbiddenLanguageTest, ViolatedByTheErrorMessageOfTheModel) {
  change_item = [this](Json& item) {
    if (Enabled() && model.reply().status == 429) item["warning"] = Content();
  };
  ExpectViolation("forbidden language", "/items/0/warning");
}

TEST_F(ForbiddenLanguageTest, ViolatedByTheRulesThemselves) {
  summary = "Coffee causes bad sleep.";
  ExpectViolation("the rules themselves", "/items/0/summary");
}

TEST_F(ForbiddenLanguageTest, ViolatedWhenASurfaceFails) {
  feed_status = [this] { return Enabled() && Content() == "" && !model.reply().raw_body ? 500 : 200; };
  ExpectViolation("a surface fails", "status 500");
}

TEST_F(ForbiddenLanguageTest, ViolatedWhenTheDeterministicTextIsGone) {
  change_item = [this](Json& item) {
    if (Enabled() && model.reply().status == 503) item["summary"] = " ";
  };
  ExpectViolation("a surface fails", "no text at /items/0/summary");
}

TEST_F(ForbiddenLanguageTest, ViolatedWhenASurfaceDoesNotAnswer) {
  t.actions.Answer("flaky", "*", 200, R"({"summary":"ok"})");
  for (int i = 0; i < 3; ++i) t.actions.Answer("flaky", "*", 200, R"({"summary":"ok"})");
  t.actions.FailWith("flaky", "*", MakeError(ErrorKind::kTimeout));
  Json parameters = ForbiddenLanguageParameters();
  parameters["surfaces"][1]["action"] = "flaky";
  parameters["surfaces"][1]["deterministic"] = {"/summary"};
  const Parameters given(parameters);
  Context& all = t.context();
  Context context{given,      all.findings, all.identities, all.actions,  all.http,     all.stores,     all.doubles,
                  all.tokens, all.logs,     all.openapi,    all.services, all.commands, all.source_tree};
  ASSERT_TRUE(probes::forbidden_language_never_reaches_users(context));
  EXPECT_THAT(t.findings.violations(), SizeIs(3));
  EXPECT_THAT(t.findings.violations()[0].what, HasSubstr("does not answer"));
}

class NeverAskedTest : public ForbiddenLanguageTest {
 protected:
  Json Translated() override { return Json::object(); }
};

TEST_F(NeverAskedTest, UndecidableWhenTheModelIsNotAsked) {
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("compliant_reply_is_shown"));
  EXPECT_FALSE(t.Satisfied("model_is_asked"));
}

class WrongKeyTest : public ForbiddenLanguageTest {
 protected:
  Json Translated() override {
    model.Call("translate this", false);
    return Json::object();
  }
};

TEST_F(WrongKeyTest, UndecidableWhenTheKeyIsWrong) {
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("model_is_asked"));
}

// Keeps the first reply for each user.
class CachingTest : public ForbiddenLanguageTest {
 protected:
  Json Translated() override {
    const std::size_t user = t.identities.made.size();
    if (user != user_) cached_ = ForbiddenLanguageTest::Translated();
    user_ = user;
    return cached_;
  }
  std::size_t user_ = 0;
  Json cached_;
};

TEST_F(CachingTest, HoldsWithANewUserForEachReply) {
  const auto ran = Run();
  ASSERT_TRUE(ran) << ran.error().Brief();
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("model_is_asked"));
  EXPECT_TRUE(t.Satisfied("compliant_reply_is_shown_again"));
}

TEST_F(CachingTest, ViolatedWithANewUserForEachReply) {
  check = [](const Json& text) { return text; };
  ExpectViolation("forbidden language", "\"causes\" at /items/0/explanation");
}

TEST_F(ForbiddenLanguageTest, UndecidableWhenTheCompliantReplyIsNotShown) {
  check = [](const Json&) { return Json(nullptr); };
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("compliant_reply_is_shown"));
  EXPECT_TRUE(t.Satisfied("model_is_asked"));
}

TEST_F(ForbiddenLanguageTest, UndecidableWhenOneFieldOfTheCompliantReplyIsNotShown) {
  change_item = [](Json& item) { item.erase("uncertainty"); };
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("compliant_reply_is_shown"));
}

TEST_F(ForbiddenLanguageTest, UndecidableWhenTheModelIsGivenUp) {
  auto failed = std::make_shared<bool>(false);
  change_item = [this, failed](Json& item) {
    if (model.reply().status == 503) *failed = true;
    if (*failed) item.erase("explanation");
  };
  ASSERT_TRUE(Run());
  EXPECT_TRUE(t.Satisfied("compliant_reply_is_shown"));
  EXPECT_FALSE(t.Satisfied("compliant_reply_is_shown_again"));
}

TEST_F(ForbiddenLanguageTest, UndecidableWhenTheFeedNeverWorks) {
  feed_status = [] { return 500; };
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kTarget);
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(ForbiddenLanguageTest, UndecidableWhenTheFeedDoesNotWorkWithTheModel) {
  feed_status = [this] { return Enabled() ? 500 : 200; };
  EXPECT_FALSE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(ForbiddenLanguageTest, UndecidableWhenNothingStarts) {
  t.services.FailStart("llm-on", MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
}

TEST_F(ForbiddenLanguageTest, UndecidableWhenTheDoubleFails) {
  model.FailWith(MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
}

TEST(ForbiddenLanguage, UndecidableByWrongParameters) {
  const std::vector<std::pair<std::string, Json>> wrong = {
      {"model", "unknown"},
      {"surfaces", Json::array()},
      {"surfaces", {{{"action", "feed"}, {"shows_reply", true}}}},
      {"surfaces", {{{"action", "feed"}, {"deterministic", {"/a"}}}}},
      {"surfaces", {{{"action", "feed"}, {"deterministic", {"a"}}, {"shows_reply", true}}}},
      {"surfaces", {{{"action", "feed"}, {"deterministc", {"/a"}}, {"shows_reply", true}}}},
      {"fields", Json::object()},
      {"fields", {{"explanation", "no marker"}}},
      {"forbidden", Json::array()},
      {"advice", Json::array()},
      {"forbidden", {"..."}},
      {"claim", "no ${phrase}"},
      {"demand", "no ${marker}"},
      {"disguises", {"upper-case"}}};
  for (const auto& [name, value] : wrong) {
    Json parameters = ForbiddenLanguageParameters();
    parameters[name] = value;
    TestContext t(parameters);
    t.doubles.Model("llm");
    EXPECT_FALSE(probes::forbidden_language_never_reaches_users(t.context())) << name << value;
    EXPECT_THAT(t.actions.calls, IsEmpty()) << name << value;
  }
}

}  // namespace
}  // namespace readiness::testing
