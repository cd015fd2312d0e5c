#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "engine_fixture.h"
#include "engines/descriptor.h"
#include "engines/wait.h"

namespace readiness {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class WaitConditionsTest : public EngineTest {
 protected:
  Error FailureOf(const ServiceSpec& spec) {
    const Result<void> started = engine_->Start(spec);
    EXPECT_FALSE(started) << "it became ready";
    EXPECT_THAT(Labelled(), IsEmpty());
    EXPECT_THAT(OurChildren(), IsEmpty());
    return started ? Error{} : started.error();
  }
};

TEST_F(WaitConditionsTest, AllKindsHold) {
  ASSERT_TRUE(engine_->Start(Listener("http", "serve", {PortOpen(), HttpAnswers({200, 204})})));
  ASSERT_TRUE(engine_->Start(Listener("silent", "serve-silently", {HttpAnswers({200})})));
  ASSERT_TRUE(engine_->Start(Listener("child", "serve-in-child", {HttpAnswers({200})})));
  ASSERT_TRUE(engine_->Start(Helper("log", {"print", "one", "Listening on 80\r", "three"},
                                    {LogMatches("^three$"), LogMatches("Listening on \\d+$")})));
}

TEST_F(WaitConditionsTest, UnavailableAtFirst) {
  ServiceSpec spec = Listener("api", "serve", {HttpAnswers({200})});
  spec.command.push_back("3");
  ASSERT_TRUE(engine_->Start(spec));
}

TEST_F(WaitConditionsTest, UnavailableForEver) {
  ServiceSpec spec = Listener("api", "serve", {HttpAnswers({200})});
  spec.command.push_back("100000");
  spec.startup_timeout = Milliseconds(1'000);
  const Error error = FailureOf(spec);
  EXPECT_EQ(error.kind, ErrorKind::kTimeout);
  EXPECT_EQ(error.what, "service api was not ready within 1000 ms");
  EXPECT_EQ(error.expected, "GET " + spec.url + "/health answers 200");
  EXPECT_THAT(error.actual, HasSubstr("status 503"));
}

TEST_F(WaitConditionsTest, NeverListens) {
  for (const WaitCondition& condition : {HttpAnswers({200}), PortOpen()}) {
    ServiceSpec spec = Listener("api", "never-ready", {condition});
    spec.startup_timeout = Milliseconds(200);
    const Error error = FailureOf(spec);
    EXPECT_EQ(error.kind, ErrorKind::kTimeout);
    EXPECT_THAT(error.actual, AllOf(HasSubstr("connection refused"), HasSubstr("it wrote nothing")));
  }
}

TEST_F(WaitConditionsTest, ListensAndNeverAnswers) {
  ServiceSpec spec = Listener("api", "hang", {PortOpen(), HttpAnswers({200})});
  spec.startup_timeout = Milliseconds(1'500);
  const auto begin = std::chrono::steady_clock::now();
  const Error error = FailureOf(spec);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Milliseconds(10'000));
  EXPECT_EQ(error.kind, ErrorKind::kTimeout);
  EXPECT_THAT(error.actual, HasSubstr("connection accepted, no answer within"));
}

TEST_F(WaitConditionsTest, EndsAtOnceWithItsLastWords) {
  for (const WaitCondition& condition : {HttpAnswers({200}), PortOpen(), LogMatches("ready")}) {
    ServiceSpec spec = Listener("api", "exit", {condition});
    spec.command = {ENGINE_HELPER, "exit", "4", "first", "cannot reach \x1b[31mthe database"};
    spec.startup_timeout = Milliseconds(60'000);
    const auto begin = std::chrono::steady_clock::now();
    const Error error = FailureOf(spec);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, Milliseconds(30'000));
    EXPECT_EQ(error.kind, ErrorKind::kTarget);
    EXPECT_EQ(error.what, "service api ended before it was ready: it exited with code 4");
    EXPECT_THAT(error.actual, AllOf(HasSubstr("\n  first\n  cannot reach"), Not(HasSubstr("\x1b"))));
    EXPECT_THAT(error.actual, HasSubstr("last it wrote \"cannot reach"));
  }
}

TEST_F(WaitConditionsTest, DiesAfterListening) {
  const Error error = FailureOf(Listener("api", "listen-then-die", {HttpAnswers({200})}));
  EXPECT_EQ(error.kind, ErrorKind::kTarget);
  EXPECT_THAT(error.what, HasSubstr("exited with code 3"));
  EXPECT_THAT(error.actual, HasSubstr("giving up"));
}

TEST_F(WaitConditionsTest, LogNeverMatches) {
  ServiceSpec spec = Helper("api", {"print", "one", "two"}, {LogMatches("three")});
  spec.startup_timeout = Milliseconds(1'000);
  const Error error = FailureOf(spec);
  EXPECT_EQ(error.kind, ErrorKind::kTimeout);
  EXPECT_EQ(error.expected, "a log line matches /three/");
  EXPECT_THAT(error.actual, AllOf(HasSubstr("none of 2 log lines matched"), HasSubstr("\n  one\n  two")));
}

TEST_F(WaitConditionsTest, ReadyAndGoneAtOnce) {
  // Whether its end is seen by Start or after it is a matter of luck; it must be seen.
  const Result<void> started = engine_->Start(Helper("api", {"exit", "0", "ready"}, {LogMatches("^ready$")}));
  if (!started) {
    EXPECT_THAT(started.error().what, HasSubstr("ended before it was ready: it exited with code 0"));
    EXPECT_EQ(started.error().expected, "it keeps running");
    return;
  }
  std::vector<std::pair<std::string, std::string>> ended;
  for (const Deadline deadline(Milliseconds(5'000)); ended.empty() && !deadline.Passed();) {
    ::poll(nullptr, 0, 5);
    ended = engine_->TakeEnded();
  }
  EXPECT_THAT(ended, ::testing::ElementsAre(::testing::Pair("api", "exited with code 0")));
}

TEST_F(WaitConditionsTest, BadPatternAndMissingUrl) {
  EXPECT_EQ(FailureOf(Helper("api", {"never-ready"}, {LogMatches("(")})).kind, ErrorKind::kDefinition);
  const Error error = FailureOf(Helper("api", {"never-ready"}, {PortOpen()}));
  EXPECT_EQ(error.kind, ErrorKind::kDefinition);
  EXPECT_THAT(error.actual, HasSubstr("the service has no port"));
}

TEST_F(WaitConditionsTest, ForeignListenerIsNotTheService) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 4), 0);
  socklen_t length = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  ServiceSpec spec = Helper("api", {"never-ready"}, {PortOpen()});
  spec.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const Error error = FailureOf(spec);
  EXPECT_EQ(error.kind, ErrorKind::kTarget);
  EXPECT_THAT(error.actual, HasSubstr("is answered by pid " + std::to_string(::getpid())));
}

TEST_F(WaitConditionsTest, OtherServiceOfTheRunIsForeignToo) {
  ServiceSpec first = Listener("first", "serve", {HttpAnswers({200})});
  ASSERT_TRUE(engine_->Start(first));
  ServiceSpec second = Helper("second", {"never-ready"}, {HttpAnswers({200})});
  second.url = first.url;
  const Result<void> started = engine_->Start(second);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().actual, HasSubstr("(engine_helper), which is not part of this service"));
}

TEST(ParseEndpointTest, Urls) {
  const struct {
    const char* url;
    const char* host;
    int port;
  } cases[] = {
      {"http://127.0.0.1:8080", "127.0.0.1", 8080},
      {"tcp://localhost:1", "localhost", 1},
      {"https://[::1]:65535/path", "::1", 65535},
      {"", "", 0},
      {"127.0.0.1:80", "", 0},
      {"http://127.0.0.1", "", 0},
      {"http://127.0.0.1:", "", 0},
      {"http://127.0.0.1:0", "", 0},
      {"http://127.0.0.1:65536", "", 0},
      {"http://127.0.0.1:80x", "", 0},
      {"http://:80", "", 0},
  };
  for (const auto& one : cases) {
    const Result<Endpoint> endpoint = ParseEndpoint(one.url);
    ASSERT_EQ(endpoint.has_value(), one.port != 0) << one.url;
    if (!endpoint) continue;
    EXPECT_EQ(endpoint->host, one.host);
    EXPECT_EQ(endpoint->port, one.port);
  }
}

}  // namespace
}  // namespace readiness
