#include <gmock/gmock.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <deque>

#include "engine_fixture.h"
#include "engines/spawn.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;

class KillRunTest : public ::testing::Test {
 protected:
  ~KillRunTest() override {
    for (const Child& child : children_) {
      ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
      Await(child);
      Reap(child.pidfd.get());
    }
  }

  const Child& Begin(const std::string& entry, const std::string& mode = "never-ready",
                     std::optional<unsigned> user = std::nullopt) {
    SpawnRequest request;
    request.command = {ENGINE_HELPER, mode};
    request.environment = {"FIRST=1", entry, "LAST=1"};
    request.working_directory = "/";
    request.output = 2;
    request.user_id = user;
    Result<Child> child = Spawn(request);
    EXPECT_TRUE(child) << RenderError(child.error());
    children_.push_back(std::move(*child));
    return children_.back();
  }

  static bool Await(const Child& child, int milliseconds = 5'000) {
    pollfd polled{child.pidfd.get(), POLLIN, 0};
    return ::poll(&polled, 1, milliseconds) == 1;
  }

  const std::string run_ = "test-" + RandomHex(8);
  std::deque<Child> children_;
};

TEST_F(KillRunTest, KillsExactlyTheRun) {
  const Child& one = Begin("READINESS_RUN=" + run_);
  const Child& two = Begin("READINESS_RUN=" + run_, "deaf");
  const Child* strangers[] = {
      &Begin("READINESS_RUN=" + run_ + "x"),      &Begin("READINESS_RUN=x" + run_),
      &Begin("XREADINESS_RUN=" + run_),           &Begin("READINESS_RUN="),
      &Begin("A=READINESS_RUN=" + run_),          &Begin("READINESS_RUN=" + run_.substr(1)),
      &Begin("A=\nREADINESS_RUN=" + run_ + "\n"),
  };
  EXPECT_EQ(KillRunProcesses(run_, Milliseconds(5'000)).value(), 2);
  EXPECT_TRUE(Await(one, 0));
  EXPECT_TRUE(Await(two, 0));
  for (const Child* stranger : strangers) EXPECT_FALSE(Await(*stranger, 0));
  EXPECT_EQ(KillRunProcesses(run_, Milliseconds(5'000)).value(), 0);
}

TEST_F(KillRunTest, SparesTheCallerAndCountsNothingTwice) {
  const Child& daemon = Begin("READINESS_RUN=" + run_, "daemon-and-exit");
  ASSERT_TRUE(Await(daemon));
  EXPECT_EQ(KillRunProcesses(run_, Milliseconds(5'000)).value(), 1);
}

TEST_F(KillRunTest, ReachesOtherUsersAsRoot) {
  const passwd* nobody = ::getpwnam("nobody");
  if (::geteuid() != 0 || nobody == nullptr) GTEST_SKIP() << "needs root and a user nobody";
  const Child& child = Begin("READINESS_RUN=" + run_, "never-ready", nobody->pw_uid);
  EXPECT_EQ(KillRunProcesses(run_, Milliseconds(5'000)).value(), 1);
  EXPECT_TRUE(Await(child, 0));
}

TEST_F(KillRunTest, AnEmptyRunIsRefused) {
  const Child& stranger = Begin("READINESS_RUN=");
  EXPECT_FALSE(KillRunProcesses("", Milliseconds(1'000)));
  EXPECT_FALSE(Await(stranger, 0));
}

TEST(ReadProcessTest, NamesMayHoldAnything) {
  const auto self = ReadProcess(::getpid());
  ASSERT_TRUE(self);
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_EQ(self->session, ::getsid(0));
  EXPECT_GT(self->start_ticks, 0u);
  EXPECT_FALSE(self->IsZombie());
  EXPECT_FALSE(ReadProcess(-1));
}

}  // namespace
}  // namespace readiness
