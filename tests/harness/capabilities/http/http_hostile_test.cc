// Every way in which the hostile server misbehaves, and what must become of it: a whole answer or a clear error, soon,
// and in little memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>

#include "capabilities/http/http_curl.h"
#include "support/hostile_server.h"

namespace readiness {
namespace {

using std::chrono::milliseconds;
using test_support::HostileServer;

struct Accepted {
  int status;
  std::string body;
};

struct Case {
  std::string path;
  std::optional<Accepted> accepted;  // else the error's kind
  ErrorKind kind = ErrorKind::kInternal;
  std::string says = {};  // part of what the error says
};

Case Answers(std::string path, std::string body, int status = 200) {
  return Case{std::move(path), Accepted{status, std::move(body)}};
}
Case Fails(std::string path, ErrorKind kind, std::string says = {}) {
  return Case{std::move(path), std::nullopt, kind, std::move(says)};
}

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<Case> Bodies() {
  return {
      Answers("/well", R"({"well": true})"),
      Fails("/endless-body", ErrorKind::kLimit, "too large"),
      Fails("/large-body", ErrorKind::kLimit, "too large"),
      Fails("/slow-by-byte", ErrorKind::kTimeout, "status 200 and"),
      Answers("/gzip", R"({"whole": true})"),
      Answers("/gzip-two-members", R"({"whole": true})"),
      Answers("/deflate", R"({"whole": true})"),
      Answers("/deflate-raw", R"({"whole": true})"),
      Answers("/brotli", R"({"whole": true})"),
      Answers("/gzip-empty", ""),
      Fails("/gzip-bomb", ErrorKind::kLimit, "after decompression"),
      Fails("/deflate-bomb", ErrorKind::kLimit, "after decompression"),
      Fails("/brotli-bomb", ErrorKind::kLimit, "after decompression"),
      Fails("/gzip-cut-off", ErrorKind::kTarget, "cut off"),
      Fails("/gzip-without-check", ErrorKind::kTarget, "cut off"),
      Fails("/gzip-wrong-check", ErrorKind::kTarget, "damaged"),
      Fails("/gzip-garbage-after", ErrorKind::kTarget),
      Fails("/gzip-not-gzip", ErrorKind::kTarget, "damaged"),
      Fails("/deflate-cut-off", ErrorKind::kTarget, "cut off"),
      Fails("/deflate-one-byte", ErrorKind::kTarget, "cut off"),
      Fails("/brotli-cut-off", ErrorKind::kTarget, "cut off"),
      Fails("/brotli-not-brotli", ErrorKind::kTarget, "damaged"),
      Fails("/gzip-twice", ErrorKind::kTarget, "Content-Encoding"),
      Fails("/gzip-many-layers", ErrorKind::kTarget, "Content-Encoding"),
      Fails("/unknown-coding", ErrorKind::kTarget, "zstd"),
      Answers("/invalid-utf8", "{\"a\": \"\xC3\x28 \xED\xA0\x80 \xFF\"}"),
      Answers("/overlong-utf8", "{\"a\": \"\xC0\xAF\"}"),
      Answers("/nan-json", R"({"a": NaN})"),
      Answers("/infinity-json", R"({"a": -Infinity})"),
      Answers("/huge-number-json", R"({"a": 1e999})"),
      Answers("/deep-json", Repeated("[", 100'000) + Repeated("]", 100'000)),
      Answers("/duplicate-keys", R"({"role": "user", "role": "admin"})"),
      Answers("/json-with-tail", R"({"a": 1} {"a": 2})"),
      Answers("/json-comment", R"({"a": 1 /* two */})"),
      Answers("/json-byte-order-mark", "\xEF\xBB\xBF{\"a\": 1}"),
      Answers("/json-cut-off", R"({"items": [1, 2, 3)"),
      Answers("/json-nul", std::string("{\"a\": 1}\0", 9)),
      Answers("/wrong-content-type", R"({"a": 1})"),
      Answers("/html-as-json", "<!doctype html><title>502</title>"),
      Answers("/empty-200", ""),
      Answers("/terminal-escapes", "\x1B[2J\x1B[31mPASS\x1B[0m\x08\x08"),
      Answers("/bidi", "user \xE2\x80\xAE\xE2\x81\xA6nimda\xE2\x81\xA9"),
      Answers("/markup", "<script>alert(1)</script>]]>--><!--&amp;"),
      Answers("/binary", std::string("\0\x01\x02\xFE\xFF\r\n\0", 8)),
      Answers("/redirect-loop", "", 302),
      Answers("/redirect-offsite", "", 307),
      Answers("/redirect-file", "", 301),
      Answers("/sets-cookies", "{}"),
      Answers("/asks-for-credentials", "", 401),
  };
}

std::vector<Case> Framing() {
  constexpr auto kTarget = ErrorKind::kTarget;
  return {
      Fails("/never-answers", ErrorKind::kTimeout, "within 300 ms"),
      Fails("/accept-and-close", kTarget),
      Fails("/rst", kTarget),
      Fails("/rst-in-body", kTarget),
      Fails("/half-headers", kTarget),
      Fails("/half-headers-then-silence", ErrorKind::kTimeout),
      Fails("/slow-headers", ErrorKind::kTimeout),
      Answers("/silence-after-body", "{}"),
      Fails("/status-000", kTarget),
      Fails("/status-099", kTarget),
      Fails("/status-999", kTarget, "999"),
      Fails("/status-1000", kTarget, "1000"),
      Fails("/status-20", kTarget),
      Fails("/status-negative", kTarget),
      Fails("/status-word", kTarget),
      Fails("/status-garbage", kTarget),
      Answers("/status-without-reason", "{}"),
      Fails("/version-9", kTarget),
      Fails("/not-http", kTarget),
      Fails("/http09", kTarget),
      Fails("/switching-protocols", kTarget, "switched protocols"),
      Answers("/early-hints", "{}"),
      Fails("/1xx-flood", ErrorKind::kLimit, "too many headers"),
      Fails("/1xx-then-close", kTarget),
      Answers("/expectation-failed", "", 417),
      Fails("/header-flood", ErrorKind::kLimit, "too many headers"),
      Fails("/huge-header", ErrorKind::kLimit),
      Fails("/large-headers", ErrorKind::kLimit),
      Fails("/nul-in-header", kTarget),
      Fails("/header-without-colon", kTarget),
      Fails("/header-without-name", kTarget),
      Fails("/space-before-colon", kTarget),
      Answers("/folded-header", "{}"),
      Fails("/crlf-injection", kTarget, "bare CR"),
      Answers("/line-feeds-only", "{}"),
      Fails("/content-length-short", kTarget, "more bytes"),
      Fails("/content-length-long", kTarget),
      Fails("/two-content-lengths", kTarget),
      Fails("/equal-content-lengths", kTarget),
      Fails("/negative-length", kTarget),
      Fails("/signed-length", kTarget),
      Fails("/hex-length", kTarget),
      Fails("/empty-length", kTarget),
      Fails("/list-length", kTarget),
      Fails("/overflowing-length", kTarget),
      Fails("/trailing-garbage", kTarget, "more bytes"),
      Fails("/body-after-204", kTarget, "more bytes"),
      Answers("/until-close", "{}"),
      Answers("/chunked", "{}"),
      Fails("/bad-chunk", kTarget),
      Fails("/chunk-without-end", kTarget),
      Fails("/chunk-cut-off", kTarget),
      Fails("/chunk-size-overflow", kTarget),
      Fails("/chunk-size-negative", kTarget),
      Fails("/chunk-too-long", kTarget),
      Fails("/endless-chunks", ErrorKind::kLimit),
      Fails("/trailer-flood", ErrorKind::kLimit, "too many headers"),
      Fails("/chunked-and-length", kTarget),
      Fails("/chunked-twice", kTarget),
      Fails("/gzip-as-transfer", kTarget),
  };
}

std::vector<Case> AllCases() {
  std::vector<Case> cases = Bodies();
  for (Case& framing : Framing()) cases.push_back(std::move(framing));
  return cases;
}

/// Short only where the time-out is what is tested, so that a busy machine changes nothing.
milliseconds TimeoutOf(const Case& one) {
  const bool waits = !one.accepted && one.kind == ErrorKind::kTimeout;
  return milliseconds(waits ? 300 : 5'000);
}

HttpRequest Ask(const HostileServer& server, const std::string& path, milliseconds timeout = milliseconds(5'000)) {
  HttpRequest request;
  request.url = server.Url(path);
  request.timeout = timeout;
  request.max_body_bytes = 1024 * 1024;
  return request;
}

void Expect(const Case& expected, const Result<Exchange>& got) {
  if (expected.accepted) {
    ASSERT_TRUE(got.has_value()) << RenderError(got.error());
    EXPECT_EQ(got->response.status, expected.accepted->status);
    EXPECT_TRUE(got->response.body == expected.accepted->body) << got->response.body.substr(0, 200);
    return;
  }
  ASSERT_FALSE(got.has_value()) << "status " << got->response.status << ", body " << got->response.body.substr(0, 200);
  EXPECT_EQ(ToString(got.error().kind), ToString(expected.kind)) << RenderError(got.error());
  const std::string rendered = RenderError(got.error());
  EXPECT_THAT(rendered, ::testing::HasSubstr("GET http://127.0.0.1:"));
  EXPECT_THAT(rendered, ::testing::HasSubstr(expected.says));
  EXPECT_TRUE(
      std::none_of(rendered.begin(), rendered.end(), [](char c) { return c == '\0' || c == '\x1B' || c == '\r'; }));
  EXPECT_LT(rendered.size(), 2000u);
}

std::string NameOf(const ::testing::TestParamInfo<Case>& parameter) {
  std::string name = parameter.param.path.substr(1);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class HostileAnswer : public ::testing::TestWithParam<Case> {};

TEST_P(HostileAnswer, IsWholeOrAClearErrorSoon) {
  const HostileServer server;
  const auto http = MakeCurlHttp({});
  const auto begin = std::chrono::steady_clock::now();
  const auto got = http->Send(Ask(server, GetParam().path, TimeoutOf(GetParam())));
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  Expect(GetParam(), got);
  EXPECT_LT(took, TimeoutOf(GetParam()) + milliseconds(1'000));
  EXPECT_EQ(server.Requests(GetParam().path), 1) << "a request is sent once";
  EXPECT_EQ(server.Connections(), 1);
}

INSTANTIATE_TEST_SUITE_P(Table, HostileAnswer, ::testing::ValuesIn(AllCases()), NameOf);

long PeakKibibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(HostileAnswers, AreAllInTheTable) {
  std::vector<std::string> paths;
  for (const Case& one : AllCases()) paths.push_back(one.path);
  EXPECT_THAT(paths, ::testing::UnorderedElementsAreArray(HostileServer::Paths()));
  EXPECT_GE(paths.size(), 30u);
}

// One Http lives through everything: what one answer did must not show in the next, nor pile up.
TEST(HostileAnswers, LeaveTheClientSoundAndSmall) {
  const HostileServer server;
  const auto http = MakeCurlHttp({});
  ASSERT_TRUE(http->Send(Ask(server, "/well")).has_value());
  const long before = PeakKibibytes();
  for (const Case& one : AllCases()) {
    SCOPED_TRACE(one.path);
    Expect(one, http->Send(Ask(server, one.path, TimeoutOf(one))));
    Expect(Answers("/well", R"({"well": true})"), http->Send(Ask(server, "/well")));
  }
  EXPECT_LT(PeakKibibytes() - before, 64 * 1024);
}

TEST(HostileAnswers, AreNotFollowedAnywhere) {
  const HostileServer server;
  const auto http = MakeCurlHttp({});
  const auto looped = http->Send(Ask(server, "/redirect-loop"));
  ASSERT_TRUE(looped.has_value());
  EXPECT_EQ(looped->response.Header("location"), "/redirect-loop");
  EXPECT_EQ(server.Requests("/redirect-loop"), 1);
  ASSERT_TRUE(http->Send(Ask(server, "/sets-cookies")).has_value());
  ASSERT_TRUE(http->Send(Ask(server, "/well")).has_value());
  EXPECT_THAT(server.LastRequest("/well"), ::testing::Not(::testing::HasSubstr("Cookie")));
}

TEST(HostileAnswers, AreNotJsonUnlessTheyAre) {
  const HostileServer server;
  const auto http = MakeCurlHttp({});
  const std::map<std::string, bool> is_json = {{"/well", true},
                                               {"/wrong-content-type", true},
                                               {"/invalid-utf8", false},
                                               {"/overlong-utf8", false},
                                               {"/nan-json", false},
                                               {"/infinity-json", false},
                                               {"/huge-number-json", false},
                                               {"/deep-json", false},
                                               {"/duplicate-keys", false},
                                               {"/json-with-tail", false},
                                               {"/json-comment", false},
                                               {"/json-cut-off", false},
                                               {"/json-nul", false},
                                               {"/html-as-json", false},
                                               {"/empty-200", false},
                                               {"/terminal-escapes", false}};
  for (const auto& [path, expected] : is_json) {
    SCOPED_TRACE(path);
    const auto got = http->Send(Ask(server, path));
    ASSERT_TRUE(got.has_value());
    const auto json = got->response.ParseJson();
    EXPECT_EQ(json.has_value(), expected);
    if (!json) {
      EXPECT_EQ(ToString(json.error().kind), path == "/deep-json" ? "limit" : "malformed") << RenderError(json.error());
      EXPECT_TRUE(json.error().place.has_value());
    }
  }
}

}  // namespace
}  // namespace readiness
