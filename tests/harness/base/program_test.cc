#include "base/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::HasSubstr;

ProgramRequest Shell(const std::string& script) {
  ProgramRequest request;
  request.command = {"/bin/sh", "-c", script};
  request.environment = {"PATH=/usr/bin:/bin"};
  return request;
}

TEST(ProgramTest, GivesInputAndTakesOutput) {
  ProgramRequest request = Shell("cat; echo oops >&2; exit 3");
  request.input = std::string(3'000'000, 'x');
  const auto ran = RunProgram(request);
  ASSERT_TRUE(ran) << ran.error().Brief();
  EXPECT_EQ(ran->exit_code, 3);
  EXPECT_EQ(ran->output, request.input);
  EXPECT_EQ(ran->error_output, "oops\n");
}

TEST(ProgramTest, InheritsNothing) {
  ::setenv("READINESS_PROGRAM_TEST", "secret", 1);
  ProgramRequest request = Shell("echo \"[$READINESS_PROGRAM_TEST]\"; pwd; ls /proc/self/fd | wc -l");
  request.working_directory = "/usr";
  const auto ran = RunProgram(request);
  ::unsetenv("READINESS_PROGRAM_TEST");
  ASSERT_TRUE(ran);
  EXPECT_THAT(ran->output, HasSubstr("[]\n/usr\n"));
}

TEST(ProgramTest, AProgramThatReadsNothingIsNoFailure) {
  ProgramRequest request = Shell("exec <&-; echo done");
  request.input = std::string(3'000'000, 'x');
  const auto ran = RunProgram(request);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->output, "done\n");
}

TEST(ProgramTest, EndsBySignal) {
  const auto ran = RunProgram(Shell("kill -9 $$"));
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->exit_code, 128 + 9);
}

struct Bad {
  const char* name;
  const char* script;
  ErrorKind kind;
};

void PrintTo(const Bad& bad, std::ostream* stream) {
  *stream << bad.name;
}

class BadProgramTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadProgramTest, IsAnError) {
  ProgramRequest request = Shell(GetParam().script);
  request.timeout = std::chrono::milliseconds(500);
  request.max_output = 100'000;
  const auto begun = std::chrono::steady_clock::now();
  const auto ran = RunProgram(request);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, GetParam().kind);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

INSTANTIATE_TEST_SUITE_P(Programs, BadProgramTest,
                         ::testing::Values(Bad{"Hangs", "sleep 100", ErrorKind::kTimeout},
                                           Bad{"HangsWithClosedOutput", "exec >&- 2>&-; sleep 100",
                                               ErrorKind::kTimeout},
                                           Bad{"LeavesAChildWithItsOutput", "sleep 100 & exit 0", ErrorKind::kTimeout},
                                           Bad{"WritesForever", "yes", ErrorKind::kLimit}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(ProgramTest, AMissingProgramIsAnError) {
  ProgramRequest request;
  request.command = {"/nowhere/program"};
  const auto ran = RunProgram(request);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kEnvironment);
}

}  // namespace
}  // namespace readiness
