// Whole runs with real processes, without violence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "lifecycle/control.h"
#include "lifecycle/lifecycle.h"
#include "run_fixture.h"

namespace readiness {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RunsTest : public RunFixture {};

constexpr const char* kDefects = R"({"defects": [{"id": "x.A", "what": "a", "reddens": ["A"]}]})";

TEST_F(RunsTest, UpStartsEverythingAndDownLeavesNothing) {
  Define({.store = true, .provider = true});
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  const Session session = ReadSession(State().run_directory).value();
  EXPECT_THAT(Get(session.services.at("api").url + "/"), HasSubstr("200 OK"));
  EXPECT_THAT(session.stores.at("main"), HasSubstr("postgresql://"));
  EXPECT_EQ(State().owner.process.pid, owner.pid());
  EXPECT_EQ(owner.Do(DownWords()), "down ok");
  EXPECT_EQ(Leftovers(), "");
  EXPECT_FALSE(State().started);
  EXPECT_THAT(State().reason, HasSubstr("ended"));
  EXPECT_EQ(owner.Do(DownWords()), "down ok");
}

TEST_F(RunsTest, FailedStartSaysWhyWithoutSecretsAndLeavesNothing) {
  Define({.environment = {{"FAIL", "3"}}});
  OwnerProcess owner;
  const std::string said = owner.Do(UpWords());
  EXPECT_THAT(said, HasSubstr("up 0 "));
  EXPECT_THAT(said, HasSubstr("api"));
  EXPECT_THAT(said, HasSubstr("3"));
  EXPECT_THAT(said, HasSubstr("service with key [redacted]"));
  EXPECT_EQ(Leftovers(), "");
  EXPECT_FALSE(State().started);
}

TEST_F(RunsTest, DefinitionErrorsAreAFailedStart) {
  std::ofstream(definitions_ + "/deployment.json") << R"({"deployment": "local", "targt": "x"})";
  OwnerProcess owner;
  EXPECT_THAT(owner.Do(UpWords()), HasSubstr("targt"));
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(RunsTest, StartupTimeIsBounded) {
  Define({.environment = {{"HANG", "1"}}});
  OwnerProcess owner;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(owner.Do(UpWords("--timeout 700")), HasSubstr("up 0 service api"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(8));
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(RunsTest, LiveForeignOwnerIsLeftAlone) {
  OwnerProcess first;
  ASSERT_EQ(first.Do(UpWords()), "up 0 started");
  const TargetState before = State();
  std::ofstream(state_ + "/verdict.json") << "{}";
  OwnerProcess second;
  EXPECT_THAT(second.Do(UpWords()), HasSubstr("(pid " + std::to_string(first.pid()) + ")"));
  EXPECT_THAT(second.Do(DownWords()), HasSubstr("(pid " + std::to_string(first.pid()) + ")"));
  EXPECT_TRUE(std::filesystem::exists(state_ + "/verdict.json"));
  EXPECT_EQ(State().run_id, before.run_id);
  EXPECT_TRUE(State().started);
  EXPECT_EQ(first.Do(DownWords()), "down ok");
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(RunsTest, SameOwnerReplacesItsRun) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  const std::string earlier = State().run_id;
  std::ofstream(state_ + "/verdict.json") << "{}";
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  EXPECT_NE(State().run_id, earlier);
  EXPECT_EQ(ListRuns(), std::vector<std::string>{State().run_id});
  EXPECT_FALSE(std::filesystem::exists(state_ + "/verdict.json"));
}

TEST_F(RunsTest, OneOfTwoAtOnceWins) {
  OwnerProcess first;
  OwnerProcess second;
  first.Begin(UpWords());
  second.Begin(UpWords());
  const std::string a = first.Finish();
  const std::string b = second.Finish();
  EXPECT_THAT(a + b, HasSubstr("up 0 started"));
  EXPECT_THAT(a + b, HasSubstr("up 1 "));
  EXPECT_THAT(a + b, AnyOf(HasSubstr("(pid " + std::to_string(first.pid()) + ")"),
                           HasSubstr("(pid " + std::to_string(second.pid()) + ")")));
  EXPECT_EQ(ListRuns().size(), 1U);
}

TEST_F(RunsTest, LeaseEndsTheRun) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords("--lease 4")), "up 0 started");
  owner.Kill();
  EXPECT_TRUE(owner.OutputIsClosed());
  EXPECT_THAT(Leftovers(), Not(""));
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
  EXPECT_THAT(State().reason, HasSubstr("lease until"));
}

TEST_F(RunsTest, ServiceThatEndsSpoilsTheTarget) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  Get(ReadSession(State().run_directory)->services.at("api").url + "/exit");
  ASSERT_TRUE(Eventually([&] { return !State().spoiled.empty(); }));
  EXPECT_THAT(State().spoiled, HasSubstr("service api exited with code 1"));
  EXPECT_THAT(State().spoiled, HasSubstr("leaving, key [redacted]"));
  ASSERT_TRUE(Spoil(state_, "a later reason"));
  EXPECT_THAT(State().spoiled, Not(HasSubstr("later")));
}

TEST_F(RunsTest, ControlSocketEndsTheRun) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  ASSERT_TRUE(CallControl(State().run_directory + "/" + kControlSocket, {{"op", "down"}}, std::chrono::seconds(5)));
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
}

TEST_F(RunsTest, VanishedDirectoryEndsTheRun) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  std::filesystem::remove_all(State().run_directory);
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
  EXPECT_THAT(State().reason, HasSubstr("vanished"));
}

TEST_F(RunsTest, StateDirectoryThatCannotBeIsAnError) {
  std::filesystem::remove_all(state_);
  std::ofstream(state_.c_str()) << "a file";
  OwnerProcess owner;
  EXPECT_THAT(owner.Do(UpWords()), HasSubstr("up 1 "));
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(RunsTest, DefectsAreAcknowledgedOrTheStartFails) {
  const struct {
    std::string acknowledge;
    std::string option;
    std::string says;
  } cases[] = {
      {R"(["x.A"])", "--defects x.A", "up 0 started"},
      {"[]", "--defects x.A", "did not acknowledge"},
      {R"(["x.A"])", "", "not asked for"},
      {"[]", "--defects x.B", "unknown defect"},
  };
  OwnerProcess owner;
  for (const auto& test : cases) {
    SCOPED_TRACE(test.says);
    Define({.defects = kDefects, .environment = {{"ACKNOWLEDGE", test.acknowledge}}});
    EXPECT_THAT(owner.Do(UpWords(test.option)), HasSubstr(test.says));
    if (!State().started) continue;
    EXPECT_EQ(ReadSession(State().run_directory)->defects, std::vector<std::string>{"x.A"});
  }
}

}  // namespace
}  // namespace readiness
