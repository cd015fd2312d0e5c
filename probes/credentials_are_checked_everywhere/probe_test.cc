#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(credentials_are_checked_everywhere);

namespace readiness::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kRead = "GET /things/{thing_id}";
constexpr const char* kList = "GET /things";
constexpr const char* kCreate = "POST /things";
constexpr const char* kDelete = "DELETE /things/{thing_id}";
constexpr const char* kLogout = "POST /auth/logout";
constexpr const char* kHealth = "GET /health";

// The labels of the owner with its own token and with a minted one.
bool IsOwner(const Identity& who) {
  return who.label == "owner" || who.label == "owner with a minted token";
}

// An API that checks every credential, which each test then breaks in one place.
class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() : CredentialsTest(Json::object()) {}
  explicit CredentialsTest(const Json& other)
      : t([&] {
          Json parameters{{"identity", "user"},
                          {"service", "api"},
                          {"store", "main"},
                          {"refusals", {401}},
                          {"public", {{{"operation", kHealth}, {"reason", "for load balancers"}}}},
                          {"refusals_of", Json::object()},
                          {"shown_to_all", Json::array()},
                          {"left_out", Json::array()},
                          {"owner_may_get", Json::array()},
                          {"may_change", {"audit_events"}},
                          {"owner_names", {"user_id"}},
                          {"owner_headers", {"X-User-Id"}},
                          {"late_effects_within_ms", 0}};
          parameters.update(other);
          return parameters;
        }()) {
    t.store.Declare({"things", "audit_events"});
    for (const char* name : {kHealth, kList, kCreate, kRead, kDelete, kLogout}) t.openapi.Declare(name);
    t.openapi.Handle(kHealth, [](const auto&) { return std::pair(200, std::string("{}")); });
    Checks(kList);
    Checks(kRead);
    Checks(kCreate, [this](const auto& sent) { t.store.AddRows(sent.subject.owner, "things", 1); });
    Checks(kDelete, [this](const auto& sent) { t.store.AddRows(sent.subject.owner, "things", -1); });
    Checks(kLogout);
    t.openapi.WhenPopulated([this](const Identity& who) { t.store.AddRows(who.owner, "things", 3); });
  }

  void Checks(const std::string& operation, FakeOpenApi::Effect effect = nullptr) {
    t.openapi.Handle(operation, [effect](const FakeOpenApi::Sent& sent) {
      if (!IsOwner(sent.who)) return std::pair(401, std::string(R"({"detail": "no"})"));
      if (effect) effect(sent);
      return std::pair(200, R"({"text": "canary-of-owner"})" + std::string());
    });
  }
  // Everybody is answered so, the owner as well as it should be.
  void Gives(const std::string& operation, int status, const std::string& body, FakeOpenApi::Effect effect = nullptr) {
    t.openapi.Handle(operation, [=](const FakeOpenApi::Sent& sent) {
      if (IsOwner(sent.who)) return std::pair(200, std::string("{}"));
      if (effect) effect(sent);
      return std::pair(status, body);
    });
  }
  Result<void> Run() { return probes::credentials_are_checked_everywhere(t.context()); }
  void ExpectOneViolation(const std::string& what, const std::string& actual) {
    ASSERT_TRUE(Run());
    ASSERT_THAT(t.findings.violations(), SizeIs(1));
    EXPECT_THAT(t.findings.violations()[0].what, HasSubstr(what));
    EXPECT_THAT(t.findings.violations()[0].actual, HasSubstr(actual));
    EXPECT_TRUE(t.Satisfied("owner_succeeds"));
  }

  TestContext t;
};

TEST_F(CredentialsTest, Holds) {
  const auto outcome = Run();
  ASSERT_TRUE(outcome) << outcome.error().Brief();
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("owner_succeeds"));
  EXPECT_TRUE(t.Satisfied("attempts_are_decided"));
  EXPECT_TRUE(t.Satisfied("minted_token_is_honoured"));
  EXPECT_THAT(t.findings.observations(), SizeIs(5));
  EXPECT_THAT(t.findings.controls(), Contains(AllOf(Field(&Control::statement, HasSubstr("GET /health is public")),
                                                    Field(&Control::seen, HasSubstr("balancers")))));
}

TEST_F(CredentialsTest, EveryOperationIsTriedByNobodyAndWithEachForgery) {
  ASSERT_TRUE(Run());
  for (const char* name : {kList, kRead, kCreate, kDelete, kLogout}) {
    std::vector<std::string> by;
    for (const auto& sent : t.openapi.sent) {
      if (sent.operation == name && !IsOwner(sent.who)) by.push_back(sent.who.label);
    }
    // Nobody, who claims to be the owner in query or headers, by Basic and an empty Bearer; null and undefined.
    EXPECT_THAT(by, SizeIs(5 + t.tokens.forgeries.size() + 2)) << name;
    EXPECT_EQ(by.front(), "anonymous");
  }
  for (const auto& sent : t.openapi.sent) {
    if (sent.who.label == "anonymous") EXPECT_TRUE(sent.who.token.empty());
    EXPECT_EQ(sent.subject.label, "owner");
  }
}

TEST_F(CredentialsTest, OwnerComesAfterAllAttemptsAndWhatEndsItsSessionLast) {
  ASSERT_TRUE(Run());
  std::vector<std::string> of_owner;
  for (const auto& sent : t.openapi.sent) {
    if (sent.who.label == "owner") of_owner.push_back(sent.operation);
    // It reads in between, to see that all is still there.
    if (!IsOwner(sent.who) && sent.operation != kHealth) of_owner.clear();
  }
  EXPECT_THAT(of_owner, ::testing::ElementsAre(kList, kCreate, kRead, kDelete, kLogout));
}

TEST_F(CredentialsTest, OwnerIsMadeAnewAfterItsControlTookRowsAway) {
  t.openapi.Declare("DELETE /others/{other_id}");
  Checks("DELETE /others/{other_id}");
  ASSERT_TRUE(Run());
  std::vector<std::string> owners;
  for (const auto& sent : t.openapi.sent) {
    if (sent.who.label == "owner" && (owners.empty() || owners.back() != sent.who.owner))
      owners.push_back(sent.who.owner);
  }
  EXPECT_THAT(owners, ::testing::ElementsAre("id-owner", "id-owner-2", "id-owner-3"));
  EXPECT_TRUE(t.Satisfied("owner_succeeds"));
}

TEST_F(CredentialsTest, OwnerWhoseSessionWasEndedUnexpectedlyIsMadeAnew) {
  t.openapi.Handle(kRead, [](const FakeOpenApi::Sent& sent) {
    return std::pair(sent.who.label == "owner" && sent.who.owner == "id-owner-2" ? 200 : 401, std::string("{}"));
  });
  ASSERT_TRUE(Run());
  EXPECT_TRUE(t.Satisfied("owner_succeeds"));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

struct Leak {
  const char* name;
  const char* operation;
  int status;
  std::string body;
  const char* what;
  const char* actual;
};

class CredentialsLeakTest : public CredentialsTest, public ::testing::WithParamInterface<Leak> {};

TEST_P(CredentialsLeakTest, Violated) {
  Gives(GetParam().operation, GetParam().status, GetParam().body);
  ExpectOneViolation(GetParam().what, GetParam().actual);
}

INSTANTIATE_TEST_SUITE_P(
    , CredentialsLeakTest,
    ::testing::Values(
        Leak{"Served", kRead, 200, "{}", "GET /things/{thing_id} answers without", "answered anonymous and 12 more"},
        Leak{"ServedWithNothing", kDelete, 204, "", "DELETE /things/{thing_id} answers", "status 204"},
        Leak{"RefusedWithTheData", kList, 401, "canary-of-owner", "GET /things answers", "canary of owner (plain)"},
        Leak{"RefusedWithTheDataInBase64", kList, 401, "e30gY2FuYXJ5LW9mLW93bmVy", "GET /things answers", "base64"},
        Leak{"FailedWithTheData", kList, 500, "CANARY-OF-OWNER", "GET /things answers", "canary of owner"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(CredentialsTest, ViolatedByOneForgeryOnly) {
  t.openapi.Handle(kRead, [](const FakeOpenApi::Sent& sent) {
    const bool served = IsOwner(sent.who) || sent.who.label == "forged: expired";
    return std::pair(served ? 200 : 401, std::string("{}"));
  });
  ExpectOneViolation("GET /things/{thing_id} answers", "answered forged: expired");
}

struct Pretence {
  const char* name;
  std::function<bool(const FakeOpenApi::Sent&)> is_believed;
};

class CredentialsPretenceTest : public CredentialsTest, public ::testing::WithParamInterface<Pretence> {};

TEST_P(CredentialsPretenceTest, Violated) {
  t.openapi.Handle(kList, [](const FakeOpenApi::Sent& sent) {
    return std::pair(IsOwner(sent.who) || GetParam().is_believed(sent) ? 200 : 401, std::string("{}"));
  });
  ExpectOneViolation("GET /things answers without", "answered");
}

bool SendsHeader(const FakeOpenApi::Sent& sent, const std::string& name, const std::string& begin) {
  for (const auto& [header, value] : sent.input.headers) {
    if (header == name && value.starts_with(begin)) return true;
  }
  return false;
}

INSTANTIATE_TEST_SUITE_P(
    , CredentialsPretenceTest,
    ::testing::Values(
        Pretence{"Query", [](const auto& s) { return !s.input.query.empty() && s.input.query[0].first == "user_id"; }},
        Pretence{"Header", [](const auto& s) { return SendsHeader(s, "X-User-Id", "id-owner"); }},
        Pretence{"Cookie", [](const auto& s) { return SendsHeader(s, "Cookie", "session="); }},
        Pretence{"Basic", [](const auto& s) { return SendsHeader(s, "Authorization", "Basic "); }},
        Pretence{"EmptyBearer", [](const auto& s) { return SendsHeader(s, "Authorization", "Bearer "); }},
        Pretence{"Null", [](const auto& s) { return s.who.token == "null"; }},
        Pretence{"Undefined", [](const auto& s) { return s.who.token == "undefined"; }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(CredentialsTest, ViolatedByHeadThatIsAnsweredBeforeTheCheck) {
  t.openapi.Handle("HEAD /things", [](const auto&) { return std::pair(200, std::string()); });
  ExpectOneViolation("GET /things answers without", "answered anonymous by HEAD");
}

TEST_F(CredentialsTest, NamingThatNobodyMayUseIsLeftOut) {
  t.openapi.Handle(kList, [](const FakeOpenApi::Sent& sent) {
    if (!sent.input.query.empty()) return std::pair(422, std::string("{}"));
    return std::pair(IsOwner(sent.who) ? 200 : 401, std::string("{}"));
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("attempts_are_decided"));
}

TEST_F(CredentialsTest, UndecidableWhenTheOwnerHasNoRows) {
  t.openapi.WhenPopulated(nullptr);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("rows_are_seen"));
}

TEST_F(CredentialsTest, ViolatedByARefusalThatWrites) {
  Gives(kCreate, 401, "{}", [this](const auto& sent) {
    if (sent.who.label == "anonymous") t.store.AddRows(sent.subject.owner, "things", 1);
  });
  ExpectOneViolation("POST /things changed the owner's rows", "things +1 row");
}

TEST_F(CredentialsTest, ViolatedByA404ThatDeletesAndTheRestIsTriedWithAFreshOwner) {
  t.openapi.Handle(kDelete, [this](const FakeOpenApi::Sent& sent) {
    if (IsOwner(sent.who)) return std::pair(204, std::string());
    if (sent.who.label == "anonymous") t.store.AddRows(sent.subject.owner, "things", -1);
    return std::pair(404, std::string("{}"));
  });
  ExpectOneViolation("DELETE /things/{thing_id} changed", "things -1 row");
  const auto& last = t.tokens.forged_for;
  EXPECT_THAT(last, SizeIs(::testing::Ge(2u))) << "the forgeries are made of the fresh owner's token";
}

TEST_F(CredentialsTest, OwnerIsMadeAnewAfterAForgeryChangedItsRows) {
  Gives(kCreate, 200, "{}", [this](const auto& sent) { t.store.ChangeRows(sent.subject.owner, "things"); });
  ASSERT_TRUE(Run());
  for (const auto& sent : t.openapi.sent) {
    if (sent.operation == kRead && !IsOwner(sent.who)) {
      EXPECT_NE(sent.subject.owner, "id-owner");
    }
  }
}

TEST_F(CredentialsTest, HoldsWhenRefusalsAreAudited) {
  Gives(kCreate, 401, "{}", [this](const auto& sent) { t.store.AddRows(sent.subject.owner, "audit_events", 1); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

class LateCredentialsTest : public CredentialsTest {
 protected:
  LateCredentialsTest() : CredentialsTest(Json{{"late_effects_within_ms", 1}}) {}
};

TEST_F(LateCredentialsTest, ViolatedByWhatHappensLater) {
  // Operations are looked at one by one: three of making, five of attempts, then the late one.
  StoreSnapshot before{{"things", {3, "a"}}}, after{{"things", {4, "b"}}};
  for (int i = 0; i < 3 + 5; ++i) t.store.ShowSnapshot(t.OwnerOf("owner"), before);
  t.store.ShowSnapshot(t.OwnerOf("owner"), after);
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].what, HasSubstr("later"));
}

TEST_F(CredentialsTest, ViolatedByAPublicOperationThatShowsTheOwner) {
  t.openapi.Handle(kHealth, [](const auto&) { return std::pair(200, std::string("canary-of-owner")); });
  ExpectOneViolation("GET /health is declared public and shows", "canary of owner");
}

class CredentialsUndecidedTest : public CredentialsTest, public ::testing::WithParamInterface<int> {};

TEST_P(CredentialsUndecidedTest, AttemptThatIsNeitherRefusedNorAnswered) {
  Gives(kRead, GetParam(), "{}");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("attempts_are_decided"));
  EXPECT_TRUE(t.Satisfied("owner_succeeds"));
  EXPECT_THAT(t.findings.controls()[2].seen,
              HasSubstr("GET /things/{thing_id}: status " + std::to_string(GetParam()) + " to anonymous and "));
}

INSTANTIATE_TEST_SUITE_P(, CredentialsUndecidedTest, ::testing::Values(307, 400, 403, 404, 405, 415, 422, 429, 500));

TEST_F(CredentialsTest, UndecidableWhereTheOwnerFailsToo) {
  t.openapi.Handle(kRead, [](const auto& sent) { return std::pair(IsOwner(sent.who) ? 500 : 401, std::string()); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("owner_succeeds"));
  EXPECT_THAT(t.findings.controls()[1].seen, HasSubstr("GET /things/{thing_id}: status 500"));
  EXPECT_THAT(t.findings.observations(), SizeIs(4));
}

TEST_F(CredentialsTest, UndecidableWhenAnOperationHangsAndTriesItOnce) {
  t.openapi.FailCall(kRead, "anonymous", MakeError(ErrorKind::kTimeout, "no answer"));
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("attempts_are_decided"));
  int tries = 0;
  for (const auto& sent : t.openapi.sent) tries += sent.operation == kRead && !IsOwner(sent.who) ? 1 : 0;
  EXPECT_EQ(tries, 1);
}

TEST_F(CredentialsTest, UndecidableWhenARequestCannotBeMade) {
  t.openapi.FailCall(kCreate, "*", MakeError(ErrorKind::kNotAvailable, "no value for user_id"));
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("owner_succeeds"));
  EXPECT_THAT(t.findings.controls()[1].seen, HasSubstr("no value for user_id"));
}

TEST_F(CredentialsTest, MintedTokenThatIsRefusedMakesForgeriesMeaningless) {
  t.openapi.Handle(
      kList, [](const auto& sent) { return std::pair(sent.who.label == "owner" ? 200 : 401, std::string("{}")); });
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("minted_token_is_honoured"));
}

TEST_F(CredentialsTest, WithoutSigningKeyThereIsNoSuchControlAndTheRecordSaysSo) {
  t.tokens.FailReissue(MakeError(ErrorKind::kNotAvailable));
  t.tokens.forgeries = {"garbage"};
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("minted_token_is_honoured"));
  EXPECT_THAT(t.findings.controls()[1].seen, HasSubstr("none made with the signing key"));
}

struct WrongNote {
  const char* name;
  Json parameters;
  const char* message;
};

class CredentialsNotesTest : public ::testing::TestWithParam<WrongNote> {};

TEST_P(CredentialsNotesTest, AreADefinitionError) {
  struct Fixture : CredentialsTest {
    explicit Fixture(const Json& other) : CredentialsTest(other) {}
    void TestBody() override {}
    using CredentialsTest::Run;
  } fixture(GetParam().parameters);
  const auto outcome = fixture.Run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(RenderError(outcome.error()), HasSubstr(GetParam().message));
}

Json Note(const char* operation, const char* reason) {
  return {{"operation", operation}, {"reason", reason}};
}

INSTANTIATE_TEST_SUITE_P(
    , CredentialsNotesTest,
    ::testing::Values(
        WrongNote{"Unknown", {{"public", {Note("GET /helth", "x")}}}, "did you mean \"GET /health\""},
        WrongNote{"NoReason", {{"public", {Note("GET /health", "")}}}, "another form"},
        WrongNote{"NoObject", {{"public", {"GET /health"}}}, "another form"},
        WrongNote{"Twice", {{"public", {Note("GET /health", "x"), Note("GET /health", "y")}}}, "listed twice"},
        WrongNote{"Both", {{"left_out", {Note("GET /health", "x")}}}, "in public and in left_out"},
        WrongNote{"RefusalAsControl",
                  {{"owner_may_get", {{{"operation", "GET /things"}, {"status", {401}}, {"reason", "x"}}}}},
                  "401 refuses"},
        WrongNote{"ForgeryUnknown", {{"refusals_of", {{"unknwn-user", {401}}}}}, "unknwn-user"},
        WrongNote{"NoRefusalOfAForgery", {{"refusals_of", {{"unknown-user", {500}}}}}, "500"},
        WrongNote{"ShownAndNotPublic",
                  {{"shown_to_all", {{{"operation", "GET /things"}, {"attributes", {"email"}}, {"reason", "x"}}}}},
                  "not in public"},
        WrongNote{"ShownWithoutAttributes", {{"shown_to_all", {Note("GET /health", "x")}}}, "another form"},
        WrongNote{"NoStatus", {{"owner_may_get", {Note("GET /things", "x")}}}, "another form"}),
    [](const auto& test) { return std::string(test.param.name); });

class CredentialsListedTest : public CredentialsTest {
 protected:
  CredentialsListedTest()
      : CredentialsTest(
            Json{{"left_out", {Note(kLogout, "it is the last thing a user does")}},
                 {"public", {Note(kHealth, "x"), {{"operation", "GET /x"}, {"reason", "x"}, {"if_present", true}}}},
                 {"owner_may_get", {{{"operation", kRead}, {"status", {409}}, {"reason", "busy"}}}}}) {}
};

TEST_F(CredentialsListedTest, LeavesOutAndSaysWhy) {
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.controls(), Contains(AllOf(Field(&Control::statement, "POST /auth/logout is left out"),
                                                    Field(&Control::seen, HasSubstr("last thing a user does")))));
  // What is left out or public was not looked at.
  EXPECT_THAT(t.findings.observations(), Each(Field(&Observation::what, HasSubstr("is refused"))));
  for (const auto& sent : t.openapi.sent) EXPECT_NE(sent.operation, kLogout);
}

TEST_F(CredentialsListedTest, OwnerMayGetWhatTheItemSays) {
  t.openapi.Handle(kRead, [](const auto& sent) { return std::pair(IsOwner(sent.who) ? 409 : 401, std::string()); });
  ASSERT_TRUE(Run());
  EXPECT_TRUE(t.Satisfied("owner_succeeds"));
}

class CredentialsStaffTest : public CredentialsTest {
 protected:
  CredentialsStaffTest()
      : CredentialsTest(
            Json{{"owner_may_get", {{{"operation", kRead}, {"status", {403}}, {"reason", "staff only"}}}}}) {}
  // The owner is told that it is no staff, and `believed` too.
  void Believes(std::set<std::string> believed, const std::string& garbage, const std::string& body) {
    t.openapi.Handle(kRead, [=](const FakeOpenApi::Sent& sent) {
      if (IsOwner(sent.who)) return std::pair(403, std::string("no staff"));
      if (believed.contains(sent.who.label)) return std::pair(403, body);
      return std::pair(sent.who.label == "forged: garbage" ? std::stoi(garbage) : 401, std::string("no"));
    });
  }
};

TEST_F(CredentialsStaffTest, ViolatedByAForgeryThatIsRefusedAsTheOwnerIs) {
  Believes({"forged: expired"}, "401", "no staff");
  ExpectOneViolation("GET /things/{thing_id} believes a forged token", "the very same to forged: expired");
  EXPECT_TRUE(t.Satisfied("attempts_are_decided"));
}

TEST_F(CredentialsStaffTest, UndecidedWhereTheRefusalDiffers) {
  Believes({"forged: expired"}, "401", "bad signature");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("attempts_are_decided"));
}

TEST_F(CredentialsStaffTest, UndecidedWhereGarbageIsRefusedLikeTheOwner) {
  Believes({"forged: expired", "forged: garbage"}, "403", "no staff");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("attempts_are_decided"));
}

class CredentialsRefusalsOfTest : public CredentialsTest {
 protected:
  CredentialsRefusalsOfTest() : CredentialsTest(Json{{"refusals_of", {{"expired", {401, 404}}}}}) {}
};

TEST_F(CredentialsRefusalsOfTest, OneForgeryHasRefusalsOfItsOwn) {
  t.openapi.Handle(kRead, [](const auto& sent) {
    return std::pair(IsOwner(sent.who) ? 200 : sent.who.label == "forged: expired" ? 404 : 401, std::string("{}"));
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("attempts_are_decided"));
}

TEST_F(CredentialsRefusalsOfTest, OthersDoNot) {
  Gives(kRead, 404, "{}");
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("attempts_are_decided"));
}

class CredentialsShownTest : public CredentialsTest {
 protected:
  CredentialsShownTest()
      : CredentialsTest(
            Json{{"shown_to_all", {{{"operation", kHealth}, {"attributes", {"email"}}, {"reason", "shop"}}}}}) {}
};

TEST_F(CredentialsShownTest, PublicOperationMayShowWhatTheItemSays) {
  t.openapi.Handle(kHealth, [](const auto& sent) { return std::pair(200, sent.subject.values.at("email").dump()); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_THAT(t.findings.controls().back().seen, HasSubstr("the owner's email, because shop"));
}

TEST_F(CredentialsShownTest, ViolatedByAnythingElseThere) {
  t.openapi.Handle(kHealth, [](const auto& sent) {
    return std::pair(200, sent.subject.values.at("email").dump() + "canary-of-owner");
  });
  ExpectOneViolation("GET /health is declared public and shows", "canary of owner");
}

TEST_F(CredentialsTest, OwnerIsMadeAnewAfterAForgeryDeletedWhatNoTableTells) {
  t.openapi.Handle(kDelete, [](const auto&) { return std::pair(204, std::string()); });
  ASSERT_TRUE(Run());
  std::vector<std::string> owners;
  for (const auto& sent : t.openapi.sent) {
    if (sent.operation == kDelete && sent.who.label == "owner") owners.push_back(sent.who.owner);
  }
  EXPECT_THAT(owners, ::testing::ElementsAre("id-owner-2"));
}

TEST_F(CredentialsTest, ErrorsOfTheCapabilitiesEndIt) {
  t.openapi.FailOperations(MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
  t.openapi.FailOperations(std::nullopt);
  t.openapi.FailPopulate(MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
  t.openapi.FailPopulate(std::nullopt);
  t.tokens.FailForge(MakeError(ErrorKind::kMalformed));
  EXPECT_FALSE(Run());
  t.tokens.FailForge(std::nullopt);
  t.store.FailWith(MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
}

}  // namespace
}  // namespace readiness::testing
