// What stand-ins share, without a process: tokens, passwords, sealing, limits, routes, defects, text.

#include <gmock/gmock.h>
#include <strings.h>

#include <algorithm>

#include "standin/defects.h"
#include "standin/http.h"
#include "standin/passwords.h"
#include "standin/rate_limiter.h"
#include "standin/routes.h"
#include "standin/secrets.h"
#include "standin/tokens.h"

namespace readiness::standin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::minutes kMinute{1};

TEST(StandinTokens, OnlyWhatTheRulesAllow) {
  const TokenIssuer issuer("0123456789abcdef0123456789abcdef");
  const std::string good = issuer.Issue("7", kMinute).value();
  EXPECT_EQ(issuer.Subject(good), "7");
  const std::string expired = issuer.Issue("7", std::chrono::seconds(-1)).value();
  const std::string foreign = TokenIssuer("ffffffffffffffffffffffffffffffff").Issue("7", kMinute).value();
  const std::string payload = good.substr(good.find('.'), good.rfind('.') - good.find('.') + 1);
  const std::string unsigned_token = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0" + payload;
  const std::string truncated = good.substr(0, good.size() - 5);
  for (const std::string& bad : {expired, foreign, unsigned_token, truncated, good + "x", std::string("a.b.c"),
                                 std::string(), std::string("..")})
    EXPECT_EQ(issuer.Subject(bad), std::nullopt) << bad;
  EXPECT_EQ(issuer.Subject(expired, {.verify_expiry = false}), "7");
  EXPECT_EQ(issuer.Subject(foreign, {.verify_signature = false}), "7");
  EXPECT_EQ(issuer.Subject(unsigned_token, {.accept_unsigned = true}), "7");
  EXPECT_EQ(issuer.Subject(truncated, {.verify_whole_signature = false}), "7");
  EXPECT_EQ(issuer.Subject(foreign, {.verify_whole_signature = false}), std::nullopt);
}

TEST(StandinPasswords, MatchOnlyTheirOwn) {
  ASSERT_TRUE(PrepareCryptography());
  const std::string hash = HashPassword("password123").value();
  EXPECT_THAT(hash, HasSubstr("$argon2id$"));
  EXPECT_TRUE(PasswordMatches(hash, "password123"));
  EXPECT_FALSE(PasswordMatches(hash, "password124"));
  EXPECT_FALSE(PasswordMatches("", "password123"));
}

TEST(StandinSecrets, SealAndOpen) {
  ASSERT_TRUE(PrepareCryptography());
  const SecretBox box("service key");
  const std::string sealed = box.Seal("at-aaa");
  EXPECT_NE(sealed, box.Seal("at-aaa"));
  EXPECT_EQ(box.Open(sealed), "at-aaa");
  EXPECT_EQ(SecretBox("another key").Open(sealed), std::nullopt);
  for (const std::string& bad : {std::string(), std::string("!"), sealed.substr(1), sealed + "A"})
    EXPECT_EQ(box.Open(bad), std::nullopt);
  EXPECT_EQ(RandomWord(32).size(), 43u);
}

TEST(StandinRateLimiter, WindowBeginsWithTheFirstAndIsNotProlonged) {
  RateLimiter limiter(2, std::chrono::seconds(60));
  const RateLimiter::Clock::time_point begin{};
  const auto at = [&](int seconds) { return begin + std::chrono::seconds(seconds); };
  EXPECT_TRUE(limiter.Admit("a", at(0)));
  EXPECT_TRUE(limiter.Admit("a", at(30)));
  EXPECT_FALSE(limiter.Admit("a", at(31)));
  EXPECT_TRUE(limiter.Admit("b", at(31)));
  EXPECT_FALSE(limiter.Admit("a", at(59)));
  EXPECT_TRUE(limiter.Admit("a", at(60)));
}

TEST(StandinRoutes, FindsDestinations) {
  const std::vector<Route> routes = {{"GET", "/a", nullptr, {}},
                                     {"POST", "/a", nullptr, {}},
                                     {"GET", "/b/", nullptr, {}},
                                     {"GET", "/c/{id}", nullptr, {}}};
  const auto found = FindRoute(routes, "GET", "/c/7");
  ASSERT_TRUE(std::holds_alternative<Found>(found));
  EXPECT_EQ(std::get<Found>(found).path_parameters.at("id"), "7");
  EXPECT_THAT(std::get<WrongMethod>(FindRoute(routes, "PUT", "/a")).allowed, ElementsAre("GET", "POST"));
  EXPECT_EQ(std::get<OtherSlash>(FindRoute(routes, "POST", "/b")).path, "/b/");
  EXPECT_EQ(std::get<OtherSlash>(FindRoute(routes, "GET", "/a//")).path, "/a");
  for (const char* path : {"/", "", "/c/", "/c/1/2", "/A", "//"})
    EXPECT_TRUE(std::holds_alternative<NoRoute>(FindRoute(routes, "GET", path))) << path;
}

TEST(StandinRoutes, DocumentHasEachRouteAndNoOther) {
  const std::vector<Route> routes = {{"GET", "/a", nullptr, {.id = "list"}},
                                     {"POST", "/a", nullptr, {.id = "create", .security = "token"}},
                                     {"DELETE", "/a/{id}", nullptr, {.id = "delete"}}};
  const Json document = DescribeApi({Json::object(), Json::object(), Json::object()}, routes);
  std::size_t described = 0;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      ++described;
      const auto same = [&, path = path, method = method,
                         id = operation["operationId"].get<std::string>()](const Route& route) {
        return route.pattern == path && strcasecmp(route.method.c_str(), method.c_str()) == 0 && route.doc.id == id;
      };
      EXPECT_EQ(std::count_if(routes.begin(), routes.end(), same), 1) << method << " " << path;
    }
  }
  EXPECT_EQ(described, routes.size());
  EXPECT_TRUE(document["paths"]["/a"]["post"].contains("security"));
  EXPECT_FALSE(document["paths"]["/a"]["get"].contains("security"));
}

TEST(StandinText, FormsAndEncodings) {
  const auto form = ParseForm("a=1&b=x%20y+z&a=2&c&=d&e=%zz");
  EXPECT_EQ(form.at("a"), "1");
  EXPECT_EQ(form.at("b"), "x y z");
  EXPECT_EQ(form.at("c"), "");
  EXPECT_EQ(form.at("e"), "%zz");
  for (const char* good : {"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) EXPECT_TRUE(IsText(good)) << good;
  for (const std::string& bad : {std::string(1, '\0'), std::string("\xff"), std::string("\xc3"),
                                 std::string("\xc0\x80"), std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80")})
    EXPECT_FALSE(IsText(bad));
}

TEST(StandinDefects, AreReadAgainstTheCatalogue) {
  constexpr const char* kCatalogue =
      R"({"defects":[{"id":"s.A"},{"id":"s.A:sly"},{"id":"s.B"}],"sets":{"as-audited":["s.A","s.B"]}})";
  const auto load = [&](const char* switches) { return Defects::Load("s", kCatalogue, switches); };
  EXPECT_THAT(load("")->active(), IsEmpty());
  EXPECT_THAT(load("t.A, ,u.as-audited")->active(), IsEmpty());
  EXPECT_THAT(load(" s.A:sly ,s.B,s.B")->active(), ElementsAre("s.A:sly", "s.B"));
  EXPECT_THAT(load("s.as-audited")->active(), ElementsAre("s.A", "s.B"));
  EXPECT_TRUE(load("s.A")->Active("s.A"));
  EXPECT_FALSE(load("s.A")->Active("s.A:sly"));
  for (const char* wrong : {"s.C", "s.", "A", "s.A:sl", "t.X,s.A:slyly"})
    EXPECT_EQ(load(wrong).error().kind, ErrorKind::kUsage) << wrong;
  EXPECT_THAT(load("s.A:slyy").error().fix, HasSubstr("s.A:sly"));
  EXPECT_EQ(Defects::Load("s", "{", "").error().kind, ErrorKind::kInternal);
  EXPECT_DEATH(static_cast<void>(load("s.A")->Active("s.nowhere")), "s.nowhere");
}

}  // namespace
}  // namespace readiness::standin
