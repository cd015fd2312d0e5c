// Services on a bad day, brought up by the real tool: each ends in bounded time, with a reason that says what was
// wrong, and leaves nothing behind.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>

#include "engines/descriptor.h"
#include "engines/engine.h"
#include "sandbox.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;

constexpr int kStartupTimeoutMilliseconds = 3'000;
constexpr std::chrono::seconds kLimit{60};

class BadServicesTest : public ::testing::Test {
 protected:
  BadServicesTest() {
    WriteWhole(target_, Json{{"target", "x"}, {"title", "X"}, {"services", {{"api", Json::object()}}}}.dump());
  }

  void Define(const std::string& mode, const std::string& program = BAD_SERVICE, const Json& more = Json::object()) {
    Json service{{"command", {program}},
                 {"environment", {{"PORT", "${port.api}"}, {"MODE", mode}}},
                 {"ready", {{{"http", {{"path", "/"}, {"status", {200}}}}}}},
                 {"startup_timeout_ms", kStartupTimeoutMilliseconds},
                 {"stop_grace_ms", 1000}};
    service.update(more);
    WriteWhole(
        deployment_,
        Json{{"deployment", "local"}, {"target", "x"}, {"engine", "process"}, {"services", {{"api", service}}}}.dump());
  }

  Ran Up() {
    return sandbox_.Run({Tool(), "up", "--lease", "120", "--name", "x", "--target", target_, "--deployment",
                         deployment_, "--state-directory", state_},
                        {}, kLimit);
  }
  Ran Down() { return sandbox_.Run({Tool(), "down", "--state-directory", state_}, {}, kLimit); }
  Json State() const { return ReadJsonFile(state_ + "/state.json"); }

  // `up` exits with 0, in time, and the reason why it did not start holds `reason`.
  void ExpectNotStarted(const std::string& reason) {
    const auto begin = std::chrono::steady_clock::now();
    const Ran up = Up();
    EXPECT_TRUE(up.in_time);
    EXPECT_EQ(up.code, 0) << up.output;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(25));
    EXPECT_FALSE(State().value("started", true)) << State().dump(2);
    EXPECT_THAT(State().value("reason", ""), HasSubstr(reason));
    EXPECT_THAT(up.output, HasSubstr(reason));
    EXPECT_EQ(sandbox_.Leftovers(), "") << "when `up` has returned";
  }

  void ExpectStartsAndEnds() {
    const Ran up = Up();
    ASSERT_TRUE(State().value("started", false)) << up.output << State().dump(2);
    const Ran down = Down();
    EXPECT_TRUE(down.in_time);
    EXPECT_EQ(down.code, 0) << down.output;
    EXPECT_EQ(sandbox_.Leftovers(), "") << "when `down` has returned";
  }

  Sandbox sandbox_;
  std::string target_ = sandbox_.path() + "/target.json";
  std::string deployment_ = sandbox_.path() + "/deployment.json";
  std::string state_ = sandbox_.path() + "/state";
};

TEST_F(BadServicesTest, ProgramIsMissing) {
  Define("", sandbox_.path() + "/no-such-program");
  ExpectNotStarted("no-such-program");
  EXPECT_THAT(State().value("reason", ""), HasSubstr("No such file"));
}

TEST_F(BadServicesTest, ProgramIsNotExecutable) {
  const std::string program = sandbox_.path() + "/text";
  WriteWhole(program, "just text\n");
  Define("", program);
  ExpectNotStarted("a file without execute permission");
}

TEST_F(BadServicesTest, ProgramIsNoProgram) {
  const std::string program = sandbox_.path() + "/text";
  WriteWhole(program, "just text\n");
  ::chmod(program.c_str(), 0755);
  Define("", program);
  ExpectNotStarted("neither a binary of this machine nor a script");
}

TEST_F(BadServicesTest, StartsAndDies) {
  Define("die");
  ExpectNotStarted("exited with code 7");
  EXPECT_THAT(State().value("reason", ""), HasSubstr("no configuration, giving up"));
}

TEST_F(BadServicesTest, ListensAndNeverAnswers) {
  Define("mute");
  ExpectNotStarted(fmt::format("was not ready within {} ms", kStartupTimeoutMilliseconds));
}

TEST_F(BadServicesTest, FixedPortIsBusy) {
  const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int port = ntohs(address.sin_port);
  Define("", BAD_SERVICE, {{"port", port}});
  ExpectNotStarted(fmt::format("{}", port));
  EXPECT_THAT(State().value("reason", ""), HasSubstr(fmt::format("pid {}", ::getpid())));
}

TEST_F(BadServicesTest, FloodsItsLog) {
  Define("flood");
  const Ran up = Up();
  ASSERT_TRUE(State().value("started", false)) << up.output << State().dump(2);
  const std::string log = State().value("run_directory", "") + "/api.log";
  const auto size = [&] {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(log, error);
    return error ? 0 : bytes;
  };
  EXPECT_TRUE(Eventually([&] { return size() >= kMaxLogBytes; }, kLimit)) << size();
  EXPECT_LE(size(), kMaxLogBytes + 4096);
  EXPECT_EQ(Down().code, 0);
  EXPECT_EQ(sandbox_.Leftovers(), "");
}

TEST_F(BadServicesTest, LogsOneEndlessLine) {
  Define("endless");
  ExpectStartsAndEnds();
}

TEST_F(BadServicesTest, IgnoresTheRequestToEnd) {
  Define("stubborn");
  ExpectStartsAndEnds();
}

TEST_F(BadServicesTest, LeavesDaemonsBehind) {
  Define("daemons");
  ExpectStartsAndEnds();
}

TEST_F(BadServicesTest, DaemonsOfAServiceThatDies) {
  Define("daemons-then-die");
  ExpectNotStarted("exited with code 7");
}

}  // namespace
}  // namespace readiness
