#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(logs_are_structured_and_clean);

namespace readiness::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Json LogParameters() {
  return Json::parse(R"json({
    "service": "api", "variant": "json-logs", "identity": "user", "private_values": ["password", "email"],
    "requests": [
      {"name": "a note", "action": "write_note", "as": "user", "status": [200], "canaries": {"note": "${canary}"}},
      {"name": "something unknown", "action": "read_unknown", "as": "user", "status": [404]},
      {"name": "nobody's note", "action": "write_note", "as": "anonymous", "status": [401], "canaries": {"note": "my ${canary}"}},
      {"name": "a bad account", "action": "register_badly", "as": "anonymous", "status": [422],
       "canaries": {"mail": "${canary}@example.com", "password": "${canary}"}}
    ],
    "request_id_header": "X-Request-Id", "request_id_at": ["/request_id", "/context/request_id"], "exceptions": [],
    "log_within_ms": 50, "late_effects_within_ms": 0
  })json");
}

Json WithLogParameter(const std::string& key, Json value) {
  Json parameters = LogParameters();
  parameters[key] = std::move(value);
  return parameters;
}

std::string Argument(const Values& arguments, const std::string& name, const std::string& fallback) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? fallback : found->second.get<std::string>();
}

std::string Line(const Json& json) {
  return json.dump() + "\n";
}

// A service in a few lines; each test replaces what it logs or answers.
class LogsAreCleanTest : public ::testing::Test {
 protected:
  struct Seen {
    std::string action;
    Identity who;
    Values arguments;
    int status = 0;
    std::string Text(const std::string& name) const { return arguments.at(name).get<std::string>(); }
    std::string Id() const { return Text("request_id"); }
  };

  explicit LogsAreCleanTest(Json parameters = LogParameters()) : t(std::move(parameters)) {
    t.services.WhenStarted("json-logs", [this] { t.logs.Write("api", start_lines); });
  }

  class Target : public Actions {
   public:
    explicit Target(LogsAreCleanTest& test) : test_(test) {}
    Result<bool> Has(const std::string&) override { return true; }
    StatusSet RefusalStatuses(const std::string&) const override { return {}; }
    Result<ActionResult> Run(const std::string& name, const Identity& who, const Values& arguments) override {
      return test_.Play({name, who, arguments});
    }

   private:
    LogsAreCleanTest& test_;
  };

  Result<ActionResult> Play(Seen seen) {
    seen.status = seen.action == "read_unknown"     ? 404
                  : seen.action == "register_badly" ? 422
                  : seen.who.token.empty()          ? 401
                                                    : 200;
    if (answers) seen.status = answers(seen);
    ActionResult result;
    result.exchange.emplace();
    result.exchange->response.status = seen.status;
    if (sends_arguments) result.exchange->request.body = Json(seen.arguments).dump();
    const std::string echoed = echo(seen);
    if (!echoed.empty()) result.exchange->response.headers.emplace_back("x-request-id", echoed);
    t.logs.Write("api", writes(seen));
    return result;
  }

  Result<void> Run() {
    Target target(*this);
    const Context& c = t.context();
    Context context{c.parameters, c.findings, c.identities, target,     c.http,     c.stores,     c.doubles,
                    c.tokens,     c.logs,     c.openapi,    c.services, c.commands, c.source_tree};
    return probes::logs_are_structured_and_clean(context);
  }
  std::vector<std::string> Headlines() const {
    std::vector<std::string> whats;
    for (const Violation& violation : t.findings.violations()) whats.push_back(violation.what);
    return whats;
  }
  static std::string Healthy(const Seen& seen) {
    return Line({{"message", "request"}, {"status", seen.status}, {"request_id", seen.Id()}});
  }

  TestContext t;
  std::string start_lines = Line({{"message", "started"}});
  bool sends_arguments = true;
  std::function<int(const Seen&)> answers;
  std::function<std::string(const Seen&)> echo = [](const Seen& seen) { return seen.Id(); };
  std::function<std::string(const Seen&)> writes = Healthy;
};

constexpr const char* kNoId = "no log line carries the id of its request";
constexpr const char* kNoJson = "log lines are not JSON objects";
constexpr const char* kPrivate = "private values are in the log";
constexpr const char* kNoEcho = "an answer does not repeat the request's id";

TEST_F(LogsAreCleanTest, Holds) {
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("requests_are_logged"));
  EXPECT_TRUE(t.Satisfied("requests_succeed_and_fail"));
  EXPECT_THAT(t.findings.observations(), SizeIs(4 + 4 + 3));
  EXPECT_THAT(t.services.log, ElementsAre("start api json-logs", "stop api"));
}

TEST_F(LogsAreCleanTest, HoldsWhereTheIdIsNestedAndLinesEndInCarriageReturns) {
  writes = [](const Seen& seen) { return Json{{"context", {{"request_id", seen.Id()}}}}.dump() + "\r\n\n"; };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
}

TEST_F(LogsAreCleanTest, EveryRequestHasItsOwnIdAndCanaries) {
  std::vector<Seen> all;
  writes = [&](const Seen& seen) {
    all.push_back(seen);
    return Healthy(seen);
  };
  ASSERT_TRUE(Run());
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_NE(all[0].Id(), all[1].Id());
  EXPECT_NE(all[0].Text("note"), all[2].Text("note"));
  EXPECT_THAT(all[2].Text("note"), ::testing::StartsWith("my rd"));
  EXPECT_THAT(all[3].Text("mail"), ::testing::EndsWith("@example.com"));
  EXPECT_EQ(all[0].who.label, "user");
  EXPECT_TRUE(all[2].who.token.empty());
}

TEST_F(LogsAreCleanTest, Violated) {
  start_lines = "Started server process [1]\n";
  echo = [](const Seen&) { return ""; };
  writes = [](const Seen& seen) {
    return "INFO rejected " + Argument(seen.arguments, "password", "") + " " +
           (seen.arguments.contains("note") ? seen.Text("note") : "") + "\n";
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), ElementsAre(kNoEcho, kNoId, kNoJson, kPrivate));
  EXPECT_THAT(t.findings.violations()[1].actual, HasSubstr("none for 4 of 4"));
  EXPECT_THAT(t.findings.violations()[2].actual, AllOf(HasSubstr("5 of 5"), HasSubstr("Started server")));
  EXPECT_THAT(t.findings.violations()[3].actual,
              AllOf(HasSubstr("note of a note"), HasSubstr("password of a bad account")));
}

// What a sly service writes, and what shows it.
struct SlyLog {
  const char* name;
  std::function<std::string(const std::string& id, const Values& arguments, const Identity& who, int status)> writes;
  const char* headline;
  const char* says;
};

class SlyLogsTest : public LogsAreCleanTest, public ::testing::WithParamInterface<SlyLog> {};

TEST_P(SlyLogsTest, AreSeen) {
  writes = [](const Seen& seen) { return GetParam().writes(seen.Id(), seen.arguments, seen.who, seen.status); };
  ASSERT_TRUE(Run());
  ASSERT_THAT(Headlines(), ElementsAre(GetParam().headline));
  EXPECT_THAT(t.findings.violations()[0].did + "\n" + t.findings.violations()[0].actual, HasSubstr(GetParam().says));
}

std::string Good(const std::string& id) {
  return Line({{"request_id", id}});
}

INSTANTIATE_TEST_SUITE_P(
    LogsAreClean, SlyLogsTest,
    ::testing::Values(
        SlyLog{"IdOfGoodRequestsOnly",
               [](const std::string& id, const Values&, const Identity&, int status) {
                 return status < 400 ? Good(id) : Good("none");
               },
               kNoId, "none for 3 of 4"},
        SlyLog{"IdInTheMessageOnly",
               [](const std::string& id, const Values&, const Identity&, int) {
                 return Line({{"message", "request " + id}});
               },
               kNoId, "none for 4 of 4"},
        SlyLog{"IdInTheAccessLineOnly",
               [](const std::string& id, const Values&, const Identity&, int) {
                 return Line({{"message", "query"}, {"request_id", "-"}}) + Good(id);
               },
               "a log line of a request does not carry its id", "4 of 8 lines"},
        SlyLog{"IdOfNobodyInTheWork",
               [](const std::string& id, const Values&, const Identity&, int) {
                 return Line({{"message", "query"}, {"request_id", "of-another-request"}}) + Good(id);
               },
               "a log line of a request does not carry its id", "4 of 8 lines"},
        SlyLog{"ConstantId", [](const std::string&, const Values&, const Identity&, int) { return Good("-"); }, kNoId,
               "none for 4 of 4"},
        SlyLog{"TracebackOfOneError",
               [](const std::string& id, const Values&, const Identity&, int status) {
                 return Good(id) + (status == 422 ? "Traceback (most recent call last):\n" : "");
               },
               kNoJson, "1 of 6 lines"},
        SlyLog{"TwoObjectsInALine",
               [](const std::string& id, const Values&, const Identity&, int) {
                 const std::string line = Good(id);
                 return line + "{\"a\":1}{\"b\":2}\n";
               },
               kNoJson, "4 of 9 lines"},
        SlyLog{"Lists",
               [](const std::string& id, const Values&, const Identity&, int) { return Good(id) + "[1]\n\"text\"\n"; },
               kNoJson, "8 of 13 lines"},
        SlyLog{"NoteInUpperCase",
               [](const std::string& id, const Values& arguments, const Identity&, int) {
                 std::string note = Argument(arguments, "note", "nothing");
                 for (char& c : note) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
                 return Line({{"request_id", id}, {"input", note}});
               },
               kPrivate, "note of nobody's note"},
        SlyLog{"TokenOfTheUser",
               [](const std::string& id, const Values&, const Identity& who, int) {
                 return Line({{"request_id", id}, {"headers", {{"authorization", "Bearer " + who.token}}}});
               },
               kPrivate, "the user's token"},
        SlyLog{"PartOfAnAddress",
               [](const std::string& id, const Values& arguments, const Identity&, int) {
                 const std::string mail = Argument(arguments, "mail", "@");
                 return Line({{"request_id", id}, {"local_part", mail.substr(0, mail.find('@'))}});
               },
               kPrivate, "mail of a bad account"}),
    [](const auto& tried) { return tried.param.name; });

TEST_F(LogsAreCleanTest, ViolatedByWorkWithoutIdAlsoWhenALineOfBeforeComesLate) {
  t.logs.WhenRead(2, [this] {
    t.logs.Write("api", Line({{"message", "the account was made"}, {"request_id", "of-the-account"}}));
  });
  writes = [](const Seen& seen) { return Line({{"message", "query"}}) + Healthy(seen); };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), Contains("a log line of a request does not carry its id"));
}

TEST_F(LogsAreCleanTest, HoldsWhereALineIsWrittenUnaskedAndSaysSo) {
  // The log is read when the instance has started, when the user is there, and when nobody has asked for a while.
  t.logs.WhenRead(2, [this] { t.logs.Write("api", Line({{"message", "a job"}})); });
  writes = [](const Seen& seen) { return Line({{"message", "another job"}}) + Healthy(seen); };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("lines_are_attributed"));
  for (const Observation& observation : t.findings.observations())
    EXPECT_NE(observation.what, "lines written meanwhile") << "what was not looked at is no observation";
}

TEST_F(LogsAreCleanTest, UndecidableWhereAHeartbeatHidesLinesOfAnotherKind) {
  t.logs.WhenRead(2, [this] { t.logs.Write("api", Line({{"heartbeat", 1}})); });
  writes = [](const Seen& seen) { return Line({{"sql", "select"}}) + Healthy(seen); };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("lines_are_attributed"));
}

TEST_F(LogsAreCleanTest, ViolatedByPartsOfPrivateTexts) {
  const std::string token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3MTQyIn0.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  t.identities.SetToken("user", token);
  const std::vector<std::function<std::string(const Seen&)>> leaks = {
      [](const Seen& seen) { return seen.Text("note").substr(0, 16); },
      [](const Seen& seen) { return seen.Text("note").substr(9); },
      [&](const Seen& seen) { return token.substr(0, token.size() - (seen.status == 200 ? 1 : 2)); }};
  for (const auto& leak : leaks) {
    writes = [&](const Seen& seen) {
      const bool has_note = seen.arguments.contains("note");
      return has_note ? Line({{"request_id", seen.Id()}, {"text", leak(seen)}}) : Healthy(seen);
    };
    const std::size_t before = t.findings.violations().size();
    ASSERT_TRUE(Run());
    ASSERT_EQ(t.findings.violations().size(), before + 1);
    EXPECT_EQ(t.findings.violations().back().what, kPrivate);
  }
}

TEST_F(LogsAreCleanTest, ViolatedByWhatTheUsersCreationWrote) {
  t.identities.WhenMade("user", [this](const Identity& user) {
    t.logs.Write("api", Line({{"body", user.values.at("password")}}));
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), ElementsAre(kPrivate));
  EXPECT_THAT(t.findings.violations()[0].actual, HasSubstr("the user's password"));
}

TEST_F(LogsAreCleanTest, ViolatedWhenErrorsDoNotEcho) {
  echo = [](const Seen& seen) { return seen.status == 422 ? "another" : seen.Id(); };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), ElementsAre(kNoEcho));
  EXPECT_THAT(t.findings.violations()[0].actual, AllOf(HasSubstr("a bad account"), Not(HasSubstr("a note"))));
}

class ExceptedLogsTest : public LogsAreCleanTest {
 protected:
  ExceptedLogsTest()
      : LogsAreCleanTest(WithLogParameter(
            "exceptions", {{{"pattern", "^Started server"}, {"reason", "before logging is set up"}}})) {}
};

TEST_F(ExceptedLogsTest, HoldWhatIsExceptedButNotWhatIsPrivateInIt) {
  start_lines = "Started server process [1]\n";
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
  writes = [](const Seen& seen) {
    return Healthy(seen) + (seen.arguments.contains("note") ? "Started server " + seen.Text("note") + "\n" : "");
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), ElementsAre(kPrivate));
}

TEST_F(LogsAreCleanTest, UndecidableWithoutInstanceOrLog) {
  t.services.FailStart("json-logs", MakeError(ErrorKind::kNotAvailable));
  EXPECT_FALSE(Run());
  EXPECT_THAT(t.findings.controls(), IsEmpty());
}

TEST_F(LogsAreCleanTest, UndecidableWhenNothingIsWritten) {
  writes = [](const Seen&) { return ""; };
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("requests_are_logged"));
  EXPECT_THAT(Headlines(), IsEmpty());
}

TEST_F(LogsAreCleanTest, UndecidableWhenRequestsAreAnsweredOtherwise) {
  for (const int status : {500, 429, 404}) {
    answers = [status](const Seen& seen) { return seen.action == "register_badly" ? status : 200; };
    EXPECT_FALSE(Run());
    EXPECT_FALSE(t.Satisfied("requests_succeed_and_fail"));
  }
  EXPECT_EQ(t.services.log.back(), "stop api");
}

TEST_F(LogsAreCleanTest, UndecidableWhenMoreIsWrittenThanCanBeSeen) {
  writes = [](const Seen& seen) { return Healthy(seen) + std::string(70'000, 'x') + "\n"; };
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kLimit);
}

TEST(LogsAreCleanParameters, WrongOnesAreDefinitionErrors) {
  const struct {
    const char* key;
    const char* value;
    const char* says;
  } cases[] = {{"requests", "[]", "/requests"},
               {"requests", R"([{"name": "a", "action": "b", "as": "root", "status": [200]}])", "/requests/0/as"},
               {"requests", R"([{"name": "a", "action": "b", "as": "user", "status": []}])", "/requests/0/status"},
               {"requests", R"([{"name": "a", "action": "b", "as": "user", "status": [200], "canaries": {"c": "d"}}])",
                "no canary"},
               {"requests", R"([{"name": "a", "action": "b", "as": "user", "status": [200]}])", "one kind"},
               {"exceptions", R"([{"pattern": "("}])", "/exceptions/0/reason"},
               {"exceptions", R"([{"pattern": "(", "reason": "x"}])", "regular expression"},
               {"exceptions", R"([{"pattern": ".*", "reason": "x"}])", "empty text"},
               {"exceptions", R"([{"pattern": ".", "reason": "x"}])", "not meant for"},
               {"exceptions", R"([{"pattern": "[a-z0-9]+", "reason": "x"}])", "not meant for"}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.value);
    TestContext t(WithLogParameter(test.key, Json::parse(test.value)));
    const auto ran = probes::logs_are_structured_and_clean(t.context());
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
    EXPECT_THAT(ran.error().Brief(), HasSubstr(test.says));
    EXPECT_THAT(t.services.log, IsEmpty());
  }
}

TEST_F(LogsAreCleanTest, UndecidableWhenACanaryIsNotSent) {
  sends_arguments = false;
  const auto outcome = Run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(outcome.error().Brief(), HasSubstr("which write_note does not send"));
}

class MisspeltLogsTest : public LogsAreCleanTest {
 protected:
  MisspeltLogsTest() : LogsAreCleanTest(WithLogParameter("private_values", {"passwort"})) {}
};

TEST_F(MisspeltLogsTest, UndecidableWhenAPrivateValueIsNone) {
  const auto outcome = Run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(outcome.error().Brief(), HasSubstr("passwort"));
}

}  // namespace
}  // namespace readiness::testing
