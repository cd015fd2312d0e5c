#include "lifecycle/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lifecycle/wakeup.h"

namespace readiness {
namespace {

using std::chrono::milliseconds;

/// A child that waits to be killed.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      for (;;) ::pause();
    }
  }
  ~Child() {
    Kill();
    ::waitpid(pid_, nullptr, 0);
  }
  int pid() const { return pid_; }
  void Kill() const { ::kill(pid_, SIGKILL); }

 private:
  pid_t pid_;
};

TEST(ProcessTest, IdentityIsOfALiveProcess) {
  const ProcessIdentity self = Identify(::getpid()).value();
  EXPECT_EQ(self.pid, ::getpid());
  EXPECT_GT(self.start_ticks, 0U);
  EXPECT_TRUE(IsAlive(self));
  EXPECT_FALSE(Identify(0));
  EXPECT_FALSE(Identify(-1));
  EXPECT_FALSE(IsAlive({}));
}

TEST(ProcessTest, ZombieIsGone) {
  const Child child;
  const ProcessIdentity identity = Identify(child.pid()).value();
  EXPECT_FALSE(WaitGone(identity, Deadline(milliseconds(20))));
  child.Kill();
  EXPECT_TRUE(WaitGone(identity, Deadline(milliseconds(5'000))));
  EXPECT_FALSE(IsAlive(identity));
  EXPECT_FALSE(OpenPidfd(identity).value());
}

TEST(ProcessTest, LaterProcessWithTheSamePidIsAnother) {
  const Child child;
  ProcessIdentity earlier = Identify(child.pid()).value();
  earlier.start_ticks -= 1;
  EXPECT_FALSE(IsAlive(earlier));
  EXPECT_FALSE(OpenPidfd(earlier).value());
  EXPECT_TRUE(WaitGone(earlier, Deadline(milliseconds(0))));
  Signal(earlier, SIGKILL);
  EXPECT_FALSE(WaitGone(Identify(child.pid()).value(), Deadline(milliseconds(50))));
}

TEST(ProcessTest, DescriptionNamesTheProgram) {
  EXPECT_THAT(DescribeProcess(::getpid()), ::testing::MatchesRegex("lifecycle_test \\(pid [0-9]+\\)"));
  EXPECT_EQ(DescribeProcess(-1), "pid -1");
}

TEST(ProcessTest, AlarmRingsAtItsTime) {
  const auto now = std::chrono::system_clock::now();
  EXPECT_TRUE(WaitReadable(MakeAlarm(now - std::chrono::hours(1)).value().get(), Deadline(milliseconds(1'000))));
  EXPECT_TRUE(WaitReadable(MakeAlarm(now + milliseconds(50)).value().get(), Deadline(milliseconds(2'000))));
  EXPECT_FALSE(WaitReadable(MakeAlarm(now + std::chrono::hours(1)).value().get(), Deadline(milliseconds(20))));
  EXPECT_FALSE(WaitReadable(MakeAlarm(std::nullopt).value().get(), Deadline(milliseconds(20))));
}

}  // namespace
}  // namespace readiness
