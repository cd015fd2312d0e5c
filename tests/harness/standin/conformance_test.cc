// The AI health stand-in answers as the audited system was seen to: statuses, headers and bodies. Where it must differ,
// because the audited system is wrong there, the test says so.

#include <gmock/gmock.h>

#include <thread>

#include "base/files.h"
#include "scenario.h"

namespace readiness::standin {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kInvalid = R"({"error":"Validation error","detail":"Invalid request data"})";
constexpr const char* kMissing = R"({"detail":"Missing bearer token"})";
constexpr const char* kInvalidToken = R"({"detail":"Invalid token"})";
constexpr const char* kBoxes =
    R"("understands_recommendations_experimental":true,"understands_can_stop_anytime":true})";
constexpr const char* kForm = "application/x-www-form-urlencoded";

std::string Header(const Seen& seen, const std::string& name) {
  const auto found = seen.headers.find(name);
  return found == seen.headers.end() ? "" : found->second;
}

TEST(AiHealthConformance, WithoutCredentials) {
  World world(STANDIN_AI_HEALTH);
  struct Case {
    const char* method;
    const char* target;
    const char* body;
    int status;
    const char* expected;
  };
  const Case cases[] = {
      {"GET", "/health", "", 200, R"({"status":"healthy","debug":false,"database":"connected"})"},
      {"GET", "/api/v1/health/live", "", 200, R"({"ok":true})"},
      {"GET", "/api/v1/health/ready", "", 200, R"({"ok":true,"db":"ok"})"},
      {"GET", "/api/v1/auth-mode", "", 200, R"({"AUTH_MODE":"private"})"},
      {"GET", "/nowhere", "", 404, R"({"detail":"Not Found"})"},
      {"GET", "/api/v1/loop/run/", "", 404, R"({"detail":"Not Found"})"},
      {"GET", "/api/v1/loop/run/1", "", 405, R"({"detail":"Method Not Allowed"})"},
      {"GET", "/api/v1/providers/whoop/sync", "", 405, R"({"detail":"Method Not Allowed"})"},
      {"POST", "/api/v1/users/", R"({"name":"A","email":"a@example.com","password":"short"})", 422, kInvalid},
      {"POST", "/api/v1/users/", R"({"name":"A","email":"a@example.test","password":"password123"})", 422, kInvalid},
      {"POST", "/api/v1/users/", R"({"name":"A","email":"example.com","password":"password123"})", 422, kInvalid},
      {"POST", "/api/v1/users/", R"({"name":"","email":"a@example.com","password":"password123"})", 422, kInvalid},
      {"POST", "/api/v1/users/", "{\"name\":\"\\u0000\",\"email\":\"a@example.com\",\"password\":\"password123\"}", 422,
       kInvalid},
      {"POST", "/api/v1/users/", "{\"name\":\"\xff\",\"email\":\"a@example.com\",\"password\":\"password123\"}", 422,
       kInvalid},
      {"POST", "/api/v1/users/", "{", 422, kInvalid},
      {"POST", "/api/v1/users/", "[]", 422, kInvalid},
      {"GET", "/api/v1/users/me", "", 401, R"({"detail":"Could not validate credentials"})"},
      {"GET", "/api/v1/auth/me", "", 401, R"({"detail":"Could not validate credentials"})"},
      {"GET", "/api/v1/consent", "", 401, kMissing},
      {"GET", "/api/v1/consent?user_id=1", "", 401, kMissing},
      {"GET", "/api/v1/consent?user_id=abc", "", 422, kInvalid},
      {"POST", "/api/v1/consent", "{}", 401, kMissing},
      {"DELETE", "/api/v1/consent", "", 401, kMissing},
      {"POST", "/api/v1/consent/complete-onboarding", "{}", 401, kMissing},
      {"GET", "/api/v1/providers/whoop/status", "", 401, kMissing},
      {"GET", "/api/v1/providers/whoop/connect", "", 401, kMissing},
      {"GET", "/api/v1/providers/whoop/callback?code=a&state=b", "", 401, kMissing},
      {"POST", "/api/v1/providers/whoop/sync", "", 401, kMissing},
      {"GET", "/api/v1/evaluations", "", 401, kMissing},
      // The audited system answers these without credentials; that is what the audit found.
      {"POST", "/api/v1/loop/run/1", "", 401, kMissing},
      {"POST", "/api/v1/experiments/1/evaluate", "", 401, kMissing},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(std::string(each.method) + " " + each.target + " " + each.body);
    const Seen seen = world.Send(each.method, each.target, "", each.body);
    EXPECT_EQ(seen.status, each.status);
    EXPECT_EQ(seen.body, each.expected);
    EXPECT_EQ(Header(seen, "Content-Type"), "application/json");
    EXPECT_THAT(Header(seen, "X-Request-Id"),
                ContainsRegex("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"));
  }
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM users"), 0);
  EXPECT_EQ(Header(world.Send("GET", "/api/v1/loop/run/1"), "Allow"), "POST");
  EXPECT_EQ(Header(world.Send("GET", "/api/v1/auth/me"), "WWW-Authenticate"), "Bearer");
  // The audited system does so on some routes only.
  EXPECT_EQ(Header(world.Send("GET", "/api/v1/consent"), "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(Header(world.Send("GET", "/health", "", "", "", {{"X-Request-Id", "mine 1"}}), "X-Request-Id"), "mine 1");
}

TEST(AiHealthConformance, OtherSlashIsRedirected) {
  World world(STANDIN_AI_HEALTH);
  const std::string host = "http://127.0.0.1:" + std::to_string(world.port);
  const std::pair<std::string, std::string> cases[] = {{"/health/", "/health"},
                                                       {"/api/v1/consent/?user_id=1", "/api/v1/consent?user_id=1"},
                                                       {"/api/v1/users", "/api/v1/users/"},
                                                       {"/api/v1/loop/run/1/", "/api/v1/loop/run/1"}};
  for (const auto& [target, location] : cases) {
    const Seen seen = world.Send("POST", target);
    EXPECT_EQ(seen.status, 307) << target;
    EXPECT_EQ(Header(seen, "Location"), host + location);
    EXPECT_EQ(seen.body, "");
  }
}

TEST(AiHealthConformance, AccountsAndLogins) {
  World world(STANDIN_AI_HEALTH);
  const std::string account = R"({"name":"A","email":"a@example.com","password":"password123"})";
  const Seen created = world.Send("POST", "/api/v1/users/", "", account);
  EXPECT_EQ(created.status, 201);
  EXPECT_THAT(created.body,
              ContainsRegex(
                  R"(^\{"id":1,"name":"A","email":"a@example.com","created_at":"[0-9-]{10}T[0-9:]{8}\.[0-9]{6}"\}$)"));
  const Seen again = world.Send("POST", "/api/v1/users/", "", account);
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(again.body, R"({"detail":"Email already registered"})");
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM users WHERE hashed_password LIKE '$argon2id$%'"), 1);

  const auto login = [&](const std::string& form) { return world.Send("POST", "/api/v1/auth/login", "", form, kForm); };
  for (int i = 0; i < 8; ++i) EXPECT_EQ(login("username=a@example.com").status, 422) << "not counted";
  const auto begin = std::chrono::steady_clock::now();
  const Seen token = login("username=a%40example.com&password=password123");
  RecordProperty("login_ms",
                 static_cast<int>((std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds(1)));
  EXPECT_EQ(token.status, 200);
  EXPECT_THAT(token.body, ContainsRegex(R"(^\{"access_token":"[A-Za-z0-9_.-]+","token_type":"bearer"\}$)"));
  for (const char* form :
       {"username=a@example.com&password=password124", "username=b@example.com&password=password123"}) {
    const Seen wrong = login(form);
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.body, R"({"detail":"Invalid credentials"})");
    EXPECT_EQ(Header(wrong, "WWW-Authenticate"), "Bearer");
  }
  EXPECT_EQ(login("username=a@example.com&password=x").status, 401);
  EXPECT_EQ(login("username=a@example.com&password=x").status, 401);
  const Seen limited = login("username=a@example.com&password=password123");
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.body, R"({"error":"Rate limit exceeded: 5 per 1 minute"})");

  const std::string bearer = token.json().value("access_token", "");
  for (const char* path : {"/api/v1/auth/me", "/api/v1/users/me"})
    EXPECT_EQ(world.Send("GET", path, bearer).body, created.body);
  for (const char* bad : {"garbage", "a.b.c", "Bearer"}) {
    EXPECT_EQ(world.Send("GET", "/api/v1/auth/me", bad).status, 401);
    EXPECT_EQ(world.Send("GET", "/api/v1/consent", bad).body, kInvalidToken);
  }
  const std::string unknown_user = world.tokens.Issue("999", std::chrono::minutes(1)).value();
  EXPECT_EQ(world.Send("GET", "/api/v1/consent", unknown_user).body, kInvalidToken);
  EXPECT_EQ(world.Send("GET", "/api/v1/consent", "", "", "", {{"Authorization", bearer}}).body, kMissing);
  EXPECT_EQ(world.Send("GET", "/api/v1/consent", "", "", "", {{"Authorization", "bearer " + bearer}}).status, 404);
}

TEST(AiHealthConformance, Consent) {
  World world(STANDIN_AI_HEALTH);
  const TestUser a = world.NewUser();
  const TestUser b = world.NewUser();
  const std::string path = "/api/v1/consent";
  EXPECT_EQ(world.Send("GET", path, a.token).body, R"({"detail":"No consent record found"})");
  EXPECT_EQ(world.Send("DELETE", path, a.token).status, 404);
  EXPECT_EQ(world.Send("POST", path + "/complete-onboarding", a.token, "{}").body,
            R"({"detail":"No consent record found. Please create consent first."})");
  EXPECT_EQ(world.Send("POST", path, a.token, "{}").body, kInvalid);
  const std::string partial =
      std::string(R"({"understands_not_medical_advice":true,"consents_to_data_analysis":false,)") + kBoxes;
  EXPECT_EQ(world.Send("POST", path, a.token, partial).status, 400);
  EXPECT_EQ(world.Send("POST", path, a.token, partial).body, R"({"detail":"All consent checkboxes must be checked"})");
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM consents"), 0);

  const std::string full =
      std::string(R"({"understands_not_medical_advice":true,"consents_to_data_analysis":true,)") + kBoxes;
  const Seen given = world.Send("POST", path, a.token, full);
  EXPECT_EQ(given.status, 200);
  EXPECT_THAT(given.body,
              ContainsRegex(R"(^\{"id":1,"user_id":1,"consent_version":"1\.0","consent_timestamp":"[-0-9T:.]{26}",)"
                            R"("understands_not_medical_advice":true,"consents_to_data_analysis":true,)"
                            R"("understands_recommendations_experimental":true,"understands_can_stop_anytime":true,)"
                            R"("onboarding_completed":false,"onboarding_completed_at":null\}$)"));
  EXPECT_EQ(world.Send("GET", path, a.token).body, given.body);
  EXPECT_EQ(world.Send("GET", path + "?user_id=" + a.id, b.token).status, 404) << "?user_id is not believed";
  EXPECT_TRUE(
      world.Send("POST", path + "/complete-onboarding", a.token, "{}").json().value("onboarding_completed", false));
  const Seen withdrawn = world.Send("DELETE", path, a.token);
  EXPECT_EQ(withdrawn.status, 200);
  EXPECT_FALSE(withdrawn.json().value("consents_to_data_analysis", true));
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM consents"), 2) << "the history stays";
}

TEST(AiHealthConformance, Provider) {
  World world(STANDIN_AI_HEALTH);
  const TestUser a = world.NewUser();
  const TestUser b = world.NewUser();
  const std::string prefix = "/api/v1/providers/whoop";
  world.Consent(a);
  EXPECT_EQ(world.Send("GET", prefix + "/status", a.token).body, R"({"provider":"whoop","connected":false})");
  EXPECT_EQ(world.Sync(a).body, R"({"provider":"whoop","inserted":0,"rejected":0,"errors":[{"reason":"adapter_error",)"
                                R"("error":"WHOOP not connected for this user"}]})");
  const std::string url = world.Send("GET", prefix + "/connect", a.token).json().value("authorize_url", "");
  EXPECT_THAT(url, HasSubstr(world.provider.url() + "/oauth/oauth2/auth?client_id=readiness&redirect_uri="));
  EXPECT_THAT(url, ContainsRegex("&response_type=code&scope=.*&state=[A-Za-z0-9_-]{43}$"));
  const std::string state = url.substr(url.size() - 43);
  const auto callback = [&](const TestUser& user, const std::string& query) {
    return world.Send("GET", prefix + "/callback" + query, user.token);
  };
  EXPECT_EQ(callback(a, "?code=x").body, R"({"detail":"Missing state parameter"})");
  EXPECT_EQ(callback(a, "?state=" + state).body, kInvalid);
  EXPECT_EQ(callback(b, "?code=x&state=" + state).body, R"({"detail":"Invalid or expired state token"})");
  EXPECT_EQ(callback(a, "?code=x&state=" + state).body, R"({"provider":"whoop","connected":true})")
      << "b did not use it up";
  EXPECT_EQ(callback(a, "?code=x&state=" + state).status, 400) << "good once";
  EXPECT_EQ(world.Connect(b, "bad"), 500);
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM provider_tokens WHERE access_token LIKE '%at-%'"), 0)
      << "sealed at rest";

  for (const char* days : {"0", "366", "abc", ""}) {
    EXPECT_EQ(world.Send("POST", prefix + "/sync?days=" + days, a.token).body, kInvalid) << days;
  }
  EXPECT_EQ(world.Sync(a).body, R"({"provider":"whoop","inserted":9,"rejected":0,"errors":[]})");
  EXPECT_EQ(world.Sync(a).body, R"({"provider":"whoop","inserted":0,"rejected":0,"errors":[]})") << "nothing twice";
  EXPECT_EQ(
      world.Number("SELECT count(*) AS n FROM health_data h JOIN data_provenance p ON p.id = h.data_provenance_id "
                   "WHERE h.user_id = p.user_id"),
      9);
  EXPECT_EQ(
      world.Number(
          "SELECT count(*) AS n FROM health_data WHERE \"timestamp\" = '2026-11-19 06:30:00.25' AND unit = 'minutes'"),
      1)
      << "in UTC";
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM health_data WHERE value = 41.537"), 1);
}

TEST(AiHealthConformance, ProviderTroubleLeavesNothing) {
  World world(STANDIN_AI_HEALTH);
  const TestUser a = world.NewUser();
  world.Consent(a);
  world.provider.set_token_lifetime(0);
  EXPECT_EQ(world.Connect(a, "aaa"), 200);
  for (const int status : {401, 429, 500, 0}) {
    world.provider.set_data_status(status);
    const Seen seen = world.Sync(a);
    EXPECT_EQ(seen.status, 500);
    EXPECT_THAT(seen.body, HasSubstr(R"({"detail":"Sync failed: )")) << seen.body;
    if (status == 401) {
      EXPECT_THAT(seen.body, HasSubstr("Sync failed: 401 Client Error: Unauthorized for url: " + world.provider.url()));
    }
    EXPECT_THAT(seen.body, Not(HasSubstr("at-aaa")));
  }
  EXPECT_EQ(
      world.Number("SELECT count(*) AS n FROM health_data") + world.Number("SELECT count(*) AS n FROM data_provenance"),
      0);
  EXPECT_EQ(world.provider.TokenCalls("aaa"), 5) << "an expired token is renewed at each sync";
}

TEST(AiHealthConformance, LoopAndEvaluations) {
  World world(STANDIN_AI_HEALTH);
  const TestUser a = world.NewUser();
  const TestUser b = world.NewUser();
  const std::string id = SeedEvaluation(world, a);
  const auto run = [&](const TestUser& user, const std::string& evaluation) {
    return world.Send("POST", "/api/v1/loop/run/" + evaluation, user.token);
  };
  EXPECT_EQ(run(a, id).body,
            R"({"decision_id":1,"action":"continue","reason":"Helpful effect observed. Continue and monitor.",)"
            R"("metadata":"{\"verdict\": \"helpful\", \"confidence\": 0.9, \"attribution\": null, )"
            R"(\"notes\": \"Conservative decision logic. Not medical advice.\"}"})");
  EXPECT_EQ(run(a, id + ".0").status, 200);
  EXPECT_EQ(run(b, id).body, R"({"detail":"Evaluation not found"})");
  for (const char* unknown : {"999999", "0", "-1", "99999999999"})
    EXPECT_EQ(run(a, unknown).body, run(b, id).body) << unknown;
  EXPECT_EQ(run(a, "abc").body, kInvalid);
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM loop_decisions WHERE user_id = " + a.id), 2);
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM loop_decisions WHERE json_typeof(metadata_json) = 'string'"), 2);

  EXPECT_EQ(world.Send("GET", "/api/v1/evaluations", a.token).json().size(), 1u);
  EXPECT_EQ(world.Send("GET", "/api/v1/evaluations", b.token).body, "[]");
  // The audited system ends this in an error after storing the row.
  const Seen evaluated = world.Send("POST", "/api/v1/experiments/1/evaluate", a.token);
  EXPECT_EQ(evaluated.status, 200);
  EXPECT_EQ(evaluated.json().value("verdict", ""), "insufficient_data");
  EXPECT_EQ(run(a, std::to_string(evaluated.json().value("id", 0))).json().value("action", ""), "extend");
  EXPECT_EQ(world.Send("POST", "/api/v1/experiments/1/evaluate", b.token).body, R"({"detail":"Experiment not found"})");
  EXPECT_EQ(world.Send("POST", "/api/v1/experiments/1/evaluate", a.token, R"({"baseline_days":6})").body, kInvalid);
}

TEST(AiHealthConformance, RealEffectIsFoundHelpful) {
  World world(STANDIN_AI_HEALTH);
  const TestUser a = world.NewUser();
  SeedEvaluation(world, a);
  ASSERT_TRUE(world.database->Query(
      "INSERT INTO health_data (user_id, data_type, value, unit, \"timestamp\", source, is_flagged) "
      "SELECT $1::int, 'sleep_duration', CASE WHEN d < 0 THEN 400 ELSE 440 END + d % 3, 'minutes', "
      "(SELECT started_at FROM experiments) + make_interval(days => d), 'manual', false "
      "FROM generate_series(-14, 11) d",
      {a.id}));
  const auto evaluate = [&] { return world.Send("POST", "/api/v1/experiments/1/evaluate", a.token, "{}").json(); };
  EXPECT_EQ(evaluate().value("verdict", ""), "unclear") << "nobody knows whether it was followed";
  ASSERT_TRUE(world.database->Query(
      "INSERT INTO adherence_events (user_id, experiment_id, intervention_id, taken, \"timestamp\") "
      "VALUES ($1, 1, 1, true, now())",
      {a.id}));
  const Json helpful = evaluate();
  EXPECT_EQ(helpful.value("verdict", ""), "helpful");
  EXPECT_GT(helpful.value("confidence_score", 0.0), 0.6);
  const std::string id = std::to_string(helpful.value("id", 0));
  EXPECT_EQ(world.Send("POST", "/api/v1/loop/run/" + id, a.token).json().value("action", ""), "continue");
}

TEST(AiHealthConformance, DocumentSaysWhatIsServed) {
  World world(STANDIN_AI_HEALTH);
  const Json document = world.Send("GET", "/openapi.json").json();
  EXPECT_TRUE(document["components"]["securitySchemes"].contains("OAuth2PasswordBearer"));
  std::set<std::string> operations;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      EXPECT_TRUE(operations.insert(operation["operationId"]).second) << operation["operationId"];
      std::string verb = method;
      for (char& c : verb) c = static_cast<char>(std::toupper(c));
      std::string target = path;
      if (const std::size_t open = target.find('{'); open != std::string::npos)
        target.replace(open, target.find('}') - open + 1, "1");
      SCOPED_TRACE(verb + " " + target);
      const int status = world.Send(verb, target).status;
      EXPECT_NE(status, 404);
      EXPECT_NE(status, 405);
      EXPECT_EQ(status == 401, operation.contains("security"));
      EXPECT_TRUE(operation["responses"].contains(std::to_string(status)));
    }
  }
  EXPECT_GE(operations.size(), 52u);
  // Every schema that is referred to exists.
  const std::string text = Compact(document);
  const std::string mark = "#/components/schemas/";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::string name = text.substr(at + mark.size(), text.find('"', at) - at - mark.size());
    EXPECT_TRUE(document["components"]["schemas"].contains(name)) << name;
  }
}

TEST(AiHealthConformance, HostileRequests) {
  World world(STANDIN_AI_HEALTH);
  const TestUser a = world.NewUser();
  const std::string before = world.AllCounts();
  const std::string large = R"({"name":")" + std::string(1'100'000, 'x') + R"("})";
  EXPECT_THAT((std::vector<int>{413, 0}), ::testing::Contains(world.Send("POST", "/api/v1/users/", "", large).status));
  EXPECT_EQ(world.Send("POST", "/api/v1/consent", a.token, std::string(500'000, '[')).status, 422);
  EXPECT_EQ(world.Send("GET", "/api/v1/providers/whoop/callback?code=%00&state=%ff", a.token).status, 422);
  EXPECT_EQ(world.Send("GET", "/api/v1/providers/whoop/callback?code=a&state=%ff'--", a.token).status, 400);
  EXPECT_EQ(world.Send("POST", "/api/v1/auth/login", "", "username=%ff&password=x", kForm).status, 422);
  EXPECT_EQ(world.Send("POST", "/api/v1/loop/run/1;DROP", a.token).status, 422);
  EXPECT_EQ(world.Send("POST", "/api/v1/loop/run/99999999999999999999999", a.token).status, 422);
  EXPECT_EQ(world.Send("GET", "/" + std::string(7000, 'a')).status, 404);
  EXPECT_EQ(world.Send("GET", "/health").status, 200);
  EXPECT_EQ(world.AllCounts(), before);
}

TEST(AiHealthConformance, LogHasOneLinePerRequestAndNoSecret) {
  World world(STANDIN_AI_HEALTH, {{"LOG_JSON", "true"}});
  const TestUser a = world.NewUser();
  world.Consent(a);
  EXPECT_EQ(world.Connect(a, "secret-code"), 200);
  world.Sync(a);
  world.Send("POST", "/api/v1/auth/login", "", "username=user1@example.com&password=password123", kForm);
  // The engine passes the program's output on when it comes to it.
  std::string log;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (log.find("/api/v1/auth/login\",\"status\":200") == std::string::npos &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    log = ReadFile(world.log_file).value();
  }
  for (const std::string& secret :
       {a.token, std::string("secret-code"), std::string("password123"), std::string(kSigningKey)})
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  EXPECT_THAT(log, HasSubstr(R"("path":"/api/v1/providers/whoop/callback","status":200)"));
  std::size_t lines = 0;
  for (std::size_t begin = 0, end; (end = log.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (ParseJson(log.substr(begin, end - begin))) ++lines;
  }
  EXPECT_GE(lines, 7u);
}

}  // namespace
}  // namespace readiness::standin
