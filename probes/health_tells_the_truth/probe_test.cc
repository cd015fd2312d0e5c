#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <functional>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(health_tells_the_truth);

namespace readiness::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Actions whose answers depend on how things stand when they run.
class LivingActions : public Actions {
 public:
  using Function = std::function<Result<int>()>;
  Result<bool> Has(const std::string& name) override { return functions.contains(name); }
  StatusSet RefusalStatuses(const std::string&) const override { return {}; }
  Result<ActionResult> Run(const std::string& name, const Identity& who, const Values&) override {
    ++asked[name];
    callers[name] = who;
    READINESS_ASSIGN(const int status, functions.at(name)());
    ActionResult result;
    result.action = name;
    result.exchange.emplace();
    result.exchange->response.status = status;
    result.exchange->response.body = "{\"status\":" + std::to_string(status) + "}";
    result.as_expected = status == 200;
    result.mismatch = result.as_expected ? "" : "status " + std::to_string(status);
    return result;
  }
  std::map<std::string, Function> functions;
  std::map<std::string, int> asked;
  std::map<std::string, Identity> callers;
};

Json ParametersOf(int deadline_ms) {
  return {{"identity", "user"}, {"service", "api"},     {"store", "main"},           {"faults", {"stopped", "hanging"}},
          {"liveness", "live"}, {"readiness", "ready"}, {"also_red", {"container"}}, {"authenticated", "me"},
          {"green", {200}},     {"red", {500, 503}},    {"deadline_ms", deadline_ms}};
}

// A target that tells the truth, which each test then breaks in one place.
class HealthTellsTheTruthTest : public ::testing::Test {
 protected:
  HealthTellsTheTruthTest() { Use(ParametersOf(2'000)); }

  void Use(const Json& parameters) {
    t = std::make_unique<TestContext>(parameters);
    t->services.WhenBroken([this](StoreFault fault) {
      away = true;
      faults.push_back(fault);
      if (really_away) t->store.FailWith(MakeError(ErrorKind::kTarget, "connection refused"));
      if (when_broken) when_broken();
    });
    t->services.WhenMended([this] {
      away = false;
      t->store.FailWith(std::nullopt);
      if (when_mended) when_mended();
    });
    actions.functions = {{"live", [] { return 200; }},
                         {"ready", [this] { return away ? 503 : 200; }},
                         {"container", [this] { return away ? 500 : 200; }},
                         {"me", [this] { return away ? 500 : 200; }}};
  }
  void Is(const std::string& action, LivingActions::Function function) {
    actions.functions[action] = std::move(function);
  }

  Result<void> Run() {
    Context context{t->parameters, t->findings, t->identities, actions,     t->http,     t->stores,     t->doubles,
                    t->tokens,     t->logs,     t->openapi,    t->services, t->commands, t->source_tree};
    return probes::health_tells_the_truth(context);
  }
  void ExpectViolation(const std::string& what) {
    const Result<void> ran = Run();
    ASSERT_TRUE(ran) << ran.error().Brief();
    EXPECT_THAT(t->findings.violations(), Contains(Field(&Violation::what, HasSubstr(what))));
  }
  void ExpectUnsatisfied(const std::string& control) {
    const Result<void> ran = Run();
    ASSERT_TRUE(ran) << ran.error().Brief();
    EXPECT_FALSE(t->Satisfied(control));
    EXPECT_THAT(t->findings.violations(), IsEmpty());
  }

  std::unique_ptr<TestContext> t;
  LivingActions actions;
  bool away = false;
  bool really_away = true;
  std::vector<StoreFault> faults;
  std::function<void()> when_broken, when_mended;
};

TEST_F(HealthTellsTheTruthTest, Holds) {
  ASSERT_TRUE(Run());
  EXPECT_THAT(t->findings.violations(), IsEmpty());
  for (const char* control :
       {"green_before", "works_before", "store_was_away", "store_is_back", "works_again", "work_needs_the_store"})
    EXPECT_TRUE(t->Satisfied(control)) << control;
  // For each fault: liveness, the two that have to turn red, the way back.
  EXPECT_THAT(t->findings.observations(), SizeIs(8));
  EXPECT_THAT(faults, ElementsAre(StoreFault::kStopped, StoreFault::kHanging));
  EXPECT_THAT(t->services.log, ElementsAre("break main stopped", "mend main", "break main hanging", "mend main"));
  EXPECT_EQ(actions.callers["me"].label, "patient");
  EXPECT_EQ(actions.callers["ready"].label, "anonymous");
}

TEST_F(HealthTellsTheTruthTest, HoldsWhenRedNeedsAMoment) {
  int green_left = 0;
  when_broken = [&] { green_left = 4; };
  Is("ready", [&] { return away && green_left-- <= 0 ? 503 : 200; });
  int red_left = 0;
  when_mended = [&] { red_left = 3; };
  Is("container", [&] { return away || red_left-- > 0 ? 500 : 200; });
  Is("me", [&] { return away || red_left > 0 ? 500 : 200; });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t->findings.violations(), IsEmpty());
}

TEST_F(HealthTellsTheTruthTest, ViolatedByAConstant) {
  Use(ParametersOf(50));
  Is("container", [] { return 200; });
  ExpectViolation("container stays green without the store: its answer is a constant");
  EXPECT_THAT(t->findings.violations(), SizeIs(2)) << "once per fault, and nothing else";
}

TEST_F(HealthTellsTheTruthTest, ViolatedWhenLivenessFlaps) {
  int asked = 0;
  when_broken = [&] { asked = 0; };
  Is("live", [&] { return away && ++asked == 2 ? 503 : 200; });
  ExpectViolation("liveness turns red with the store");
  EXPECT_THAT(t->findings.violations(), SizeIs(2));
}

TEST_F(HealthTellsTheTruthTest, ViolatedWhenLivenessDoesNotAnswer) {
  Is("live", [&]() -> Result<int> {
    if (away) return Fail(ErrorKind::kTimeout, "nothing came");
    return 200;
  });
  ExpectViolation("liveness turns red with the store");
}

TEST_F(HealthTellsTheTruthTest, ViolatedWhenRedComesTooLate) {
  Use(ParametersOf(60));
  Is("ready", [&] {
    if (away) ::poll(nullptr, 0, 100);
    return away ? 503 : 200;
  });
  ExpectViolation("ready turns red too late");
}

TEST_F(HealthTellsTheTruthTest, WhoeverWasKeptWaitingByAnotherIsNotLate) {
  Use(ParametersOf(60));
  Is("ready", [&]() -> Result<int> {
    if (!away) return 200;
    ::poll(nullptr, 0, 100);
    return Fail(ErrorKind::kTimeout, "nothing came");
  });
  ExpectViolation("ready does not say that the store is away");
  EXPECT_THAT(t->findings.violations(), Each(Field(&Violation::what, Not(HasSubstr("container")))));
}

TEST_F(HealthTellsTheTruthTest, SilenceIsRedOnlyWhereTheItemSaysSo) {
  const auto silent = [&]() -> Result<int> {
    if (!away) return 200;
    ::poll(nullptr, 0, 60);
    return Fail(ErrorKind::kTimeout, "nothing came");
  };
  Use(ParametersOf(100));
  Is("ready", silent);
  ExpectViolation("ready does not say that the store is away");
  Json parameters = ParametersOf(100);
  parameters["no_answer_is_red_after_ms"] = 40;
  Use(parameters);
  Is("ready", silent);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t->findings.violations(), IsEmpty());
}

TEST_F(HealthTellsTheTruthTest, ViolatedWhenRedDoesNotLast) {
  int asked = 0;
  when_broken = [&] { asked = 0; };
  Is("ready", [&] { return away && ++asked != 3 ? 503 : 200; });
  ExpectViolation("ready turns green again without the store");
}

TEST_F(HealthTellsTheTruthTest, ViolatedWhenItNeverRecovers) {
  Use(ParametersOf(60));
  bool broken = false;
  when_broken = [&] { broken = true; };
  Is("ready", [&] { return broken ? 503 : 200; });
  ExpectViolation("the service does not recover when the store is back");
  EXPECT_THAT(t->services.log, ElementsAre("break main stopped", "mend main")) << "no second fault";
}

TEST_F(HealthTellsTheTruthTest, ViolatedWhenGreenComesBackButTheServiceDoesNot) {
  Use(ParametersOf(60));
  bool broken = false;
  when_broken = [&] { broken = true; };
  Is("me", [&] { return broken ? 401 : 200; });
  ExpectViolation("health is green again, and the service does not work");
  EXPECT_FALSE(t->Satisfied("works_again"));
}

TEST_F(HealthTellsTheTruthTest, ViolatedByARestartOrAnEnd) {
  when_broken = [&] { t->services.process = "pid 2 of tick 2"; };
  ExpectViolation("the service was restarted while the store was away");
  Use(ParametersOf(60));
  when_broken = [&] { t->services.process = ""; };
  ExpectViolation("the service ended while the store was away");
}

TEST_F(HealthTellsTheTruthTest, OtherStatusesAreNotRed) {
  for (const int status : {404, 401, 204, 302}) {
    Use(ParametersOf(30));
    Is("ready", [&] { return away ? status : 200; });
    ExpectViolation("ready does not say that the store is away");
  }
}

TEST_F(HealthTellsTheTruthTest, UndecidableWhenRequestsAreNotLookedAt) {
  for (const char* action : {"ready", "container", "live"}) {
    Use(ParametersOf(60));
    Is(action, [&] { return away ? 429 : 200; });
    const Result<void> ran = Run();
    ASSERT_FALSE(ran) << action;
    EXPECT_THAT(ran.error().what, HasSubstr("did not look at the request"));
    EXPECT_THAT(t->findings.violations(), IsEmpty());
  }
}

TEST_F(HealthTellsTheTruthTest, UndecidableWhenTheWorkNeedsNoStore) {
  Is("me", [] { return 200; });
  ExpectUnsatisfied("work_needs_the_store");
}

TEST_F(HealthTellsTheTruthTest, ViolatedWhenItGivesUpAfterAWhile) {
  int asked = 0;
  Is("ready", [&] { return away && ++asked < 20 ? 503 : 200; });
  ExpectViolation("ready turns green again without the store");
}

TEST_F(HealthTellsTheTruthTest, UndecidableWhenTheStoreWasNeverAway) {
  Use(ParametersOf(30));
  really_away = false;
  Is("ready", [] { return 200; });
  ExpectUnsatisfied("store_was_away");
}

TEST_F(HealthTellsTheTruthTest, UndecidableWhenNotGreenOrNotAtWorkBefore) {
  Is("container", [] { return 503; });
  ExpectUnsatisfied("green_before");
  EXPECT_THAT(t->services.log, IsEmpty());
  Use(ParametersOf(60));
  Is("me", [] { return 401; });
  ExpectUnsatisfied("works_before");
  EXPECT_THAT(t->services.log, IsEmpty());
}

TEST_F(HealthTellsTheTruthTest, UndecidableWhenItCannotBeDone) {
  t->services.FailBreak(MakeError(ErrorKind::kRefused));
  EXPECT_EQ(Run().error().kind, ErrorKind::kRefused);
  Use(ParametersOf(60));
  t->services.FailMend(MakeError(ErrorKind::kTimeout));
  EXPECT_EQ(Run().error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(t->findings.violations(), IsEmpty());
}

TEST_F(HealthTellsTheTruthTest, WrongParametersAreNamed) {
  const std::vector<std::pair<const char*, Json>> wrong{
      {"faults", Json::array()}, {"faults", {"gone"}}, {"red", {200, 503}}, {"red", {429}}, {"red", Json::array()}};
  for (const auto& [name, value] : wrong) {
    Json parameters = ParametersOf(60);
    parameters[name] = value;
    Use(parameters);
    const Result<void> ran = Run();
    ASSERT_FALSE(ran) << name << " " << value.dump();
    EXPECT_EQ(actions.asked.size(), 0u);
  }
}

}  // namespace
}  // namespace readiness::testing
