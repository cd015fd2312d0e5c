// The client of the data provider double and the double itself, which are written apart, speak the same JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <set>

#include "capabilities/data_provider_client.h"
#include "capabilities/http/http_curl.h"
#include "doubles/data_provider.h"

namespace readiness {
namespace {

class DoubleContractTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/double_contract_test_XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
    doubles::provider::Config config;
    config.server.admin_socket = directory_ + "/admin.sock";
    config.server.hosts = {"api.example.com"};
    config.client_id = "id";
    config.client_secret = "secret";
    config.server.ca_directory = directory_;
    auto started = doubles::provider::DataProviderDouble::Start(config);
    ASSERT_TRUE(started) << RenderError(started.error());
    double_ = std::move(*started);
    client_ = std::make_unique<DataProviderClient>("whoop", config.server.admin_socket, secrets_);
  }
  void TearDown() override {
    double_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::string directory_;
  std::unique_ptr<doubles::provider::DataProviderDouble> double_;
  Redactor redactor_;
  SecretKeeper secrets_{redactor_};
  std::unique_ptr<DataProviderClient> client_;
};

TEST_F(DoubleContractTest, AccountsAreOpenedAndApart) {
  const Result<ProviderAccount> a = client_->OpenAccount("consent \"never\" given ü", 7);
  const Result<ProviderAccount> b = client_->OpenAccount("owner", 7);
  ASSERT_TRUE(a) << RenderError(a.error());
  ASSERT_TRUE(b) << RenderError(b.error());
  EXPECT_NE(a->id, b->id);
  EXPECT_NE(a->authorization_code, b->authorization_code);
  EXPECT_EQ(a->records, 7);
  std::set<std::string> canaries(a->canaries.begin(), a->canaries.end());
  canaries.insert(b->canaries.begin(), b->canaries.end());
  EXPECT_EQ(canaries.size(), a->canaries.size() + b->canaries.size());
  EXPECT_TRUE(client_->Calls(a->id).value().empty());
}

TEST_F(DoubleContractTest, CallsOfNobodyAreSeen) {
  const ProviderAccount account = client_->OpenAccount("owner", 2).value();
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(double_->port()) + "/developer/v1/recovery?limit=5";
  const Result<Exchange> exchange = MakeCurlHttp({})->Send(request);
  ASSERT_TRUE(exchange) << RenderError(exchange.error());
  const std::vector<ProviderCall> calls = client_->Calls(account.id).value();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].account, "");
  EXPECT_EQ(calls[0].path, "/developer/v1/recovery?limit=5");
  EXPECT_EQ(calls[0].status, exchange->response.status);
}

TEST_F(DoubleContractTest, WhatTheDoubleRefusesIsAnError) {
  EXPECT_EQ(client_->Calls("unknown").error().kind, ErrorKind::kTarget);
  EXPECT_EQ(client_->OpenAccount("owner", 2'000'000'000).error().kind, ErrorKind::kTarget);
}

}  // namespace
}  // namespace readiness
