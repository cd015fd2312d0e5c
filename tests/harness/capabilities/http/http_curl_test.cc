#include "capabilities/http/http_curl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/hostile_server.h"

namespace readiness {
namespace {

using test_support::HostileServer;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

class CurlHttp : public ::testing::Test {
 protected:
  HttpRequest To(std::string_view path) const {
    HttpRequest request;
    request.url = server_.Url(path);
    request.timeout = std::chrono::milliseconds(2'000);
    return request;
  }
  Result<Exchange> Send(const HttpRequest& request) { return http_->Send(request); }
  ErrorKind KindOf(const HttpRequest& request) {
    const auto got = http_->Send(request);
    EXPECT_FALSE(got.has_value()) << request.url;
    return got ? ErrorKind::kInternal : got.error().kind;
  }

  HostileServer server_;
  std::unique_ptr<Http> http_ = MakeCurlHttp({});
};

TEST_F(CurlHttp, ReturnsTheAnswerAsItCame) {
  const auto got = Send(To("/well"));
  ASSERT_TRUE(got.has_value()) << RenderError(got.error());
  EXPECT_EQ(got->response.status, 200);
  EXPECT_EQ(got->response.body, R"({"well": true})");
  const HeaderList expected = {
      {"Content-Type", "application/json"}, {"X-Twice", "a"}, {"x-twice", "b"}, {"Content-Length", "14"}};
  EXPECT_EQ(got->response.headers, expected);
  EXPECT_GT(got->duration.count(), 0);
  EXPECT_LT(got->duration, std::chrono::seconds(2));
}

TEST_F(CurlHttp, JoinsFoldedHeadersAndDropsInterimAnswersAndTrailers) {
  const auto folded = Send(To("/folded-header"));
  ASSERT_TRUE(folded.has_value());
  EXPECT_EQ(folded->response.Header("X-Folded"), "one two");
  const auto hinted = Send(To("/early-hints"));
  ASSERT_TRUE(hinted.has_value());
  EXPECT_EQ(hinted->response.status, 200);
  EXPECT_EQ(hinted->response.Header("Link"), std::nullopt);
  const auto chunked = Send(To("/chunked"));
  ASSERT_TRUE(chunked.has_value());
  EXPECT_EQ(chunked->response.Header("X-Trailer"), std::nullopt);
}

TEST_F(CurlHttp, KeepsWhatWasReallySent) {
  HttpRequest request = To("/well");
  request.method = "POST";
  request.headers = {{"X-One", "1"}, {"X-Empty", ""}, {"x-one", "2"}};
  request.body = std::string("a\0b", 3);
  const auto got = Send(request);
  ASSERT_TRUE(got.has_value());
  std::string head = "POST /well HTTP/1.1\r\n";
  for (const auto& [name, value] : got->request.headers) head += name + (value.empty() ? ":" : ": ") + value + "\r\n";
  EXPECT_EQ(server_.LastRequest("/well"), head + "\r\n" + request.body);
  EXPECT_THAT(got->request.headers, Contains(Pair("Content-Length", "3")));
  EXPECT_THAT(got->request.headers, Contains(Pair("User-Agent", "readiness")));
  EXPECT_THAT(got->request.headers, Contains(Pair("X-Empty", "")));
  EXPECT_THAT(got->request.headers, Not(Contains(Pair("Content-Type", ::testing::_))));
  EXPECT_THAT(got->request.headers, Not(Contains(Pair("Expect", ::testing::_))));
}

TEST_F(CurlHttp, SendsAnyMethod) {
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "x-odd"}) {
    for (const std::string body : {"", "body"}) {
      HttpRequest request = To("/well");
      request.method = method;
      request.body = body;
      ASSERT_TRUE(Send(request).has_value()) << method;
      EXPECT_THAT(server_.LastRequest("/well"), StartsWith(method + " /well HTTP/1.1\r\n"));
      EXPECT_THAT(server_.LastRequest("/well"), EndsWith("\r\n\r\n" + body));
    }
  }
}

TEST_F(CurlHttp, HeadHasNoBody) {
  HttpRequest request = To("/absent");
  request.method = "HEAD";
  const auto got = Send(request);
  ASSERT_TRUE(got.has_value()) << RenderError(got.error());
  EXPECT_EQ(got->response.status, 404);
  EXPECT_EQ(got->response.body, "");
}

TEST_F(CurlHttp, SendsThePathAsWritten) {
  ASSERT_TRUE(Send(To("/a/../b/./%2e%2e/?q=%00&r=%2F#fragment")).has_value());
  EXPECT_EQ(server_.Requests("/a/../b/./%2e%2e/"), 1);
  EXPECT_THAT(server_.LastRequest("/a/../b/./%2e%2e/"), StartsWith("GET /a/../b/./%2e%2e/?q=%00&r=%2F HTTP/1.1\r\n"));
}

TEST_F(CurlHttp, SendsALargeBodyWithoutAsking) {
  HttpRequest request = To("/well");
  request.method = "PUT";
  request.body = std::string(3 * 1024 * 1024, 'b');
  ASSERT_TRUE(Send(request).has_value());
  EXPECT_THAT(server_.LastRequest("/well"), Not(HasSubstr("Expect")));
  EXPECT_THAT(server_.LastRequest("/well"), EndsWith(request.body.substr(0, 1000)));
}

TEST_F(CurlHttp, SendsFromTheSourceAddress) {
  HttpRequest request = To("/well");
  request.source_address = "127.77.0.3";
  ASSERT_TRUE(Send(request).has_value());
  EXPECT_EQ(server_.LastPeer("/well"), "127.77.0.3");
  request.source_address = std::nullopt;
  ASSERT_TRUE(Send(request).has_value());
  EXPECT_EQ(server_.LastPeer("/well"), "127.0.0.1");
}

TEST_F(CurlHttp, RefusesHostsOutsideTheListBeforeAnything) {
  for (const char* url :
       {"http://192.0.2.1/", "http://example.com/", "http://127.0.0.1.example.com/", "https://10.0.0.1/",
        "http://[::2]/", "http://0.0.0.0/", "http://169.254.169.254/latest/meta-data", "http://[::ffff:10.0.0.1]/",
        "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/"}) {
    HttpRequest request;
    request.url = url;
    request.timeout = std::chrono::milliseconds(200);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(ToString(KindOf(request)), "refused") << url;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100)) << url;
  }
}

TEST_F(CurlHttp, NumbersThatMeanLoopbackAreLoopback) {
  for (const std::string host : {"2130706433", "0x7f000001", "127.1", "LOCALHOST", "127.0.0.1"}) {
    HttpRequest request = To("/well");
    request.url = "http://" + host + ":" + std::to_string(server_.port()) + "/well";
    EXPECT_TRUE(Send(request).has_value()) << host;
  }
}

TEST_F(CurlHttp, ContactsAListedHost) {
  // 0.0.0.0 leads to this machine but is no loopback address, so only the list lets it through.
  HttpRequest request = To("/well");
  request.url = "http://0.0.0.0:" + std::to_string(server_.port()) + "/well";
  EXPECT_EQ(KindOf(request), ErrorKind::kRefused);
  HttpPolicy policy;
  policy.allowed_hosts = {"0.0.0.0"};
  EXPECT_TRUE(MakeCurlHttp(policy)->Send(request).has_value());
  request.source_address = "127.0.0.2";
  EXPECT_FALSE(MakeCurlHttp(policy)->Send(request).has_value());
}

TEST_F(CurlHttp, IgnoresTheEnvironmentsProxy) {
  const std::string proxy = server_.Url("");
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"})
    setenv(name, proxy.c_str(), 1);
  const HostileServer other;
  HttpRequest request;
  request.url = other.Url("/well");
  EXPECT_TRUE(Send(request).has_value());
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  EXPECT_EQ(server_.Connections(), 0);
  EXPECT_EQ(other.Requests("/well"), 1);
}

TEST_F(CurlHttp, DoesNotSendWhatCouldNotBeRead) {
  const auto with = [this](auto change) {
    HttpRequest request = To("/well");
    change(request);
    return ToString(KindOf(request));
  };
  EXPECT_EQ(with([](HttpRequest& r) { r.method = ""; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.method = "GET / HTTP/1.1\r\nX: y\r\n"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.headers = {{"X-A", "1\r\nX-B: 2"}}; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.headers = {{"X-A", std::string("1\0", 2)}}; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.headers = {{"X A", "1"}}; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.headers = {{"", "1"}}; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.headers = {{"content-length", "1"}}; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.headers = {{"Transfer-Encoding", "chunked"}}; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.method = "HEAD", r.body = "x"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.url = ""; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.url = "/relative"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.url = "http://"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.url = "http://127.0.0.1/a b"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.url = "http://127.0.0.1/\r\nX: y"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.url += std::string("\0", 1); }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.url = "http://user:pass@127.0.0.1/"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.url = "http://127.0.0.1:99999/"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.source_address = "192.0.2.1"; }), "malformed");
  EXPECT_EQ(with([](HttpRequest& r) { r.source_address = "lo"; }), "malformed");
  EXPECT_EQ(server_.Connections(), 0);
}

TEST_F(CurlHttp, NobodyThereIsTheTargetsTrouble) {
  std::string url;
  {
    const HostileServer gone;
    url = gone.Url("/well?token=secret");
  }
  HttpRequest request;
  request.url = url;
  const auto got = Send(request);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().kind, ErrorKind::kTarget);
  EXPECT_THAT(RenderError(got.error()), Not(HasSubstr("secret")));
}

TEST_F(CurlHttp, PlainHttpIsNotTls) {
  HttpRequest request = To("/well");
  request.url = "https://127.0.0.1:" + std::to_string(server_.port()) + "/well";
  request.timeout = std::chrono::milliseconds(300);
  const auto kind = KindOf(request);
  EXPECT_TRUE(kind == ErrorKind::kTarget || kind == ErrorKind::kTimeout) << ToString(kind);
}

TEST_F(CurlHttp, ATimeoutOfZeroIsNotForEver) {
  HttpRequest request = To("/never-answers");
  request.timeout = std::chrono::milliseconds(0);
  EXPECT_EQ(ToString(KindOf(request)), "timeout");
}

TEST_F(CurlHttp, ABodyOfExactlyTheLimitIsWhole) {
  HttpRequest request = To("/well");
  request.max_body_bytes = 14;
  EXPECT_TRUE(Send(request).has_value());
  request.max_body_bytes = 13;
  EXPECT_EQ(KindOf(request), ErrorKind::kLimit);
}

}  // namespace
}  // namespace readiness
