#include "lifecycle/run_command.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/descriptor.h"
#include "temporary_directory.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

CommandSpec Shell(const std::string& script, std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
  CommandSpec spec;
  spec.command = {"sh", "-c", script};
  spec.environment = {{"PATH", "/usr/bin:/bin"}, {"COLOUR", "blue"}};
  spec.working_directory = "/";
  spec.timeout = timeout;
  return spec;
}

TEST(RunCommandTest, GivesInputAndTakesBothOutputs) {
  const auto end = RunCommand(Shell("cat; echo note >&2; exit 3"), "{\"a\":1}");
  ASSERT_TRUE(end) << end.error().Brief();
  EXPECT_EQ(end->exit_code, 3);
  EXPECT_EQ(end->output, "{\"a\":1}");
  EXPECT_EQ(end->error_output, "note\n");
}

TEST(RunCommandTest, EnvironmentIsCompleteAndNothingElse) {
  ::setenv("FROM_THE_TEST", "must not be seen", 1);
  const auto end = RunCommand(Shell("echo \"$COLOUR,$FROM_THE_TEST,${#READINESS_COMMAND}\""), "");
  ::unsetenv("FROM_THE_TEST");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, "blue,,32\n");
}

TEST(RunCommandTest, InputAndOutputMayBeLargerThanAPipe) {
  const std::string input(1'000'000, 'x');
  const auto end = RunCommand(Shell("cat"), input);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, input);
}

TEST(RunCommandTest, InputNeedNotBeRead) {
  const auto end = RunCommand(Shell("exec 0<&-; echo done"), std::string(1'000'000, 'x'));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, "done\n");
}

TEST(RunCommandTest, ASignalIsAnExitCode) {
  const auto end = RunCommand(Shell("kill -9 $$"), "");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 128 + 9);
}

TEST(RunCommandTest, KeepsTheEndOfStandardError) {
  const auto end = RunCommand(Shell("head -c 100000 /dev/zero | tr '\\0' a >&2; printf last >&2"), "");
  ASSERT_TRUE(end);
  EXPECT_THAT(end->error_output, SizeIs(16 * 1024));
  EXPECT_EQ(end->error_output.substr(end->error_output.size() - 5), "alast");
  EXPECT_EQ(end->error_bytes, 100'004U);
}

TEST(RunCommandTest, TooMuchOutputIsAnError) {
  CommandLimits limits;
  limits.output_bytes = 1000;
  const auto end = RunCommand(Shell("echo why >&2; while :; do echo more; done"), "", limits);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::kLimit);
  EXPECT_THAT(end.error().actual, HasSubstr("why"));
}

TEST(RunCommandTest, ADeadlineIsKept) {
  const auto end = RunCommand(Shell("echo stuck >&2; sleep 1000", std::chrono::milliseconds(300)), "");
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(end.error().actual, HasSubstr("stuck"));
}

TEST(RunCommandTest, WhatCannotBeExecutedIsAnError) {
  CommandSpec spec = Shell("");
  spec.command = {"/no/such/program"};
  const auto missing = RunCommand(spec, "");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(missing.error().what, StartsWith("program not found"));
  spec = Shell("true");
  spec.working_directory = "/no/such/folder";
  EXPECT_FALSE(RunCommand(spec, ""));
  spec.command.clear();
  EXPECT_FALSE(RunCommand(spec, ""));
}

// Whoever holds the other end of this lives.
class Lifeline {
 public:
  Lifeline() : path_(directory_.path() + "/fifo") {
    ::mkfifo(path_.c_str(), 0600);
    read_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  const std::string& path() const { return path_; }
  bool AwaitByte() {
    pollfd entry{read_.get(), POLLIN, 0};
    char byte = 0;
    return ::poll(&entry, 1, 20'000) == 1 && ::read(read_.get(), &byte, 1) == 1;
  }
  // True when nobody holds it any more.
  bool AwaitEnd() {
    pollfd entry{read_.get(), POLLIN, 0};
    char byte = 0;
    return ::poll(&entry, 1, 10'000) == 1 && ::read(read_.get(), &byte, 1) == 0;
  }

 private:
  TemporaryDirectory directory_;
  std::string path_;
  Descriptor read_;
};

// Two descendants, of which one leaves session and parent and drops every label, hold the lifeline.
std::string LeavingChildren(const Lifeline& lifeline) {
  return "exec 9>" + lifeline.path() +
         "; sleep 1000 & setsid env -i PATH=/usr/bin:/bin sh -c 'sleep 1000 & sleep 1000' &"
         " printf x >&9; ";
}

TEST(RunCommandTest, EndsWhatTheCommandLeavesBehind) {
  Lifeline lifeline;
  const auto end = RunCommand(Shell(LeavingChildren(lifeline) + "exit 0"), "");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 0);
  EXPECT_TRUE(lifeline.AwaitByte());
  EXPECT_TRUE(lifeline.AwaitEnd());
}

TEST(RunCommandTest, EndsEverythingAtTheDeadline) {
  Lifeline lifeline;
  const auto end = RunCommand(Shell(LeavingChildren(lifeline) + "wait", std::chrono::milliseconds(500)), "");
  EXPECT_FALSE(end);
  EXPECT_TRUE(lifeline.AwaitByte());
  EXPECT_TRUE(lifeline.AwaitEnd());
}

TEST(RunCommandTest, NothingSurvivesAKilledCaller) {
  Lifeline lifeline;
  const pid_t caller = ::fork();
  ASSERT_GE(caller, 0);
  if (caller == 0) {
    const auto end = RunCommand(Shell(LeavingChildren(lifeline) + "wait"), "");
    ::_exit(end ? 0 : 1);
  }
  EXPECT_TRUE(lifeline.AwaitByte());
  ::kill(caller, SIGKILL);
  EXPECT_TRUE(lifeline.AwaitEnd());
  int status = 0;
  ::waitpid(caller, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(RunCommandTest, ChildrenOfTheCallerAreLeftAlone) {
  const pid_t other = ::fork();
  ASSERT_GE(other, 0);
  if (other == 0) {
    ::setsid();
    for (;;) ::pause();
  }
  ASSERT_TRUE(RunCommand(Shell("exit 0"), ""));
  EXPECT_EQ(::kill(other, 0), 0);
  EXPECT_EQ(::waitpid(other, nullptr, WNOHANG), 0);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
}

}  // namespace
}  // namespace readiness
