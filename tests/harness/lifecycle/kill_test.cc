// Whatever is killed, whenever: within ten seconds nothing of the run is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <random>

#include "lifecycle/lifecycle.h"
#include "run_fixture.h"

namespace readiness {
namespace {

/// Moments at which to kill, from a seed that READINESS_TEST_SEED repeats.
class KillTest : public RunFixture {
 protected:
  KillTest() {
    const char* given = std::getenv("READINESS_TEST_SEED");
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device()();
    random_.seed(seed);
    RecordProperty("seed", std::to_string(seed));
    std::printf("READINESS_TEST_SEED=%u\n", seed);
  }
  /// Lets a random part of a start pass.
  void Pause(int most_milliseconds) {
    ::poll(nullptr, 0, std::uniform_int_distribution<int>(0, most_milliseconds)(random_));
  }
  std::mt19937 random_;
};

TEST_F(KillTest, OwnerWhenStarted) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  owner.Kill();
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
  EXPECT_FALSE(State().started);
}

TEST_F(KillTest, OwnerDuringStart) {
  Define({.store = true, .provider = true});
  for (int i = 0; i < 4; ++i) {
    OwnerProcess owner;
    owner.Begin(UpWords());
    Pause(2'500);
    owner.Kill();
    ASSERT_EQ(LeftoversAfterTenSeconds(), "") << "round " << i;
  }
}

TEST_F(KillTest, OwnerWhileAServiceHangs) {
  Define({.environment = {{"HANG", "1"}}});
  OwnerProcess owner;
  owner.Begin(UpWords());
  ASSERT_TRUE(Eventually([&] { return Leftovers().find("serve") != std::string::npos; }));
  owner.Kill();
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
}

TEST_F(KillTest, UpDuringStart) {
  Define({.environment = {{"HANG", "1"}}});
  for (int i = 0; i < 12; ++i) {
    OwnerProcess owner;
    const int up = owner.Begin(UpWords());
    Pause(i % 2 == 0 ? 30 : 300);
    ::kill(up, SIGKILL);
    owner.Finish();
    ASSERT_EQ(LeftoversAfterTenSeconds(), "") << "round " << i;
  }
}

TEST_F(KillTest, SupervisorWhenStarted) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  Signal(Record().supervisor, SIGKILL);
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
  EXPECT_FALSE(State().started);
  EXPECT_THAT(State().reason, ::testing::HasSubstr("supervisor"));
}

TEST_F(KillTest, SupervisorDuringStart) {
  Define({.environment = {{"HANG", "1"}}});
  OwnerProcess owner;
  owner.Begin(UpWords());
  ASSERT_TRUE(Eventually([&] { return Leftovers().find("serve") != std::string::npos; }));
  Signal(Record().supervisor, SIGKILL);
  EXPECT_THAT(owner.Finish(), ::testing::HasSubstr("supervisor"));
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(KillTest, JanitorIsReplacedAndTheNextOneWorks) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  const RunRecord before = Record();
  Signal(before.janitor, SIGKILL);
  ASSERT_TRUE(Eventually([&] { return Record().janitor != before.janitor && IsAlive(Record().janitor); }));
  EXPECT_TRUE(State().started);
  Signal(Record().supervisor, SIGKILL);
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
}

TEST_F(KillTest, StoppedSupervisorDoesNotOutliveItsOwner) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  Signal(Record().supervisor, SIGSTOP);
  owner.Kill();
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
}

TEST_F(KillTest, SupervisorJanitorAndOwnerThenReap) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  const RunRecord record = Record();
  Signal(record.supervisor, SIGSTOP);  // so that it cannot replace the janitor
  Signal(record.janitor, SIGKILL);
  Signal(record.supervisor, SIGKILL);
  owner.Kill();
  ASSERT_TRUE(WaitGone(record.supervisor, Deadline(std::chrono::seconds(5))));
  const Result<std::vector<Reaped>> reaped = Reap();
  ASSERT_TRUE(reaped) << reaped.error().Brief();
  ASSERT_EQ(reaped->size(), 1U);
  EXPECT_EQ(reaped->at(0).run_id, record.run_id);
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(KillTest, NextUpCleansUpAfterADeadOwner) {
  OwnerProcess first;
  ASSERT_EQ(first.Do(UpWords()), "up 0 started");
  const RunRecord record = Record();
  Signal(record.supervisor, SIGSTOP);
  Signal(record.janitor, SIGKILL);
  Signal(record.supervisor, SIGKILL);
  first.Kill();
  OwnerProcess second;
  EXPECT_EQ(second.Do(UpWords()), "up 0 started");
  EXPECT_EQ(ListRuns(), std::vector<std::string>{State().run_id});
  EXPECT_EQ(second.Do(DownWords()), "down ok");
  EXPECT_EQ(Leftovers(), "");
}

TEST_F(KillTest, ReapLeavesLiveRunsAlone) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  EXPECT_TRUE(Reap()->empty());
  EXPECT_TRUE(State().started);
  EXPECT_EQ(Reap(State().run_id)->size(), 1U);
  EXPECT_EQ(Leftovers(), "");
  EXPECT_FALSE(Reap("../.."));
}

}  // namespace
}  // namespace readiness
