#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(language_model_is_off_unless_enabled);

namespace readiness::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Json SwitchParameters() {
  return {{"identity", "user"},
          {"service", "api"},
          {"model", "llm"},
          {"prepare", {"store_data"}},
          {"uses", {{{"action", "feed"}, {"present", {"/items/0/title"}}}, {{"action", "run"}}}},
          {"status", "system_status"},
          {"status_field", "/enable_llm"},
          {"cases",
           {{{"variant", "dev-unset"}, {"enabled", false}},
            {{"variant", "prod-true"}, {"enabled", true}},
            {{"variant", "prod-false"}, {"enabled", false}}}},
          {"late_effects_within_ms", 0}};
}

// A target that asks its model where it is enabled, which each test then breaks in one place.
class LanguageModelSwitchTest : public ::testing::Test {
 protected:
  LanguageModelSwitchTest() : t(SwitchParameters()), model(t.doubles.Model("llm")) {
    t.actions.Answer("store_data", "*", 0).Captures("day", 1);
    t.actions.Answer("run", "*", 200);
    t.actions.Answer("feed", "*", 200).Computes([this] {
      if (asks(Variant())) model.Call("translate", genuine_key);
      return std::pair{feed_status, feed_body};
    });
    t.actions.Answer("system_status", "anonymous", 200).Computes([this] {
      return std::pair{200, Json{{"enable_llm", says(Variant())}}.dump()};
    });
  }
  const std::string& Variant() const { return t.services.running; }
  Result<void> Run() { return probes::language_model_is_off_unless_enabled(t.context()); }

  TestContext t;
  FakeLanguageModel& model;
  int feed_status = 200;
  std::string feed_body = R"({"items":[{"title":"Sleep changed"}]})";
  bool genuine_key = true;
  std::function<bool(const std::string&)> asks = [](const std::string& variant) { return variant == "prod-true"; };
  std::function<Json(const std::string&)> says = [](const std::string& variant) { return variant == "prod-true"; };
};

TEST_F(LanguageModelSwitchTest, Holds) {
  model.Call("of another instance");
  const auto ran = Run();
  ASSERT_TRUE(ran) << ran.error().Brief();
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("model_is_called_when_enabled"));
  EXPECT_THAT(t.findings.observations(), SizeIs(2 + 3));
  EXPECT_THAT(t.services.started, ElementsAre("dev-unset", "prod-true", "prod-false"));
  EXPECT_THAT(t.identities.made, SizeIs(3));
  EXPECT_EQ(t.services.running, "");
}

TEST_F(LanguageModelSwitchTest, Violated) {
  asks = [](const std::string& variant) { return variant != "prod-false"; };
  says = asks;
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].what, HasSubstr("nobody enabled it"));
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr("dev-unset"));
}

TEST_F(LanguageModelSwitchTest, ViolatedByACallWithAnotherKey) {
  asks = [](const std::string&) { return true; };
  genuine_key = false;
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::actual, HasSubstr("1 with another or none"))));
}

TEST_F(LanguageModelSwitchTest, ViolatedByACallAtStart) {
  t.services.WhenStarted("prod-false", [this] { model.Call("hello"); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::did, HasSubstr("prod-false"))));
}

TEST_F(LanguageModelSwitchTest, ViolatedByACallWhenItEnds) {
  t.services.WhenStopped([this] {
    if (t.services.started.back() == "prod-false") model.Call("goodbye");
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::did, HasSubstr("stopping variant prod-false"))));
}

TEST_F(LanguageModelSwitchTest, ViolatedByALyingStatus) {
  const std::vector<std::pair<std::string, Json>> lies = {
      {"dev-unset", true}, {"prod-true", false}, {"prod-false", "false"}, {"prod-false", nullptr}, {"prod-false", 0}};
  for (const auto& [variant, said] : lies) {
    says = [&, variant = variant, said = said](const std::string& running) {
      return running == variant ? said : Json(running == "prod-true");
    };
    const std::size_t before = t.findings.violations().size();
    ASSERT_TRUE(Run());
    ASSERT_EQ(t.findings.violations().size(), before + 1) << variant << said;
    EXPECT_THAT(t.findings.violations().back().what, HasSubstr("contradicts")) << variant << said;
    EXPECT_THAT(t.findings.violations().back().did, HasSubstr(variant));
  }
}

TEST_F(LanguageModelSwitchTest, ViolatedEvenWhenTheUseFails) {
  asks = [](const std::string&) { return true; };
  feed_status = 500;
  EXPECT_FALSE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(2));
}

TEST_F(LanguageModelSwitchTest, UndecidableWhenTheModelIsNeverAsked) {
  asks = [](const std::string&) { return false; };
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("model_is_called_when_enabled"));
}

TEST_F(LanguageModelSwitchTest, UndecidableWhenTheKeyIsNotGenuine) {
  genuine_key = false;
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("model_is_called_when_enabled"));
}

TEST_F(LanguageModelSwitchTest, UndecidableWhenTheFeedFails) {
  feed_status = 500;
  EXPECT_FALSE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(LanguageModelSwitchTest, ViolatedByAStatusThatIsOnUnaskedEvenIfTheFeedFails) {
  feed_status = 500;
  says = [](const std::string&) { return true; };
  EXPECT_FALSE(Run());
  ASSERT_THAT(t.findings.violations(), Not(IsEmpty()));
  EXPECT_THAT(t.findings.violations()[0].what, HasSubstr("although nobody enabled it"));
}
TEST_F(LanguageModelSwitchTest, UndecidableWhenThereIsNothingToAskAbout) {
  feed_body = R"({"items":[]})";
  EXPECT_FALSE(Run());
}

TEST_F(LanguageModelSwitchTest, UndecidableWhenNobodyKnowsWhoCalled) {
  t.services.WhenStarted("prod-false", [this] {
    model.Call("hello");
    model.calls.back().unattributed = true;
  });
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("nobody can tell"));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(LanguageModelSwitchTest, UndecidableWhenTheStatusFails) {
  t.actions.FailWith("gone", "*", MakeError(ErrorKind::kTarget));
  Json parameters = SwitchParameters();
  parameters["status"] = "gone";
  TestContext other(parameters);
  other.doubles.Model("llm");
  EXPECT_FALSE(probes::language_model_is_off_unless_enabled(other.context()));
}

TEST_F(LanguageModelSwitchTest, UndecidableWhenAVariantDoesNotStart) {
  t.services.FailStart("prod-true", MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
}

TEST(LanguageModelSwitch, UndecidableByWrongParameters) {
  const std::vector<std::pair<std::string, Json>> wrong = {{"model", "unknown"},
                                                           {"cases", Json::array()},
                                                           {"cases", {{{"variant", "a"}, {"enabled", false}}}},
                                                           {"cases", {{{"variant", "a"}, {"enabled", true}}}},
                                                           {"cases", {{{"variant", "a"}, {"enabled", "true"}}}},
                                                           {"cases", {{{"variants", "a"}, {"enabled", true}}}},
                                                           {"uses", Json::array()},
                                                           {"uses", {{{"action", "feed"}}}},
                                                           {"uses", {{{"action", "feed"}, {"present", {"items"}}}}},
                                                           {"status_field", "enable_llm"}};
  for (const auto& [name, value] : wrong) {
    Json parameters = SwitchParameters();
    parameters[name] = value;
    TestContext t(parameters);
    t.doubles.Model("llm");
    EXPECT_FALSE(probes::language_model_is_off_unless_enabled(t.context())) << name << value;
    EXPECT_THAT(t.services.started, IsEmpty()) << name << value;
  }
}

}  // namespace
}  // namespace readiness::testing
