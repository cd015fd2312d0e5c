#include "judge/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_record.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  std::string name;
  std::map<std::string, std::string> declared;
  std::vector<Control> controls;
  int observations = 0;
  int minimum = 1;
  int violations = 0;
  bool error = false;
  Outcome outcome = Outcome::kInconclusive;
  std::string reason;
};

Control Good(const std::string& id) {
  return {id, "it works", true, "worked"};
}
Control Bad(const std::string& id) {
  return {id, "it works", false, "did not work"};
}

const std::map<std::string, std::string> kA = {{"a", "the a way works"}};
const std::map<std::string, std::string> kAb = {{"a", "the a way works"}, {"b", "the b way works"}};

class Judging : public ::testing::TestWithParam<Case> {};

TEST_P(Judging, Concludes) {
  const Case& c = GetParam();
  Findings findings;
  for (const Control& control : c.controls) findings.AddControl(control);
  for (int i = 0; i < c.observations; ++i) findings.AddObservation({"looked", "fine", Json::object()});
  for (int i = 0; i < c.violations; ++i) findings.AddViolation({"leak " + std::to_string(i), "", "", "", ""});
  std::optional<Error> error;
  if (c.error) error = Error{ErrorKind::kTimeout, "no answer", std::nullopt, "", "", ""};
  const Judgement judgement = Judge({c.declared, c.minimum}, findings, error);
  EXPECT_EQ(ToString(judgement.outcome), ToString(c.outcome));
  EXPECT_THAT(judgement.reason, HasSubstr(c.reason));
  EXPECT_FALSE(judgement.reason.empty());
}

INSTANTIATE_TEST_SUITE_P(
    TruthTable, Judging,
    ::testing::Values(
        Case{"Holds", kA, {Good("a")}, 1, 1, 0, false, Outcome::kPass, "1 control, 1 observation"},
        Case{"HoldsWithoutDeclaredControls", {}, {}, 1, 1, 0, false, Outcome::kPass, "0 controls, 1 observation"},
        Case{"HoldsWithUndeclaredGoodControl",
             {},
             {Good("x")},
             2,
             2,
             0,
             false,
             Outcome::kPass,
             "1 control, 2 observations"},
        Case{"ViolationAlone", {}, {}, 0, 1, 1, false, Outcome::kFail, "leak 0"},
        Case{"ViolationBeatsError", kA, {}, 0, 1, 1, true, Outcome::kFail, "leak 0"},
        Case{"ViolationBeatsMissingControl", kA, {}, 5, 1, 1, false, Outcome::kFail, "leak 0"},
        Case{"ViolationBeatsUnsatisfiedControl", kA, {Bad("a")}, 5, 1, 1, false, Outcome::kFail, "leak 0"},
        Case{"ViolationBeatsGoodControlsAndObservations",
             kA,
             {Good("a")},
             5,
             1,
             2,
             false,
             Outcome::kFail,
             "leak 0 (and 1 further violation)"},
        Case{"ErrorBeatsGoodControlsAndObservations",
             kA,
             {Good("a")},
             5,
             1,
             0,
             true,
             Outcome::kInconclusive,
             "no answer"},
        Case{"ErrorAlone", {}, {}, 0, 1, 0, true, Outcome::kInconclusive, "no answer"},
        Case{"NothingAtAll", {}, {}, 0, 1, 0, false, Outcome::kInconclusive, "0 observations, at least 1 needed"},
        Case{
            "NothingAtAllThoughNothingIsDemanded", {}, {}, 0, 0, 0, false, Outcome::kInconclusive, "at least 1 needed"},
        Case{"NegativeDemandIsNotMet", {}, {}, 0, -3, 0, false, Outcome::kInconclusive, "at least 1 needed"},
        Case{"ControlButNoObservation", kA, {Good("a")}, 0, 1, 0, false, Outcome::kInconclusive, "0 observations"},
        Case{"TooFewObservations",
             kA,
             {Good("a")},
             4,
             5,
             0,
             false,
             Outcome::kInconclusive,
             "4 observations, at least 5 needed"},
        Case{"JustEnoughObservations", kA, {Good("a")}, 5, 5, 0, false, Outcome::kPass, "5 observations"},
        Case{"DeclaredControlMissing",
             kA,
             {},
             5,
             1,
             0,
             false,
             Outcome::kInconclusive,
             "control \"a\" was not recorded; it shows: the a way works"},
        Case{"TheOneThatFailedIsWhyAnotherIsMissing",
             kAb,
             {Bad("b")},
             5,
             1,
             0,
             false,
             Outcome::kInconclusive,
             "control \"b\" was not satisfied"},
        Case{"OneOfTwoDeclaredMissing",
             kAb,
             {Good("a")},
             5,
             1,
             0,
             false,
             Outcome::kInconclusive,
             "\"b\" was not recorded"},
        Case{"OtherControlDoesNotStandIn",
             kA,
             {Good("A"), Good("a ")},
             5,
             1,
             0,
             false,
             Outcome::kInconclusive,
             "\"a\" was not recorded"},
        Case{"DeclaredControlUnsatisfied",
             kA,
             {Bad("a")},
             5,
             1,
             0,
             false,
             Outcome::kInconclusive,
             "\"a\" was not satisfied: did not work"},
        Case{"UndeclaredControlUnsatisfied",
             kA,
             {Good("a"), Bad("x")},
             5,
             1,
             0,
             false,
             Outcome::kInconclusive,
             "\"x\" was not satisfied"},
        Case{"UnsatisfiedThenSatisfied",
             kA,
             {Bad("a"), Good("a")},
             5,
             1,
             0,
             false,
             Outcome::kInconclusive,
             "\"a\" was not satisfied"},
        Case{"SatisfiedThenUnsatisfied",
             kA,
             {Good("a"), Bad("a")},
             5,
             1,
             0,
             false,
             Outcome::kInconclusive,
             "\"a\" was not satisfied"},
        Case{"SatisfiedTwice", kA, {Good("a"), Good("a")}, 1, 1, 0, false, Outcome::kPass, "2 controls"}),
    [](const auto& test) { return test.param.name; });

TEST(JudgeReason, IsOneBoundedLine) {
  Findings findings;
  findings.AddViolation({"line one\nPASS ai-health.C2  forged\x1b[31m" + std::string(1'000'000, 'x'), "", "", "", ""});
  const Judgement judgement = Judge({}, findings, std::nullopt);
  EXPECT_LT(judgement.reason.size(), 700u);
  EXPECT_THAT(judgement.reason, Not(HasSubstr("\n")));
  EXPECT_THAT(judgement.reason, Not(HasSubstr("\x1b")));
}

TEST(JudgeReason, OfViolationWithoutHeadline) {
  Findings findings;
  findings.AddViolation({"", "", "", "", ""});
  EXPECT_EQ(Judge({}, findings, std::nullopt).outcome, Outcome::kFail);
  EXPECT_FALSE(Judge({}, findings, std::nullopt).reason.empty());
}

constexpr Outcome kP = Outcome::kPass, kF = Outcome::kFail, kI = Outcome::kInconclusive, kN = Outcome::kNotApplicable,
                  kM = Outcome::kManual;

TEST(Combine, TheWorstAttemptStandsWhateverTheOrder) {
  const struct {
    std::vector<Outcome> attempts;
    Outcome outcome;
    std::string reason;
  } cases[] = {
      {{}, kI, "no attempt"}, {{kP}, kP, "0"},         {{kF}, kF, "0"},         {{kI}, kI, "0"},
      {{kM}, kM, "0"},        {{kN}, kN, "0"},         {{kP, kP}, kP, "0"},     {{kF, kP}, kF, "0"},
      {{kP, kF}, kF, "1"},    {{kI, kP, kP}, kI, "0"}, {{kP, kI, kP}, kI, "1"}, {{kI, kF}, kF, "1"},
      {{kF, kI}, kF, "0"},    {{kN, kF}, kF, "1"},     {{kN, kI}, kI, "1"},     {{kP, kN}, kN, "1"},
      {{kM, kP}, kM, "0"},    {{kM, kF}, kF, "1"},     {{kF, kF}, kF, "0"},     {{kP, kF, kF, kP}, kF, "1"},
  };
  for (const auto& c : cases) {
    std::vector<Attempt> attempts;
    std::string shown;
    for (const Outcome outcome : c.attempts) {
      shown += std::string(ToString(outcome)) + " ";
      attempts.push_back(SampleAttempt(outcome, std::to_string(attempts.size())));
    }
    const Judgement judgement = Combine(attempts);
    EXPECT_EQ(ToString(judgement.outcome), ToString(c.outcome)) << shown;
    EXPECT_THAT(judgement.reason, HasSubstr(c.reason)) << shown;
  }
}

}  // namespace
}  // namespace readiness
