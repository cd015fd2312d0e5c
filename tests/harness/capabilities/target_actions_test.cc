#include "capabilities/target_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"
#include "sample_target.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class TargetActionsTest : public ::testing::Test {
 protected:
  const HttpRequest& Sent(std::size_t index) { return http_.requests.at(index); }

  Target target_ = SampleTarget();
  Session session_ = SampleSession();
  Redactor redactor_;
  SecretKeeper secrets_{redactor_};
  EvidenceLog log_;
  testing::FakeHttp http_;
  testing::FakeStores stores_;
  TargetActions actions_{target_, session_, http_, stores_, log_, secrets_};
};

TEST_F(TargetActionsTest, SendsJsonWithTypesAndCaptures) {
  target_.actions["register_user"].steps[0].http->json = Json{{"n", "${age}"}, {"text", "is ${age}"}};
  http_.Answer("POST", "/users", 201, R"({"id":7})");
  const ActionResult result = actions_.Run("register_user", Identity::Anonymous(), {{"age", 30}}).value();
  EXPECT_TRUE(result.as_expected);
  EXPECT_EQ(result.action, "register_user");
  EXPECT_EQ(result.status(), 201);
  EXPECT_EQ(result.captured, (Values{{"user_id", 7}}));
  EXPECT_EQ(Sent(0).method, "POST");
  EXPECT_EQ(Sent(0).url, "http://127.0.0.1:4000/users");
  EXPECT_EQ(Sent(0).body, R"({"n":30,"text":"is 30"})");
  EXPECT_THAT(Sent(0).headers, ElementsAre(Pair("Content-Type", "application/json")));
  EXPECT_EQ(Sent(0).source_address, std::nullopt);
}

TEST_F(TargetActionsTest, SendsForms) {
  http_.Answer("POST", "/login", 200, R"({"access_token":"abc"})");
  ASSERT_TRUE(actions_.Run("login", SampleOwner(), {{"email", "a+b@c"}, {"password", "p&=%"}}));
  EXPECT_EQ(Sent(0).body, "username=a%2Bb%40c&password=p%26%3D%25");
  EXPECT_THAT(Sent(0).headers, ElementsAre(Pair("Content-Type", "application/x-www-form-urlencoded")));
}

TEST_F(TargetActionsTest, SendsTheCredentialOnlyWhereItBelongs) {
  http_.Answer("GET", "/me/7", 200);
  http_.Answer("POST", "/users", 201, R"({"id":7})");
  const Identity owner = SampleOwner();
  ASSERT_TRUE(actions_.Run("whoami", owner));
  EXPECT_THAT(Sent(0).headers, ElementsAre(Pair("Authorization", "Bearer token-of-the-owner-1234")));
  EXPECT_EQ(Sent(0).source_address, "127.9.9.9");
  ASSERT_TRUE(actions_.Run("whoami", Identity::Anonymous(), {{"user_id", 7}}));
  EXPECT_THAT(Sent(1).headers, IsEmpty());
  ASSERT_TRUE(actions_.Run("register_user", owner, {{"email", "e"}, {"password", "p"}}));
  EXPECT_THAT(Sent(2).headers, Not(::testing::Contains(Pair("Authorization", ::testing::_))));
  EXPECT_THAT(redactor_.Redact("token-of-the-owner-1234"), Not(HasSubstr("owner")));
}

TEST_F(TargetActionsTest, UsesTheDeclaredCredentialHeaderUnlessTheStepHasIt) {
  target_.credential_header = "X-Session";
  target_.credential_value = "s=${token}";
  http_.Answer("GET", "/me/7", 200);
  ASSERT_TRUE(actions_.Run("whoami", SampleOwner()));
  EXPECT_THAT(Sent(0).headers, ElementsAre(Pair("X-Session", "s=token-of-the-owner-1234")));
  target_.actions["whoami"].steps[0].http->headers = {{"x-session", "own"}};
  ASSERT_TRUE(actions_.Run("whoami", SampleOwner()));
  EXPECT_THAT(Sent(1).headers, ElementsAre(Pair("x-session", "own")));
}

TEST_F(TargetActionsTest, KeepsAContentTypeOfTheStep) {
  target_.actions["register_user"].steps[0].http->headers = {{"content-type", "application/problem+json"}};
  http_.Answer("POST", "/users", 201, R"({"id":7})");
  ASSERT_TRUE(actions_.Run("register_user", Identity::Anonymous(), {{"email", "e"}, {"password", "p"}}));
  EXPECT_THAT(Sent(0).headers, ElementsAre(Pair("content-type", "application/problem+json")));
}

TEST_F(TargetActionsTest, SourceAddressOnlyOnPlainLoopback) {
  session_.services["api"].url = "http://localhost:4000";
  http_.Answer("GET", "/me/7", 200);
  ASSERT_TRUE(actions_.Run("whoami", SampleOwner()));
  EXPECT_EQ(Sent(0).source_address, std::nullopt);
}

TEST_F(TargetActionsTest, PlaysStepsWithCapturesBetween) {
  http_.Answer("GET", "/connect", 200, R"({"authorize_url":"https://up/auth?state=s%2F1"})");
  http_.Answer("GET", "/callback", 200, R"({"connected":true})");
  const ActionResult result = actions_.Run("connect_provider", SampleOwner(), {{"authorization_code", "c 1"}}).value();
  EXPECT_TRUE(result.as_expected);
  EXPECT_EQ(Sent(1).url, "http://127.0.0.1:4000/callback?code=c%201&state=s%2F1");
  EXPECT_EQ(result.captured, (Values{{"oauth_state", "s/1"}}));
}

TEST_F(TargetActionsTest, ArgumentsWinOverCapturesAndIdentity) {
  http_.Answer("GET", "/connect", 200, R"({"authorize_url":"https://up/auth?state=own"})");
  http_.Answer("GET", "/callback", 400, "{}");
  Identity owner = SampleOwner();
  owner.values["oauth_state"] = "of the identity";
  ASSERT_TRUE(actions_.Run("connect_provider", owner, {{"authorization_code", "c"}, {"oauth_state", "stolen"}}));
  EXPECT_THAT(Sent(1).url, HasSubstr("state=stolen"));
  ASSERT_TRUE(actions_.Run("connect_provider", owner, {{"authorization_code", "c"}}));
  EXPECT_THAT(Sent(3).url, HasSubstr("state=own"));
}

TEST_F(TargetActionsTest, LastStepNotAsExpectedIsAResult) {
  http_.Answer("GET", "/connect", 200, R"({"authorize_url":"https://up/auth?state=own"})");
  http_.Answer("GET", "/callback", 200, R"({"connected":false})");
  const ActionResult result = actions_.Run("connect_provider", SampleOwner(), {{"authorization_code", "c"}}).value();
  EXPECT_FALSE(result.as_expected);
  EXPECT_THAT(result.mismatch, HasSubstr("/connected is false"));
  EXPECT_EQ(result.exchange->response.body, R"({"connected":false})");
}

TEST_F(TargetActionsTest, EarlierStepNotAsExpectedIsAnError) {
  struct Case {
    int status;
    std::string body;
    std::string actual;
  };
  const std::vector<Case> cases = {
      {500, "sorry \x1b[31m", "status 500"}, {200, "{}", "no /authorize_url"}, {200, "<html>", "not JSON"}};
  for (const Case& c : cases) {
    testing::FakeHttp http;
    http.Answer("GET", "/connect", c.status, c.body);
    TargetActions actions(target_, session_, http, stores_, log_, secrets_);
    const Result<ActionResult> result = actions.Run("connect_provider", SampleOwner(), {{"authorization_code", "c"}});
    ASSERT_FALSE(result) << c.body;
    EXPECT_EQ(result.error().kind, ErrorKind::kTarget);
    EXPECT_THAT(result.error().what,
                HasSubstr("action connect_provider, step 1 of 2 was not as expected (GET /connect)"));
    EXPECT_EQ(result.error().expected, "status 200");
    EXPECT_THAT(result.error().actual, HasSubstr(c.actual));
    EXPECT_THAT(result.error().actual, Not(HasSubstr("\x1b")));
    EXPECT_EQ(http.requests.size(), 1u);
  }
}

TEST_F(TargetActionsTest, ErrorsNameActionAndStep) {
  http_.Answer("GET", "/connect", 200, R"({"authorize_url":"https://up/auth?state=own"})");
  http_.FailWith("GET", "/callback", testing::MakeError(ErrorKind::kTimeout, "too slow"));
  struct Case {
    std::string action;
    Identity who;
    Values arguments;
    ErrorKind kind;
    std::vector<std::string> parts;
  };
  Identity breaking = SampleOwner().WithToken("breaking", "a\r\nX-Admin: yes");
  const std::vector<Case> cases = {
      {"whoamy", SampleOwner(), {}, ErrorKind::kNotAvailable, {"whoamy", "target.json"}},
      {"connect_provider",
       SampleOwner(),
       {},
       ErrorKind::kNotAvailable,
       {"connect_provider, step 2 of 2", "${authorization_code}"}},
      {"connect_provider",
       SampleOwner(),
       {{"authorization_code", "c"}},
       ErrorKind::kTimeout,
       {"step 2 of 2", "too slow"}},
      {"whoami", Identity::Anonymous(), {}, ErrorKind::kNotAvailable, {"action whoami, step 1 of 1", "${user_id}"}},
      {"whoami", SampleOwner(), {{"user_id", ".."}}, ErrorKind::kRefused, {"whoami"}},
      {"whoami", breaking, {}, ErrorKind::kRefused, {"whoami", "Bearer ${token}"}},
      {"seed_evaluation", SampleOwner(), {}, ErrorKind::kNotAvailable, {"seed_evaluation, step 1 of 1", "main"}},
  };
  for (const Case& c : cases) {
    const Result<ActionResult> result = actions_.Run(c.action, c.who, c.arguments);
    ASSERT_FALSE(result) << c.action;
    EXPECT_EQ(result.error().kind, c.kind) << result.error().Brief();
    for (const std::string& part : c.parts) EXPECT_THAT(result.error().what, HasSubstr(part));
  }
  EXPECT_THAT(actions_.Run("whoamy", SampleOwner()).error().fix, HasSubstr("\"whoami\""));
}

TEST_F(TargetActionsTest, ServiceWithoutAddressIsNotAvailable) {
  session_.services.clear();
  EXPECT_EQ(actions_.Run("whoami", SampleOwner()).error().kind, ErrorKind::kNotAvailable);
}

TEST_F(TargetActionsTest, SqlStepsKeepTypesAndCapture) {
  testing::FakeStore& store = stores_.Get("main");
  store.AnswerQuery("INSERT INTO evaluation_results", Json{{{"id", 99}}});
  const ActionResult result = actions_.Run("seed_evaluation", SampleOwner()).value();
  EXPECT_TRUE(result.as_expected);
  EXPECT_EQ(result.status(), 0);
  EXPECT_FALSE(result.exchange);
  EXPECT_EQ(result.captured, (Values{{"evaluation_id", 99}}));
  ASSERT_EQ(store.statements.size(), 1u);
  EXPECT_THAT(store.statements[0].parameters, ElementsAre(Json(7), Json("of 7")));
  EXPECT_THAT(log_.Entries().at(0).statement, HasSubstr("store main: INSERT INTO"));
  EXPECT_THAT(log_.Entries().at(0).statement, HasSubstr("[7,\"of 7\"]"));
}

TEST_F(TargetActionsTest, SqlWithoutRowIsNotAsExpected) {
  stores_.Get("main").AnswerQuery("INSERT", Json::array());
  const ActionResult result = actions_.Run("seed_evaluation", SampleOwner()).value();
  EXPECT_FALSE(result.as_expected);
  EXPECT_THAT(result.mismatch, HasSubstr("no row"));
  const Result<ActionResult> both = actions_.Run("seed_and_decide", SampleOwner());
  EXPECT_EQ(both.error().kind, ErrorKind::kTarget);
  EXPECT_THAT(both.error().what, HasSubstr("step 1 of 2"));
}

TEST_F(TargetActionsTest, SqlErrorsAreKeptAsEvidence) {
  stores_.Get("main").FailWith(testing::MakeError(ErrorKind::kTimeout, "locked"));
  EXPECT_EQ(actions_.Run("seed_evaluation", SampleOwner()).error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(log_.Entries().at(0).error->what, "locked");
}

TEST_F(TargetActionsTest, CapturedTokensAreSecret) {
  http_.Answer("POST", "/login", 200, R"({"access_token":"shorttok"})");
  ASSERT_TRUE(actions_.Run("login", SampleOwner(), {{"email", "e"}, {"password", "p"}}));
  EXPECT_THAT(redactor_.Redact("a shorttok b"), Not(HasSubstr("shorttok")));
}

TEST_F(TargetActionsTest, TellsRefusals) {
  EXPECT_EQ(actions_.RefusalStatuses("whoami"), (StatusSet{401, 403}));
  EXPECT_EQ(actions_.RefusalStatuses("login"), StatusSet{});
  EXPECT_EQ(actions_.RefusalStatuses("unknown"), StatusSet{});
}

class HasTest : public TargetActionsTest {
 protected:
  HasTest() {
    target_.actions["withdraw"] = OneStep(SampleStep("DELETE", "/consent", {200}));
    target_.actions["withdraw"].available_if_openapi_has = "/paths/~1consent/delete";
  }
};

TEST_F(HasTest, NeedsNoDocumentWithoutCondition) {
  EXPECT_TRUE(actions_.Has("whoami").value());
  EXPECT_FALSE(actions_.Has("unknown").value());
  EXPECT_THAT(http_.requests, IsEmpty());
}

TEST_F(HasTest, AsksOnce) {
  http_.Answer("GET", "/openapi.json", 200, R"({"paths":{"/consent":{"delete":{}}}})");
  EXPECT_TRUE(actions_.Has("withdraw").value());
  target_.actions["withdraw"].available_if_openapi_has = "/paths/~1consent/patch";
  EXPECT_FALSE(actions_.Has("withdraw").value());
  ASSERT_EQ(http_.requests.size(), 1u);
  EXPECT_EQ(Sent(0).max_body_bytes, 8u * 1024 * 1024);
}

TEST_F(HasTest, ADocumentThatCannotBeHadIsAnErrorAndNeverNo) {
  struct Case {
    int status;
    std::string body;
  };
  const std::vector<Case> cases = {{404, R"({"paths":{}})"},
                                   {307, ""},
                                   {200, ""},
                                   {200, "<html>"},
                                   {200, "[]"},
                                   {200, R"({"swagger":2})"},
                                   {200, R"({"paths":{},"paths":{}})"},
                                   {204, R"({"paths":{}})"}};
  for (const Case& c : cases) {
    testing::FakeHttp http;
    http.Answer("GET", "/openapi.json", c.status, c.body);
    TargetActions actions(target_, session_, http, stores_, log_, secrets_);
    for (int i = 0; i < 2; ++i) {
      const Result<bool> has = actions.Has("withdraw");
      ASSERT_FALSE(has) << c.body;
      EXPECT_EQ(has.error().kind, ErrorKind::kTarget) << c.body;
    }
    EXPECT_EQ(http.requests.size(), 1u);
  }
  http_.FailWith("GET", "/openapi.json", testing::MakeError(ErrorKind::kLimit, "too large"));
  EXPECT_EQ(actions_.Has("withdraw").error().kind, ErrorKind::kLimit);
}

TEST_F(HasTest, AConditionWithoutDocumentIsADefinitionError) {
  target_.services["api"].openapi.clear();
  EXPECT_EQ(actions_.Has("withdraw").error().kind, ErrorKind::kDefinition);
  target_.actions["seed_evaluation"].available_if_openapi_has = "/x";
  EXPECT_EQ(actions_.Has("seed_evaluation").error().kind, ErrorKind::kDefinition);
}

}  // namespace
}  // namespace readiness
