// Cleaning up with an engine that misbehaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "containers/run_containers.h"
#include "fake_docker.h"

namespace readiness {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kRun = "0123456789abcdef01234567";

// What is there lies in the files container, network, volume and image; removing takes it out.
constexpr const char* kEngine = R"(
echo "$@" >> $folder/calls
kind=
case "$1 $2" in
  "ps --all") kind=container;; "network ls") kind=network;; "volume ls") kind=volume;; "images --no-trunc") kind=image;;
esac
if [ -n "$kind" ]; then cat $folder/$kind 2>/dev/null; exit 0; fi
case "$1" in rm) rm -f $folder/container;; rmi) rm -f $folder/image;; *) rm -f $folder/$1;; esac
)";

void Put(const FakeDocker& docker, const std::string& kind, const std::string& ids) {
  std::ofstream(docker.folder() + "/" + kind) << ids;
}

TEST(FakeEngineTest, RemovesInOrderUntilNothingIsLeft) {
  const FakeDocker docker;
  docker.Install(kEngine);
  Put(docker, "container", "c1\nc2\n");
  Put(docker, "network", "n1\n");
  Put(docker, "volume", "v1\n");
  Put(docker, "image", "i1\ni1\n");
  const auto removed = RemoveRunContainers(kRun, Milliseconds(8000), false);
  ASSERT_TRUE(removed) << removed.error().Brief();
  EXPECT_EQ(*removed, 2);
  const std::string calls = docker.Read("calls");
  EXPECT_THAT(calls, AllOf(HasSubstr(std::string("--filter label=readiness.run=") + kRun + "\n"),
                           HasSubstr("\nrm --force --volumes c1 c2\n"), HasSubstr("\nnetwork rm n1\n"),
                           HasSubstr("\nvolume rm --force v1\n"), HasSubstr("\nrmi --force i1\n")));
  EXPECT_LT(calls.find("rm --force --volumes"), calls.find("network rm"));
}

TEST(FakeEngineTest, NothingThereIsSuccess) {
  const FakeDocker docker;
  docker.Install(kEngine);
  const auto removed = RemoveRunContainers(kRun, Milliseconds(8000), false);
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, 0);
}

TEST(FakeEngineTest, LooksAgainForWhatWasStillBeingMade) {
  const FakeDocker docker;
  docker.Install(std::string(R"(
if [ "$1" = ps ]; then
  echo x >> $folder/looks
  [ $(wc -l < $folder/looks) -eq 3 ] && echo late > $folder/container
fi
)") + kEngine);
  const auto removed = RemoveRunContainers(kRun, Milliseconds(20'000), true);
  ASSERT_TRUE(removed) << removed.error().Brief();
  EXPECT_EQ(*removed, 1);
  EXPECT_THAT(docker.Read("calls"), HasSubstr("\nrm --force --volumes late\n"));
}

TEST(FakeEngineTest, AClientThatIsKilledIsAskedAgain) {
  const FakeDocker docker;
  docker.Install(std::string("if [ \"$1\" = rm ] && ! [ -e $folder/once ]; then touch $folder/once; kill -9 $$; fi\n") +
                 kEngine);
  Put(docker, "container", "c1\n");
  const auto removed = RemoveRunContainers(kRun, Milliseconds(8000), false);
  ASSERT_TRUE(removed) << removed.error().Brief();
  EXPECT_EQ(*removed, 1);
}

TEST(FakeEngineTest, NoToolIsSuccess) {
  const FakeDocker docker;
  EXPECT_EQ(RemoveRunContainers(kRun, Milliseconds(2000), true).value_or(-1), 0);
  EXPECT_THAT(ListRunsInContainers(Milliseconds(2000)), IsEmpty());
}

TEST(FakeEngineTest, NoEngineIsSuccess) {
  const FakeDocker docker;
  docker.Install("echo 'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?' >&2; exit 1");
  EXPECT_EQ(RemoveRunContainers(kRun, Milliseconds(2000), true).value_or(-1), 0);
  EXPECT_THAT(ListRunsInContainers(Milliseconds(2000)), IsEmpty());
}

TEST(FakeEngineTest, SaysWhatStays) {
  const FakeDocker docker;
  docker.Install(std::string("if [ \"$1 $2\" = 'network rm' ]; then echo has active endpoints >&2; exit 1; fi\n") +
                 kEngine);
  Put(docker, "network", "n1\n");
  const auto begin = std::chrono::steady_clock::now();
  const auto removed = RemoveRunContainers(kRun, Milliseconds(1500), false);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(removed.error().Brief(), AllOf(HasSubstr("1 network(s), such as n1"), HasSubstr("has active endpoints")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(6));
}

TEST(FakeEngineTest, AnEngineThatHangsIsATimeout) {
  const FakeDocker docker;
  docker.Install("exec sleep 60");
  const auto begin = std::chrono::steady_clock::now();
  const auto removed = RemoveRunContainers(kRun, Milliseconds(1500), false);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(ListRunsInContainers(Milliseconds(500)), IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(6));
}

TEST(FakeEngineTest, RefusesAnEmptyId) {
  EXPECT_FALSE(RemoveRunContainers("", Milliseconds(1000), false));
}

TEST(FakeEngineTest, ListsEachRunOnce) {
  const FakeDocker docker;
  docker.Install(
      "echo \"$@\" >> $folder/calls\ncase \"$1\" in ps) printf 'b\\na\\n';; network) echo b;; *) echo;; esac");
  EXPECT_THAT(ListRunsInContainers(Milliseconds(8000)), ElementsAre("a", "b"));
  EXPECT_THAT(docker.Read("calls"),
              HasSubstr("ps --all --filter label=readiness.run --format {{.Label \"readiness.run\"}}\n"));
}

}  // namespace
}  // namespace readiness
