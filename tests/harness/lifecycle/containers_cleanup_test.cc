// What cleans up after runs with containers, beside an engine that the test plays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "../containers/fake_docker.h"
#include "run_fixture.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Has the containers in the file `containers`, whatever label is asked for; notes every call with what chooses the
// engine.
constexpr const char* kEngine = R"(
echo "$DOCKER_HOST $@" >> $folder/calls
case "$1" in ps) cat $folder/containers 2>/dev/null; exit 0;; rm) rm -f $folder/containers;; esac
)";

class ContainersCleanupTest : public RunFixture {
 protected:
  ContainersCleanupTest() {
    ::setenv("DOCKER_HOST", "unix:///chosen", 1);
    docker_.Install(kEngine);
  }

  void PutContainer() { std::ofstream(docker_.folder() + "/containers") << "c1\n"; }

  /// Plays a supervisor that has begun to make containers.
  void NoteContainers() {
    RunRecord record = Record();
    record.containers = true;
    ASSERT_TRUE(WriteRunRecord(State().run_directory, record));
    PutContainer();
  }

  FakeDocker docker_;
};

TEST_F(ContainersCleanupTest, TheProcessEngineAsksNobody) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  EXPECT_FALSE(Record().containers);
  EXPECT_EQ(owner.Do(DownWords()), "down ok");
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  Signal(Record().supervisor, SIGKILL);
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
  EXPECT_EQ(docker_.Read("calls"), "");
}

TEST_F(ContainersCleanupTest, TheJanitorRemovesThemAfterAKilledSupervisor) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  NoteContainers();
  const std::string run_id = State().run_id;
  Signal(Record().supervisor, SIGKILL);
  EXPECT_EQ(LeftoversAfterTenSeconds(), "");
  const std::string calls = docker_.Read("calls");
  EXPECT_THAT(calls, HasSubstr("unix:///chosen ps --all --no-trunc --quiet --filter label=readiness.run=" + run_id));
  EXPECT_THAT(calls, HasSubstr("\nunix:///chosen rm --force --volumes c1\n"));
}

TEST_F(ContainersCleanupTest, DownLooksOnceMoreAndNoOftener) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  NoteContainers();
  EXPECT_EQ(owner.Do(DownWords()), "down ok");
  const std::string calls = docker_.Read("calls");
  EXPECT_THAT(calls, HasSubstr("rm --force --volumes c1\n"));
  std::size_t looks = 0;
  for (std::size_t at = calls.find(" ps "); at != std::string::npos; at = calls.find(" ps ", at + 1)) ++looks;
  EXPECT_EQ(looks, 2U) << calls;
}

TEST_F(ContainersCleanupTest, WhatCannotBeRemovedKeepsTheDirectoryForReap) {
  docker_.Install(std::string("[ \"$1\" = rm ] && ! [ -e $folder/mended ] && exit 1\n") + kEngine);
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  NoteContainers();
  const std::string run_id = State().run_id;
  const ProcessIdentity janitor = Record().janitor;
  Signal(Record().supervisor, SIGKILL);
  ASSERT_TRUE(WaitGone(janitor, Deadline(std::chrono::seconds(20))));
  EXPECT_THAT(State().reason, HasSubstr("still there"));
  EXPECT_EQ(ListRuns(), std::vector<std::string>{run_id});
  std::ofstream(docker_.folder() + "/mended") << "x";
  const auto reaped = Reap(run_id);
  ASSERT_TRUE(reaped) << reaped.error().Brief();
  ASSERT_EQ(reaped->size(), 1U);
  EXPECT_EQ(reaped->at(0).ended, 1);
  EXPECT_TRUE(ListRuns().empty());
}

TEST_F(ContainersCleanupTest, ReapFindsRunsThatAreButContainers) {
  const std::string ours = NewRunId();
  const std::string strange(24, 'a');
  docker_.Install("case \"$*\" in *Label*) printf '" + ours + "\\n" + strange + "\\nno-run-id\\n'; exit 0;; esac\n" +
                  kEngine);
  PutContainer();
  const auto reaped = Reap();
  ASSERT_TRUE(reaped) << reaped.error().Brief();
  ASSERT_EQ(reaped->size(), 1U);
  EXPECT_EQ(reaped->at(0).run_id, ours);
  EXPECT_EQ(reaped->at(0).ended, 1);
  EXPECT_THAT(docker_.Read("calls"), Not(HasSubstr("label=readiness.run=" + strange)));

  const auto asked_for = Reap(strange);
  ASSERT_TRUE(asked_for);
  EXPECT_EQ(asked_for->size(), 1U);
  EXPECT_THAT(docker_.Read("calls"), HasSubstr("label=readiness.run=" + strange));
}

TEST_F(ContainersCleanupTest, ReapLeavesLiveRunsAlone) {
  OwnerProcess owner;
  ASSERT_EQ(owner.Do(UpWords()), "up 0 started");
  docker_.Install("case \"$*\" in *Label*) echo '" + State().run_id + "'; exit 0;; esac\n" + kEngine);
  PutContainer();
  EXPECT_TRUE(Reap()->empty());
  EXPECT_THAT(docker_.Read("calls"), Not(HasSubstr("rm --force")));
}

}  // namespace
}  // namespace readiness
