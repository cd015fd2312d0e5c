#include "doubles/admin_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace readiness::doubles::provider {
namespace {

using Json = nlohmann::json;

class AdminApiTest : public testing::Test {
 protected:
  HttpAnswer Send(const std::string& method, const std::string& target, const std::string& body = {}) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    return api_.Handle(request);
  }
  std::string Opened() { return Json::parse(Send("POST", "/accounts", R"({"label":"A","records":1})").body).at("id"); }

  Accounts accounts_{&std::chrono::system_clock::now};
  CallLog log_{3};
  AdminApi api_{accounts_, log_};
};

TEST_F(AdminApiTest, OpensAccounts) {
  const auto answer =
      Send("POST", "/accounts", R"({"label":"A","records":2,"behaviour":"slow","delay_ms":5,"token_lifetime_s":60})");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto account = Json::parse(answer.body);
  EXPECT_EQ(account.at("records"), 2);
  EXPECT_EQ(account.at("canaries").size(), 4u);
  const auto* stored = accounts_.Find(account.at("id"));
  ASSERT_NE(stored, nullptr);
  EXPECT_EQ(stored->authorization_code, account.at("authorization_code"));
  EXPECT_EQ(stored->options.behaviour, Behaviour::kSlow);
  EXPECT_EQ(stored->options.delay.count(), 5);
  EXPECT_EQ(stored->options.token_lifetime.count(), 60);
}

TEST_F(AdminApiTest, RefusesBrokenAccounts) {
  for (const std::string& body :
       {std::string(), std::string("[]"), std::string("{"), std::string(R"({"label":"A"})"),
        std::string(R"({"records":1})"), std::string(R"({"label":1,"records":1})"),
        std::string(R"({"label":"A","records":-1})"), std::string(R"({"label":"A","records":366})"),
        std::string(R"({"label":"A","records":1.5})"), std::string(R"({"label":"A","records":18446744073709551615})"),
        std::string(R"({"label":"A","records":1,"x":1})"), std::string(R"({"label":"A","label":"B","records":1})"),
        std::string(R"({"label":"A","records":1,"behaviour":"bad"})"),
        std::string(R"({"label":"A","records":1,"behaviour":"slow"})"),
        std::string(R"({"label":"A","records":1,"delay_ms":5})"),
        std::string(R"({"label":"A","records":1,"token_lifetime_s":0})"),
        R"({"records":1,"label":")" + std::string(201, 'x') + "\"}", std::string(100, '[')}) {
    const auto answer = Send("POST", "/accounts", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_TRUE(Json::parse(answer.body).at("error").is_string());
  }
}

TEST_F(AdminApiTest, ListsCallsOfAnAccountAndOfNone) {
  const auto a = Opened();
  const auto b = Opened();
  log_.Add(Call{0, CallKind::kToken, a, "POST", "h", "/t", 200});
  log_.Add(Call{0, CallKind::kData, b, "GET", "h", "/d?x=1", 401});
  log_.Add(Call{0, CallKind::kOther, "", "GET", "h", "/\xff", 404});
  const auto sequences = [&](const std::string& target) {
    std::vector<int> result;
    const auto document = Json::parse(Send("GET", target).body);
    for (const auto& call : document.at("calls")) result.push_back(call.at("sequence"));
    return result;
  };
  EXPECT_EQ(sequences("/calls?account=" + a), (std::vector<int>{1, 3}));
  EXPECT_EQ(sequences("/calls?account=" + b), (std::vector<int>{2, 3}));
  EXPECT_EQ(sequences("/calls"), (std::vector<int>{1, 2, 3}));
  const auto call = Json::parse(Send("GET", "/calls?account=" + b).body).at("calls").at(0);
  EXPECT_EQ(call, Json({{"sequence", 2},
                        {"kind", "data"},
                        {"account", b},
                        {"method", "GET"},
                        {"host", "h"},
                        {"path", "/d?x=1"},
                        {"status", 401}}));
}

TEST_F(AdminApiTest, RefusesToShowALogWithHoles) {
  const auto a = Opened();
  for (int i = 0; i < 4; ++i) log_.Add(Call{});
  EXPECT_EQ(Send("GET", "/calls?account=" + a).status, 507);
}

TEST_F(AdminApiTest, AnswersWrongRequests) {
  EXPECT_EQ(Send("GET", "/calls?account=nobody").status, 404);
  EXPECT_EQ(Send("GET", "/calls?acount=x").status, 400);
  EXPECT_EQ(Send("GET", "/calls?account=" + Opened() + "&x=1").status, 400);
  EXPECT_EQ(Send("GET", "/calls?account=%").status, 400);
  EXPECT_EQ(Send("DELETE", "/calls").status, 405);
  EXPECT_EQ(Send("GET", "/accounts").status, 405);
  EXPECT_EQ(Send("GET", "/").status, 404);
}

}  // namespace
}  // namespace readiness::doubles::provider
