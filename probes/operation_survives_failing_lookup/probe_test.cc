#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(operation_survives_failing_lookup);

namespace readiness::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kResult = R"({"created":0,"insights":[]})";
constexpr const char* kSaid = "WARNING loop_runner - baseline_retrieval_failed\n";

// A service that survives, which each test then breaks in one place.
class OperationSurvivesTest : public ::testing::Test {
 protected:
  OperationSurvivesTest() { Make(); }

  void Make(bool lookup_is_taken_away = true) {
    t = std::make_unique<TestContext>(Json{{"identity", "user"},
                                           {"service", "api"},
                                           {"variant", ""},
                                           {"prepare", {"give_data", "give_more"}},
                                           {"operation", "run"},
                                           {"break", "break"},
                                           {"restore", "restore"},
                                           {"answers", {200}},
                                           {"answer_has", {"/created", "/insights"}},
                                           {"log_says", "baseline_(retrieval|lookup)_failed"},
                                           {"log_never_says", {"NameError", "is not defined"}},
                                           {"log_within_ms", 40}});
    t->logs.Write("api", "started\n");
    t->actions.Answer("give_data", "owner", 0).Captures("data_id", 7);
    t->actions.Answer("give_more", "owner", 200);
    ScriptedAction& broken = t->actions.Answer("break", "owner", 0);
    if (!lookup_is_taken_away) broken.Mismatches("no such table");
    t->actions.Answer("restore", "owner", 0);
  }
  void Answers(int status, const std::string& body, const std::string& logged = {}) {
    t->actions.Answer("run", "owner", status, body).Then([this, logged] { t->logs.Write("api", logged); });
  }
  Result<void> Run() { return probes::operation_survives_failing_lookup(t->context()); }
  void ExpectViolation(const std::string& what) {
    const Result<void> ran = Run();
    ASSERT_TRUE(ran) << ran.error().Brief();
    ASSERT_THAT(t->findings.violations(), SizeIs(1));
    EXPECT_THAT(t->findings.violations()[0].what, HasSubstr(what));
  }

  std::unique_ptr<TestContext> t;
};

TEST_F(OperationSurvivesTest, Holds) {
  Answers(200, kResult);
  Answers(200, R"({"created":0,"insights":[],"error":"no baseline"})", kSaid);
  Answers(200, kResult);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t->findings.violations(), IsEmpty());
  EXPECT_TRUE(t->Satisfied("works_before"));
  EXPECT_TRUE(t->Satisfied("log_is_silent_before"));
  EXPECT_TRUE(t->Satisfied("works_after"));
  EXPECT_THAT(t->findings.observations(), SizeIs(4));
  EXPECT_THAT(t->services.log, ElementsAre("start api own-stores", "stop api"));
  std::vector<std::string> order;
  for (const FakeActions::Call& call : t->actions.calls) order.push_back(call.action);
  EXPECT_THAT(order, ElementsAre("give_data", "give_more", "run", "break", "run", "restore", "run"));
  EXPECT_EQ(t->actions.calls[2].arguments.at("data_id"), 7);
}

TEST_F(OperationSurvivesTest, UndecidableWhenTheLogSaysSoAnyway) {
  Answers(200, kResult, kSaid);
  Answers(200, kResult, kSaid);
  Answers(200, kResult);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t->Satisfied("log_is_silent_before"));
  EXPECT_THAT(t->findings.violations(), IsEmpty());
}

TEST_F(OperationSurvivesTest, ViolatedByAnInternalError) {
  Answers(200, kResult);
  Answers(500, R"({"error":"Internal server error"})", kSaid);
  Answers(200, kResult);
  ExpectViolation("run does not survive a failing lookup");
}

TEST_F(OperationSurvivesTest, ViolatedByAnUndefinedResult) {
  for (const char* body : {"null", "{}", R"({"created":0})", "not json", "", "[]"}) {
    Make();
    Answers(200, kResult);
    Answers(200, body, kSaid);
    Answers(200, kResult);
    ExpectViolation("run does not survive a failing lookup");
  }
}

TEST_F(OperationSurvivesTest, ViolatedBySilence) {
  Answers(200, kResult, kSaid);
  Answers(200, kResult, "INFO 200 OK\n");
  Answers(200, kResult);
  ExpectViolation("a failed lookup leaves nothing in the log");
}

TEST_F(OperationSurvivesTest, ViolatedWhenTheHandlerFails) {
  Answers(200, kResult);
  Answers(200, kResult, std::string(kSaid) + "NameError: name 'logger'\n");
  Answers(200, kResult);
  ExpectViolation("the handling of a failed lookup fails itself");
}

TEST_F(OperationSurvivesTest, ViolatedWhenTheHandlerIsFoundToHaveFailedLater) {
  Answers(200, kResult);
  Answers(200, kResult, kSaid);
  Answers(200, kResult, "name 'logger' is not defined\n");
  ExpectViolation("the handling of a failed lookup fails itself");
}

TEST_F(OperationSurvivesTest, ViolatedWhenItStaysBroken) {
  Answers(200, kResult);
  Answers(200, kResult, kSaid);
  Answers(500, "{}");
  ExpectViolation("run stays broken after one failed lookup");
  EXPECT_FALSE(t->Satisfied("works_after"));
}

TEST_F(OperationSurvivesTest, UndecidableWhenItDidNotWorkBefore) {
  Answers(500, "{}");
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t->Satisfied("works_before"));
  EXPECT_THAT(t->findings.violations(), IsEmpty());
  EXPECT_EQ(t->actions.Count("break"), 0);
}

TEST_F(OperationSurvivesTest, UndecidableWhenItCannotBeDone) {
  t->services.FailStart("", MakeError(ErrorKind::kTimeout));
  EXPECT_EQ(Run().error().kind, ErrorKind::kTimeout);
}

TEST_F(OperationSurvivesTest, UndecidableWhenTheLookupIsNotTakenAway) {
  Make(false);
  Answers(200, kResult);
  EXPECT_EQ(Run().error().what, "break did not work");
  EXPECT_EQ(t->actions.Count("run"), 1);
}

TEST_F(OperationSurvivesTest, UndecidableWhenLimited) {
  Answers(200, kResult);
  Answers(429, "{}");
  EXPECT_EQ(Run().error().kind, ErrorKind::kTarget);
  EXPECT_THAT(t->findings.violations(), IsEmpty());
}

TEST_F(OperationSurvivesTest, UndecidableWhenTheLogIsTooLong) {
  Answers(200, kResult);
  Answers(200, kResult, std::string(70'000, 'x'));
  EXPECT_EQ(Run().error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace readiness::testing
