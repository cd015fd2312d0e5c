#include "doubles/data_provider.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <thread>

#include "http_client.h"

namespace readiness::doubles::provider {
namespace {

constexpr const char* kToken = "/oauth/oauth2/token";
constexpr const char* kRecovery = "/developer/v1/recovery?limit=50";

std::string Connect(const RunningDouble& provider, const OpenedAccount& account) {
  const auto answer = provider.Upstream(kToken, {}, RunningDouble::CodeForm(account.authorization_code));
  EXPECT_EQ(answer.status, 200) << answer.curl_code << answer.body;
  return RunningDouble::Member(answer.body, "access_token");
}

unsigned ModeOf(const std::string& file) {
  struct stat status {};
  EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
  return status.st_mode & 07777u;
}

TEST(DataProvider, ServesTheHardCodedUpstreamThroughTheProxy) {
  const RunningDouble provider;
  const auto account = provider.Open(3);
  const auto data = provider.Upstream(kRecovery, Connect(provider, account));
  EXPECT_EQ(data.status, 200);
  for (const auto& canary : account.canaries) EXPECT_THAT(data.body, testing::HasSubstr(canary));
  const auto calls = provider.Calls(account.id);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].kind, "token");
  EXPECT_EQ(calls[1].kind, "data");
  EXPECT_EQ(calls[1].path, kRecovery);
  EXPECT_EQ(calls[1].host, "api.example.com");
  EXPECT_EQ(calls[1].account, account.id);
}

TEST(DataProvider, ServesAConfiguredBaseUrl) {
  const RunningDouble provider;
  const auto account = provider.Open(3);
  const auto answer = provider.Direct(kToken, {}, RunningDouble::CodeForm(account.authorization_code));
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(provider.Direct(kRecovery, RunningDouble::Member(answer.body, "access_token")).status, 200);
  EXPECT_EQ(provider.Direct("/__double__/health").status, 200);
  EXPECT_EQ(provider.Calls(account.id).size(), 2u);
}

TEST(DataProvider, HasACertificateForEachHost) {
  const RunningDouble provider;
  Fetch fetch;
  fetch.url = "https://second.example.com/oauth/oauth2/auth";
  fetch.proxy = "http://127.0.0.1:" + std::to_string(provider.port());
  fetch.ca_file = provider.ca_file();
  EXPECT_EQ(Perform(fetch).status, 200);
}

TEST(DataProvider, IsNotTrustedWithoutItsAuthority) {
  const RunningDouble provider;
  const RunningDouble other;
  Fetch fetch;
  fetch.url = std::string("https://api.example.com") + kRecovery;
  fetch.proxy = "http://127.0.0.1:" + std::to_string(provider.port());
  fetch.ca_file = other.ca_file();
  EXPECT_EQ(Perform(fetch).curl_code, CURLE_PEER_FAILED_VERIFICATION);
  EXPECT_EQ(provider.Upstream("/oauth/oauth2/auth").status, 200) << "a failed handshake harms nobody else";
  // The failed attempt is on record as soon as the double has read the client's alert.
  const auto account = provider.Open(0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  auto calls = provider.Calls(account.id);
  while (calls.size() < 2 && std::chrono::steady_clock::now() < deadline) calls = provider.Calls(account.id);
  const auto failed =
      std::find_if(calls.begin(), calls.end(), [](const SeenCall& call) { return call.method == "CONNECT"; });
  ASSERT_NE(failed, calls.end());
  EXPECT_EQ(failed->host, "api.example.com");
  EXPECT_EQ(failed->kind, "other");
  EXPECT_EQ(failed->status, 0);
}

TEST(DataProvider, ForwardsNothing) {
  const RunningDouble provider;
  const auto account = provider.Open(0);
  Fetch fetch;
  fetch.proxy = "http://127.0.0.1:" + std::to_string(provider.port());
  fetch.url = "https://other.example/x";
  EXPECT_EQ(Perform(fetch).proxy_status, 403);
  fetch.url = "http://other.example/x";
  EXPECT_EQ(Perform(fetch).status, 403);
  const auto calls = provider.Calls(account.id);
  ASSERT_EQ(calls.size(), 2u);
  for (const auto& call : calls) {
    EXPECT_EQ(call.kind, "other");
    EXPECT_EQ(call.account, "");
    EXPECT_EQ(call.host, "other.example");
    EXPECT_EQ(call.status, 403);
  }
}

TEST(DataProvider, CannotBeAdministeredThroughTcp) {
  const RunningDouble provider;
  EXPECT_EQ(provider.Direct("/accounts", {}, R"({"label":"x","records":1})").status, 404);
  EXPECT_EQ(provider.Direct("/calls").status, 404);
  EXPECT_EQ(provider.Upstream("/calls").status, 404);
}

TEST(DataProvider, KeepsAccountsApart) {
  const RunningDouble provider;
  const auto a = provider.Open(2);
  const auto b = provider.Open(2);
  const auto data_a = provider.Upstream(kRecovery, Connect(provider, a)).body;
  const auto data_b = provider.Upstream(kRecovery, Connect(provider, b)).body;
  for (const auto& canary : a.canaries) EXPECT_THAT(data_b, testing::Not(testing::HasSubstr(canary)));
  for (const auto& canary : b.canaries) EXPECT_THAT(data_a, testing::Not(testing::HasSubstr(canary)));
  EXPECT_EQ(provider.Calls(a.id).size(), 2u);
  EXPECT_EQ(provider.Calls(b.id).size(), 2u);
}

TEST(DataProvider, ServesManyClientsAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kRequests = 50;
  const RunningDouble provider;
  const auto account = provider.Open(3);
  const auto token = Connect(provider, account);
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kRequests; ++n) {
        const auto answer = i % 2 == 0 ? provider.Upstream(kRecovery, token) : provider.Direct(kRecovery, token);
        if (answer.status == 200) ++served;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(served, kThreads * kRequests);
  EXPECT_EQ(provider.Calls(account.id).size(), static_cast<std::size_t>(kThreads * kRequests + 1));
}

TEST(DataProvider, OpensAccountsConcurrently) {
  const RunningDouble provider;
  std::vector<std::vector<std::string>> drawn(8);
  std::vector<std::thread> threads;
  for (auto& canaries : drawn) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        const auto account = provider.Open(5);
        canaries.insert(canaries.end(), account.canaries.begin(), account.canaries.end());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> unique;
  for (const auto& canaries : drawn) unique.insert(canaries.begin(), canaries.end());
  EXPECT_EQ(unique.size(), 8u * 10 * 10);
}

TEST(DataProvider, ACallIsOnRecordBeforeItsAnswer) {
  const RunningDouble provider;
  const auto account = provider.Open(1);
  const auto token = Connect(provider, account);
  for (std::size_t n = 2; n < 200; ++n) {
    ASSERT_EQ(provider.Direct(kRecovery, token).status, 200);
    ASSERT_EQ(provider.Calls(account.id).size(), n);
  }
}

TEST(DataProvider, BehavesBadlyOnTheWire) {
  const RunningDouble provider;
  const auto slow = provider.Open(1, R"(,"behaviour":"slow","delay_ms":300)");
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(provider.Upstream(kRecovery, Connect(provider, slow)).status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(300));

  const auto hanging = provider.Open(1, R"(,"behaviour":"hanging")");
  Fetch fetch;
  fetch.url = "http://127.0.0.1:" + std::to_string(provider.port()) + kRecovery;
  fetch.headers = {"Authorization: Bearer " + Connect(provider, hanging)};
  fetch.timeout_ms = 1500;
  EXPECT_EQ(Perform(fetch).curl_code, CURLE_OPERATION_TIMEDOUT);
  const auto calls = provider.Calls(hanging.id);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[1].status, 0);

  const auto failing = provider.Open(1, R"(,"behaviour":"server_error")");
  EXPECT_EQ(provider.Upstream(kRecovery, Connect(provider, failing)).status, 500);
}

TEST(DataProvider, EndsAtOnceWithOpenConnections) {
  auto provider = std::make_unique<RunningDouble>();
  const auto hanging = provider->Open(1, R"(,"behaviour":"hanging")");
  const auto token = Connect(*provider, hanging);
  std::thread waiting([port = provider->port(), token] {
    Exchange(port, std::string("GET /developer/v1/recovery HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ") +
                       token + "\r\n\r\n");
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (provider->Calls(hanging.id).size() < 2 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  provider.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  waiting.join();
}

TEST(DataProvider, GuardsItsFiles) {
  const RunningDouble provider;
  EXPECT_EQ(ModeOf(provider.config().server.admin_socket), 0600u);
  EXPECT_EQ(ModeOf(provider.ca_file()), 0644u);
}

TEST(DataProvider, SaysWhyItCannotStart) {
  const RunningDouble running;
  TemporaryFolder folder;
  auto config = TestConfig(folder.path());
  config.server.port = running.port();
  const auto taken = DataProviderDouble::Start(config);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(taken.error().Brief(), testing::HasSubstr(std::to_string(running.port())));

  config.server.port = 0;
  config.server.admin_socket = running.config().server.admin_socket;
  EXPECT_FALSE(DataProviderDouble::Start(config)) << "a living double keeps its socket";
  EXPECT_EQ(running.Calls(running.Open(0).id).size(), 0u);
}

}  // namespace
}  // namespace readiness::doubles::provider
