// Bytes that no well-behaved client sends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "doubles/http_session.h"
#include "http_client.h"

namespace readiness::doubles::provider {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Wire, GarbageIsAnsweredAndLogged) {
  struct Case {
    std::string bytes;
    int status;
  };
  const std::vector<Case> cases = {
      {"garbage\r\n\r\n", 400},
      {std::string("\x16\x03\x01\x00\x05hello", 10) + "\r\n\r\n", 400},
      {"GET / HTTP/9.9\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(kMaxHeaderBytes, 'x') + "\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", 413},
      {"GET /" + std::string(5000, 'x') + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 414},
  };
  const RunningDouble provider;
  const auto account = provider.Open(0);
  std::size_t logged = 0;
  for (const auto& [bytes, status] : cases) {
    EXPECT_THAT(Exchange(provider.port(), bytes), StartsWith("HTTP/1.1 " + std::to_string(status)))
        << bytes.substr(0, 80);
    const auto calls = provider.Calls(account.id);
    ASSERT_EQ(calls.size(), ++logged) << bytes.substr(0, 80);
    EXPECT_EQ(calls.back().kind, "other");
    EXPECT_EQ(calls.back().status, status);
    EXPECT_LE(calls.back().path.size(), 512u);
  }
}

TEST(Wire, AnUnfinishedRequestIsLoggedWithoutAnswer) {
  const RunningDouble provider;
  const auto account = provider.Open(0);
  EXPECT_EQ(Exchange(provider.port(), "GET / HTTP/1.1\r\nHost: loc", true), "");
  const auto calls = provider.Calls(account.id);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, 0);
}

TEST(Wire, AConnectionWithoutBytesIsNoCall) {
  const RunningDouble provider;
  const auto account = provider.Open(0);
  EXPECT_EQ(Exchange(provider.port(), "", true), "");
  EXPECT_TRUE(provider.Calls(account.id).empty());
}

TEST(Wire, AnswersConnectAsPythonSendsIt) {
  const RunningDouble provider;
  const auto account = provider.Open(0);
  const auto answer = Exchange(provider.port(), "CONNECT api.example.com:443 HTTP/1.0\r\n\r\n", true);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 Connection established\r\n\r\n"));
}

TEST(Wire, GarbageInATunnelIsLoggedAndHarmless) {
  const RunningDouble provider;
  const auto account = provider.Open(0);
  for (const bool early : {true, false}) {
    const std::string garbage = early ? "this is no TLS at all, and it comes with the request" : "";
    Exchange(provider.port(), "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n" + garbage,
             true);
  }
  const auto calls = provider.Calls(account.id);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].path, "api.example.com:443");
  EXPECT_EQ(calls[0].status, 0);
  EXPECT_EQ(provider.Upstream("/oauth/oauth2/auth").status, 200);
}

TEST(Wire, PipelinedRequestsAreAnsweredInOrder) {
  const RunningDouble provider;
  const auto answer = Exchange(provider.port(),
                               "GET /__double__/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                               "GET /unknown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_LT(answer.find("200 OK"), answer.find("404 Not Found"));
  EXPECT_THAT(answer, HasSubstr("404 Not Found"));
}

TEST(Wire, SurvivesRandomBytes) {
  const RunningDouble provider;
  std::mt19937 random(20261120);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random() % 300, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    if (round % 2 == 0) bytes = "GET /" + bytes + " HTTP/1.1\r\n\r\n";
    Exchange(provider.port(), bytes, true);
  }
  EXPECT_EQ(provider.Direct("/__double__/health").status, 200);
}

TEST(Wire, SurvivesAThousandHalfRequests) {
  const RunningDouble provider;
  const auto account = provider.Open(0);
  for (int i = 0; i < 1000; ++i) Exchange(provider.port(), "G", true);
  EXPECT_EQ(provider.Direct("/__double__/health").status, 200);
  EXPECT_EQ(provider.Calls(account.id).size(), 1000u);
}

TEST(Wire, ClientsBeyondTheBoundWaitTheirTurn) {
  const RunningDouble provider;
  Fetch health;
  health.url = "http://127.0.0.1:" + std::to_string(provider.port()) + "/__double__/health";
  health.timeout_ms = 300;
  {
    std::vector<std::unique_ptr<IdleConnection>> idle;
    for (int i = 0; i < 401; ++i) idle.push_back(std::make_unique<IdleConnection>(provider.port()));
    EXPECT_NE(Perform(health).curl_code, 0);
    EXPECT_EQ(provider.Open(0).canaries.size(), 0u) << "the admin socket has a bound of its own";
  }
  health.timeout_ms = 5000;
  EXPECT_EQ(Perform(health).status, 200);
}

}  // namespace
}  // namespace readiness::doubles::provider
