// Items that are killed, or lose their run, while a store is away or an instance runs: the supervisor mends and ends
// what was theirs, and the next item is judged as if nothing had been.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "sandbox.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kBreaksStore = "STEP-O.health";
constexpr const char* kStartsInstance = "C1.runtime";
constexpr const char* kOther = "STEP-R";

class ServiceFaultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(sandbox_.Build({.items = "C1.runtime STEP-O.health STEP-R"}));
    const Ran up =
        sandbox_.Run({Tool(), "up", "--lease", "120", "--name", "ai-health-target", "--target", sandbox_.target_file(),
                      "--deployment", sandbox_.deployment_file(), "--state-directory", sandbox_.state()});
    ASSERT_THAT(up.output, HasSubstr("is up"));
    run_ = ReadJsonFile(sandbox_.state() + "/state.json").at("run_directory");
  }
  void TearDown() override {
    EXPECT_EQ(Down().code, 0);
    EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
  }

  Running StartItem(const std::string& id) const { return sandbox_.Start({Tool(), "run", sandbox_.item(id)}); }
  Ran Item(const std::string& id) const { return sandbox_.Run({Tool(), "run", sandbox_.item(id)}); }
  Ran Down() const { return sandbox_.Run({Tool(), "down", "--state-directory", sandbox_.state()}); }
  bool StoreRuns() const { return !sandbox_.Find("postgres", "-D").empty(); }
  bool StoreIsPaused() const { return fs::exists(run_ + "/paused"); }
  int CountServices() const {
    int count = 0;
    const std::string all = sandbox_.Leftovers();
    for (std::size_t at = all.find("standin-ai-health"); at != std::string::npos;
         at = all.find("standin-ai-health", at + 1))
      ++count;
    return count;
  }
  void ExpectTheNextItemIsJudged() {
    const Ran next = Item(kOther);
    EXPECT_EQ(next.code, 0) << next.output;
    EXPECT_EQ(ReadJsonFile(sandbox_.state() + "/state.json").at("spoiled"), "");
  }

  Sandbox sandbox_;
  std::string run_;
};

TEST_F(ServiceFaultsTest, ItemKilledWhileTheStoreIsStopped) {
  {
    Running item = StartItem(kBreaksStore);
    ASSERT_TRUE(Eventually([&] { return !StoreRuns(); }));
    item.Signal(SIGKILL);
    EXPECT_TRUE(Eventually([&] { return StoreRuns(); }));
  }
  ExpectTheNextItemIsJudged();
}

TEST_F(ServiceFaultsTest, ItemKilledWhileTheStoreHangs) {
  {
    Running item = StartItem(kBreaksStore);
    ASSERT_TRUE(Eventually([&] { return StoreIsPaused(); }, std::chrono::seconds(60)));
    item.Signal(SIGKILL);
    EXPECT_TRUE(Eventually([&] { return !StoreIsPaused(); }));
  }
  ExpectTheNextItemIsJudged();
}

TEST_F(ServiceFaultsTest, ItemKilledWhileItsInstanceRuns) {
  const int before = CountServices();
  {
    Running item = StartItem(kStartsInstance);
    ASSERT_TRUE(Eventually([&] { return CountServices() > before; }));
    item.Signal(SIGKILL);
    EXPECT_TRUE(Eventually([&] { return CountServices() <= before; }));
  }
  ExpectTheNextItemIsJudged();
}

TEST_F(ServiceFaultsTest, DownWhileTheStoreHangs) {
  Running item = StartItem(kBreaksStore);
  ASSERT_TRUE(Eventually([&] { return StoreIsPaused(); }, std::chrono::seconds(60)));
  EXPECT_EQ(Down().code, 0);
  const Ran ran = item.Wait(std::chrono::seconds(30));
  EXPECT_TRUE(ran.in_time);
  EXPECT_NE(ran.code, 0);
}

TEST_F(ServiceFaultsTest, TwoItemsHaveInstancesAtOnce) {
  Running first = StartItem(kStartsInstance);
  const Ran second = Item(kStartsInstance);
  EXPECT_EQ(second.code, 0) << second.output;
  const Ran ended = first.Wait(std::chrono::seconds(60));
  EXPECT_EQ(ended.code, 0) << ended.output;
  ExpectTheNextItemIsJudged();
}

}  // namespace
}  // namespace readiness
