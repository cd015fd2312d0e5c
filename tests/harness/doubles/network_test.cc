// A double as it serves a network of its own: on all interfaces, under its own names, and as the upstream's TLS server.

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "doubles/language_model.h"
#include "http_client.h"

namespace readiness::doubles::provider {
namespace {

constexpr const char* kAuthorize = "/oauth/oauth2/auth";
constexpr const char* kToken = "/oauth/oauth2/token";
constexpr const char* kRecovery = "/developer/v1/recovery";

void WithTls(ServerConfig& config) {
  config.tls_port = 0;
}

/// Calls about `account` once there are `count`; a failed handshake is on record only when the double has noticed.
std::vector<SeenCall> AwaitCalls(const RunningDouble& provider, const std::string& account, std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  auto calls = provider.Calls(account);
  while (calls.size() < count && std::chrono::steady_clock::now() < deadline) calls = provider.Calls(account);
  return calls;
}

TEST(Network, NoTlsPortUnlessWanted) {
  EXPECT_EQ(RunningDouble().tls_port(), 0);
}

TEST(Network, TlsCallsAreServedAndLoggedAsThoseBehindConnect) {
  const RunningDouble provider(WithTls);
  std::vector<std::vector<SeenCall>> logs;
  for (const bool straight : {false, true}) {
    const auto account = provider.Open(2);
    const auto send = [&](const std::string& path, const std::string& bearer, const std::string& form) {
      return straight ? provider.Straight("api.example.com", path, bearer, form)
                      : provider.Upstream(path, bearer, form);
    };
    const auto tokens = send(kToken, "", RunningDouble::CodeForm(account.authorization_code));
    ASSERT_EQ(tokens.status, 200) << tokens.body;
    const auto data = send(kRecovery, RunningDouble::Member(tokens.body, "access_token"), "");
    EXPECT_NE(data.body.find(account.canaries.front()), std::string::npos);
    logs.push_back(provider.Calls(account.id));
    for (auto& call : logs.back()) {
      EXPECT_EQ(call.account, account.id);
      call.account.clear();
    }
  }
  ASSERT_EQ(logs[0].size(), 2u);
  ASSERT_EQ(logs[1].size(), 2u);
  for (std::size_t index = 0; index < 2; ++index) {
    EXPECT_EQ(logs[1][index].kind, logs[0][index].kind);
    EXPECT_EQ(logs[1][index].method, logs[0][index].method);
    EXPECT_EQ(logs[1][index].host, "api.example.com");
    EXPECT_EQ(logs[1][index].host, logs[0][index].host);
    EXPECT_EQ(logs[1][index].path, logs[0][index].path);
    EXPECT_EQ(logs[1][index].status, logs[0][index].status);
  }
}

TEST(Network, EachHostHasItsCertificate) {
  const RunningDouble provider(WithTls);
  const auto account = provider.Open(0);
  EXPECT_EQ(provider.Straight("second.example.com", kAuthorize).status, 200);
  EXPECT_EQ(provider.Straight("SECOND.example.com", kAuthorize).status, 200);
  const auto calls = provider.Calls(account.id);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].host, "second.example.com");
  EXPECT_EQ(calls[1].host, "second.example.com");
}

TEST(Network, AHostThatItDoesNotStandForIsRefusedAndLogged) {
  const RunningDouble provider(WithTls);
  const auto account = provider.Open(0);
  EXPECT_EQ(provider.Straight("other.example", kAuthorize).status, 0);
  const auto calls = AwaitCalls(provider, account.id, 1);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].host, "other.example");
  EXPECT_EQ(calls[0].status, 0);
  EXPECT_EQ(calls[0].kind, "other");
}

TEST(Network, ADistrustingClientIsLogged) {
  const RunningDouble provider(WithTls);
  const RunningDouble other;
  const auto account = provider.Open(0);
  Fetch fetch;
  fetch.url = std::string("https://api.example.com") + kAuthorize;
  fetch.connect_to = "api.example.com:443:127.0.0.1:" + std::to_string(provider.tls_port());
  fetch.ca_file = other.ca_file();
  EXPECT_EQ(Perform(fetch).curl_code, CURLE_PEER_FAILED_VERIFICATION);
  const auto calls = AwaitCalls(provider, account.id, 1);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].host, "api.example.com");
  EXPECT_EQ(calls[0].status, 0);
}

TEST(Network, ARequestForAnotherHostThanTheHandshakesIsRefused) {
  const RunningDouble provider(WithTls);
  const auto account = provider.Open(0);
  Fetch fetch;
  fetch.url = std::string("https://api.example.com") + kAuthorize;
  fetch.connect_to = "api.example.com:443:127.0.0.1:" + std::to_string(provider.tls_port());
  fetch.ca_file = provider.ca_file();
  fetch.headers = {"Host: second.example.com"};
  EXPECT_EQ(Perform(fetch).status, 421);
}

TEST(Network, ALookAtTheTlsPortIsNoCall) {
  const RunningDouble provider(WithTls);
  const auto account = provider.Open(0);
  EXPECT_EQ(Exchange(provider.tls_port(), "", true), "");
  EXPECT_EQ(provider.Straight("api.example.com", kAuthorize).status, 200);
  EXPECT_EQ(provider.Calls(account.id).size(), 1u);
}

TEST(Network, GarbageOnTheTlsPortIsLoggedAndHarmless) {
  const RunningDouble provider(WithTls);
  const auto account = provider.Open(0);
  Exchange(provider.tls_port(), "GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n", true);
  const auto calls = AwaitCalls(provider, account.id, 1);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].host, "");
  EXPECT_EQ(calls[0].status, 0);
  EXPECT_EQ(provider.Straight("api.example.com", kAuthorize).status, 200);
}

TEST(Network, AnswersToItsOwnNames) {
  const RunningDouble provider([](ServerConfig& config) { config.names = {"my_double"}; });
  const RunningDouble without;
  for (const auto* one : {&provider, &without}) {
    Fetch fetch;
    fetch.url = std::string("http://my_double:8080") + kAuthorize;
    fetch.connect_to = "my_double:8080:127.0.0.1:" + std::to_string(one->port());
    EXPECT_EQ(Perform(fetch).status, one == &provider ? 200 : 421);
  }
}

TEST(Network, ListensBeyondLoopbackOnlyWhenTold) {
  // Stands for an address of a network: all of 127/8 is this machine, but a double that keeps to itself has one of it.
  const std::string elsewhere = "127.0.0.2";
  const RunningDouble open([](ServerConfig& config) { config.all_interfaces = true; });
  const RunningDouble closed;
  for (const auto* one : {&open, &closed}) {
    for (const std::string& address : {std::string("127.0.0.1"), elsewhere}) {
      Fetch fetch;
      fetch.url = "http://" + address + ":" + std::to_string(one->port()) + "/__double__/health";
      const bool reachable = one == &open || address == "127.0.0.1";
      EXPECT_EQ(Perform(fetch).status, reachable ? 200 : 0) << address;
    }
  }
}

TEST(Network, TheLanguageModelIsReachedThroughTls) {
  const TemporaryFolder folder;
  model::Config config;
  config.server.admin_socket = folder.path() + "/admin.sock";
  config.server.hosts = {"api.openai.example"};
  config.server.ca_directory = folder.path() + "/ca";
  config.server.tls_port = 0;
  config.server.names = {"model_double"};
  config.api_key = "genuine";
  config.reply = "the usual";
  const auto started = model::LanguageModelDouble::Start(config);
  ASSERT_TRUE(started) << RenderError(started.error());
  Fetch fetch;
  fetch.url = "https://api.openai.example/v1/chat/completions";
  fetch.connect_to = "api.openai.example:443:127.0.0.1:" + std::to_string((*started)->tls_port());
  fetch.ca_file = (*started)->ca_file();
  fetch.method = "POST";
  fetch.body = R"({"model":"m","messages":[{"role":"user","content":"why?"}]})";
  fetch.headers = {"Authorization: Bearer genuine"};
  const auto answer = Perform(fetch);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, testing::HasSubstr("the usual"));

  fetch.url = "http://model_double/channels/one/v1/chat/completions";
  fetch.connect_to = "model_double:80:127.0.0.1:" + std::to_string((*started)->port());
  EXPECT_EQ(Perform(fetch).status, 200);

  // It names no channel, so every channel is told of it.
  fetch = Fetch();
  fetch.url = "http://double/channels/any/calls?after=0";
  fetch.unix_socket = config.server.admin_socket;
  EXPECT_THAT(Perform(fetch).body, testing::HasSubstr(R"("path":"/v1/chat/completions")"));
}

}  // namespace
}  // namespace readiness::doubles::provider
