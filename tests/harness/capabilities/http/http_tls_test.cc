#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "capabilities/http/http_curl.h"
#include "support/tls_server.h"

namespace readiness {
namespace {

using test_support::TlsServer;

class HttpTls : public ::testing::Test {
 protected:
  HttpTls() { EXPECT_TRUE(WriteFileAtomically(ca_file_, server_.certificate()).has_value()); }
  ~HttpTls() override { std::filesystem::remove(ca_file_); }

  static Result<Exchange> Get(const std::string& url, const std::string& ca_file) {
    HttpRequest request;
    request.url = url;
    request.timeout = std::chrono::seconds(5);
    HttpPolicy policy;
    policy.ca_file = ca_file;
    return MakeCurlHttp(policy)->Send(request);
  }

  TlsServer server_{"127.0.0.1"};
  std::string ca_file_ = ::testing::TempDir() + "http_tls_test_" + std::to_string(getpid()) + ".pem";
};

TEST_F(HttpTls, TrustsWhatTheCaFileVouchesFor) {
  const auto got = Get(server_.Url("127.0.0.1", "/"), ca_file_);
  ASSERT_TRUE(got.has_value()) << RenderError(got.error());
  EXPECT_EQ(got->response.body, R"({"secure": true})");
}

TEST_F(HttpTls, TrustsNobodyElse) {
  const auto got = Get(server_.Url("127.0.0.1", "/?token=secret"), "");
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::kTarget);
  EXPECT_THAT(RenderError(got.error()), ::testing::HasSubstr("certificate"));
}

TEST_F(HttpTls, TakesNoCertificateOfAnotherHost) {
  const auto got = Get(server_.Url("localhost", "/"), ca_file_);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::kTarget);
}

TEST_F(HttpTls, SaysWhenTheCaFileIsMissing) {
  const auto got = Get(server_.Url("127.0.0.1", "/"), "/nonexistent/ca.pem");
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(RenderError(got.error()), ::testing::HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(HttpTls, EachExchangeIsWholeOnOneClient) {
  HttpPolicy policy;
  policy.ca_file = ca_file_;
  const auto http = MakeCurlHttp(policy);
  for (int i = 0; i < 20; ++i) {
    HttpRequest request;
    request.url = server_.Url("127.0.0.1", "/" + std::to_string(i));
    ASSERT_TRUE(http->Send(request).has_value());
  }
}

}  // namespace
}  // namespace readiness
