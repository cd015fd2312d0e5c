#include "doubles/provider_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace readiness::doubles::provider {
namespace {

using Json = nlohmann::json;

constexpr const char* kClient = "&client_id=id&client_secret=secret";
constexpr const char* kRecovery = "/developer/v1/recovery";

class ProviderApiTest : public testing::Test {
 protected:
  const Account& Open(Behaviour behaviour = Behaviour::kGood) {
    AccountOptions options;
    options.records = 3;
    options.behaviour = behaviour;
    options.delay = std::chrono::milliseconds(behaviour == Behaviour::kSlow ? 1500 : 0);
    options.token_lifetime = std::chrono::seconds(60);
    return **accounts_.Open(options);
  }

  HttpAnswer Send(const std::string& method, const std::string& target, const std::string& authorization = {},
                  const std::string& body = {}) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.host = "127.0.0.1:1";
    request.authorization = authorization;
    request.content_type = method == "POST" ? "application/x-www-form-urlencoded; charset=utf-8" : "";
    request.body = body;
    return api_.Handle(request);
  }

  HttpAnswer Token(const std::string& body, const std::string& authorization = {}) {
    return Send("POST", "/oauth/oauth2/token", authorization, body);
  }

  std::string AccessTokenOf(const Account& account) {
    const auto answer = Token("grant_type=authorization_code&code=" + account.authorization_code + kClient);
    return Json::parse(answer.body).at("access_token");
  }

  const Call& Last() const { return log_.calls().back(); }

  std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
  Accounts accounts_{[this] { return now_; }};
  CallLog log_{50};
  ProviderApi api_{{{"api.example.com"}, "id", "secret", {}}, accounts_, log_};
};

TEST_F(ProviderApiTest, ExchangesACodeOnce) {
  const auto& account = Open();
  const auto body =
      "grant_type=authorization_code&redirect_uri=http%3A%2F%2Fx&code=" + account.authorization_code + kClient;
  const auto answer = Token(body);
  EXPECT_EQ(answer.status, 200);
  const auto tokens = Json::parse(answer.body);
  EXPECT_EQ(tokens.at("token_type"), "bearer");
  EXPECT_EQ(tokens.at("expires_in"), 60);
  EXPECT_TRUE(tokens.at("scope").is_string());
  EXPECT_EQ(Last().account, account.id);
  EXPECT_EQ(Last().kind, CallKind::kToken);

  const auto again = Token(body);
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(again.body, R"({"error":"invalid_grant"})");
  EXPECT_EQ(Last().account, account.id) << "a spent code still tells whose it was";
}

TEST_F(ProviderApiTest, RefusesTokenRequests) {
  const auto& account = Open();
  const auto code = "code=" + account.authorization_code;
  struct Case {
    std::string body;
    std::string authorization;
    int status;
    const char* error;
    bool attributed;
  };
  const std::vector<Case> cases = {
      {"grant_type=authorization_code&" + code + "&client_id=id&client_secret=wrong", "", 401, "invalid_client", true},
      {"grant_type=authorization_code&" + code + "&client_id=other&client_secret=secret", "", 401, "invalid_client",
       true},
      {"grant_type=authorization_code&" + code, "", 401, "invalid_client", true},
      {"grant_type=authorization_code&" + code, "Basic aWQ6d3Jvbmc=", 401, "invalid_client", true},
      {"grant_type=authorization_code&" + code, "Basic ???", 400, "invalid_request", true},
      {"grant_type=authorization_code&" + code + kClient, "Basic aWQ6c2VjcmV0", 400, "invalid_request", true},
      {"grant_type=authorization_code&code=unknown" + std::string(kClient), "", 400, "invalid_grant", false},
      {"grant_type=authorization_code" + std::string(kClient), "", 400, "invalid_grant", false},
      {"grant_type=refresh_token&refresh_token=" + account.authorization_code + kClient, "", 400, "invalid_grant",
       true},
      {"grant_type=password&" + code + kClient, "", 400, "unsupported_grant_type", true},
      {code + kClient, "", 400, "invalid_request", true},
      {"grant_type=a&grant_type=b", "", 400, "invalid_request", false},
      {"%", "", 400, "invalid_request", false},
      {"", "", 401, "invalid_client", false},
  };
  for (const auto& [body, authorization, status, error, attributed] : cases) {
    const auto answer = Token(body, authorization);
    EXPECT_EQ(answer.status, status) << body;
    EXPECT_EQ(answer.body, std::string("{\"error\":\"") + error + "\"}") << body;
    EXPECT_EQ(Last().status, status) << body;
    EXPECT_EQ(Last().account, attributed ? account.id : "") << body;
  }
  EXPECT_EQ(Token("grant_type=authorization_code&" + code, "Basic aWQ6c2VjcmV0").status, 200)
      << "the code was not spent";
}

TEST_F(ProviderApiTest, RefusesTokenRequestsThatAreNoForm) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/oauth/oauth2/token";
  request.content_type = "application/json";
  request.body = "{}";
  EXPECT_EQ(api_.Handle(request).status, 400);
}

TEST_F(ProviderApiTest, RotatesRefreshTokens) {
  const auto& account = Open();
  const auto first =
      Json::parse(Token("grant_type=authorization_code&code=" + account.authorization_code + kClient).body);
  const auto body = "grant_type=refresh_token&refresh_token=" + first.at("refresh_token").get<std::string>() + kClient;
  const auto answer = Token(body);
  ASSERT_EQ(answer.status, 200);
  const auto second = Json::parse(answer.body);
  EXPECT_NE(second.at("refresh_token"), first.at("refresh_token"));
  EXPECT_EQ(Token(body).status, 400);
  EXPECT_EQ(Last().account, account.id);
  EXPECT_EQ(Send("GET", kRecovery, "Bearer " + second.at("access_token").get<std::string>()).status, 200);
}

TEST_F(ProviderApiTest, ServesDataForALiveTokenOnly) {
  const auto& account = Open();
  const auto token = AccessTokenOf(account);
  const auto answer = Send("GET", "/developer/v1/recovery?limit=50", "Bearer " + token);
  EXPECT_EQ(answer.status, 200);
  const auto records = Json::parse(answer.body).at("records");
  EXPECT_EQ(records.size(), 3u);
  for (const auto& canary : account.canaries) EXPECT_THAT(answer.body, testing::HasSubstr(":" + canary));
  EXPECT_EQ(Last().kind, CallKind::kData);
  EXPECT_EQ(Last().path, "/developer/v1/recovery?limit=50");
  EXPECT_EQ(Last().host, "127.0.0.1");

  const auto sleep = Json::parse(Send("GET", "/developer/v1/activity/sleep", "Bearer " + token).body).at("records");
  EXPECT_EQ(sleep.size(), 3u);
  EXPECT_TRUE(sleep[0].at("sleep").at("total_sleep_time_ms").is_number_integer());
  EXPECT_TRUE(sleep[0].at("end").is_string());

  for (const std::string& wrong : {std::string(), std::string("Bearer nonsense"), "Basic " + token, token,
                                   "Bearer " + account.authorization_code}) {
    EXPECT_EQ(Send("GET", kRecovery, wrong).status, 401) << wrong;
  }
  EXPECT_EQ(Send("GET", "/developer/v1/recovery?limit=1000", "Bearer " + token).status, 400);
  now_ += std::chrono::seconds(60);
  EXPECT_EQ(Send("GET", kRecovery, "Bearer " + token).status, 401);
  EXPECT_EQ(Last().account, account.id) << "an expired token still tells whose it was";
}

TEST_F(ProviderApiTest, BehavesAsAsked) {
  struct Case {
    Behaviour behaviour;
    int status;
    bool json;
    bool never;
    int delay_ms;
  };
  for (const auto& expected :
       {Case{Behaviour::kEmpty, 200, true, false, 0}, Case{Behaviour::kMalformed, 200, false, false, 0},
        Case{Behaviour::kServerError, 500, true, false, 0}, Case{Behaviour::kUnauthorized, 401, true, false, 0},
        Case{Behaviour::kSlow, 200, true, false, 1500}, Case{Behaviour::kHanging, 0, false, true, 0}}) {
    const auto answer = Send("GET", kRecovery, "Bearer " + AccessTokenOf(Open(expected.behaviour)));
    EXPECT_EQ(answer.status, expected.status);
    EXPECT_EQ(Json::accept(answer.body), expected.json) << answer.body;
    EXPECT_EQ(answer.never, expected.never);
    EXPECT_EQ(answer.delay.count(), expected.delay_ms);
    EXPECT_EQ(Last().status, expected.status);
    EXPECT_EQ(Last().kind, CallKind::kData);
  }
}

TEST_F(ProviderApiTest, RoutesEverythingElse) {
  struct Case {
    const char* method;
    const char* target;
    int status;
    CallKind kind;
    const char* host;
  };
  for (const auto& [method, target, status, kind, host] : {
           Case{"GET", "/oauth/oauth2/auth?client_id=id", 200, CallKind::kOther, "127.0.0.1"},
           Case{"GET", "/oauth/oauth2/token", 405, CallKind::kToken, "127.0.0.1"},
           Case{"POST", kRecovery, 405, CallKind::kData, "127.0.0.1"},
           Case{"GET", "/developer/v1/recovery/", 404, CallKind::kOther, "127.0.0.1"},
           Case{"GET", "/", 404, CallKind::kOther, "127.0.0.1"},
           Case{"GET", "http://Other.example/x", 403, CallKind::kOther, "other.example"},
           Case{"GET", "http://api.example.com/developer/v1/recovery", 403, CallKind::kOther, "api.example.com"},
           Case{"OPTIONS", "*", 403, CallKind::kOther, ""},
           Case{"CONNECT", "other.example:443", 403, CallKind::kOther, "other.example"},
           Case{"CONNECT", "api.example.com:80", 403, CallKind::kOther, "api.example.com"},
           Case{"CONNECT", "api.example.com", 403, CallKind::kOther, "api.example.com"},
           Case{"CONNECT", "api.example.com.evil.example:443", 403, CallKind::kOther, "api.example.com.evil.example"},
           Case{"CONNECT", ":::", 403, CallKind::kOther, ""},
       }) {
    EXPECT_EQ(Send(method, target).status, status) << method << ' ' << target;
    EXPECT_EQ(Last().status, status) << target;
    EXPECT_EQ(Last().kind, kind) << target;
    EXPECT_EQ(Last().host, host) << target;
    EXPECT_EQ(Last().method, method) << target;
    EXPECT_EQ(Last().path, target);
  }
}

TEST_F(ProviderApiTest, AttributesByTokenWhereverItIsSent) {
  const auto& account = Open();
  const auto bearer = "Bearer " + AccessTokenOf(account);
  for (const char* target : {"/unknown", "http://other.example/", "/oauth/oauth2/auth"}) {
    Send("GET", target, bearer);
    EXPECT_EQ(Last().account, account.id) << target;
  }
}

TEST_F(ProviderApiTest, OpensTunnelsForItsHostsOnly) {
  HttpRequest request;
  request.method = "CONNECT";
  request.target = "API.example.com:443";
  EXPECT_EQ(api_.Handle(request).tunnel_to, "api.example.com");
  EXPECT_TRUE(log_.calls().empty()) << "what is asked inside is the call";
  request.tunnel_host = "api.example.com";
  EXPECT_EQ(api_.Handle(request).status, 403) << "no tunnel in a tunnel";
}

TEST_F(ProviderApiTest, RefusesRequestsMeantForOthers) {
  struct Case {
    const char* host;
    const char* tunnel_host;
    int status;
  };
  for (const auto& [host, tunnel_host, status] :
       {Case{"other.example", "", 421}, Case{"other.example", "api.example.com", 421}, Case{"a b", "", 421},
        Case{"api.example.com", "api.example.com", 200}, Case{"api.example.com:443", "api.example.com", 200},
        Case{"", "api.example.com", 200}, Case{"", "", 200}, Case{"localhost:1", "", 200},
        Case{"api.example.com", "", 200}}) {
    HttpRequest request;
    request.method = "GET";
    request.target = "/oauth/oauth2/auth";
    request.host = host;
    request.tunnel_host = tunnel_host;
    EXPECT_EQ(api_.Handle(request).status, status) << host << '|' << tunnel_host;
  }
}

TEST_F(ProviderApiTest, HealthIsNeverLogged) {
  EXPECT_EQ(Send("GET", std::string(kHealthPath)).status, 200);
  EXPECT_TRUE(log_.calls().empty());
}

TEST_F(ProviderApiTest, StopsServingWhenTheLogIsFull) {
  const auto& account = Open();
  while (!log_.overflowed()) Send("GET", "/x");
  EXPECT_EQ(log_.calls().size(), 50u);
  EXPECT_EQ(Token("grant_type=authorization_code&code=" + account.authorization_code + kClient).status, 503);
  EXPECT_FALSE(accounts_.FindCredential(account.authorization_code)->spent);
  EXPECT_EQ(Send("GET", std::string(kHealthPath)).status, 200);
}

TEST(CallLog, IsBoundedInBytesToo) {
  CallLog log(1000, 10);
  EXPECT_TRUE(log.Add(Call{0, CallKind::kData, "", "GET", "h", "/12345", 200}));
  EXPECT_FALSE(log.Add(Call{0, CallKind::kData, "", "GET", "h", "/", 200}));
  EXPECT_FALSE(log.Add(Call{})) << "once a call is missing, none may follow";
  EXPECT_TRUE(log.overflowed());
}

}  // namespace
}  // namespace readiness::doubles::provider
