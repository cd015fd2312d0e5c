#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(strangers_cannot_reach_owned_objects);

namespace readiness::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kRead = "GET /things/{thing_id}";
constexpr const char* kList = "GET /things";
constexpr const char* kCreate = "POST /things";
constexpr const char* kChange = "PATCH /things/{thing_id}";
constexpr const char* kDelete = "DELETE /things/{thing_id}";
constexpr const char* kClose = "POST /account/revoke";

using Sent = FakeOpenApi::Sent;
using Answer = std::pair<int, std::string>;

std::string TextOf(const Identity& who) {
  return R"({"text": "canary-of-)" + who.label + R"("})";
}
// Does the request address an object that exists?
bool Exists(const Sent& sent) {
  return !sent.input.values.contains("thing_id");
}
bool Owns(const Sent& sent) {
  return Exists(sent) && sent.who.label == sent.subject.label;
}
// Who the caller says it is, in query, header or body; empty: nobody.
std::string Named(const Sent& sent) {
  for (const auto& [name, value] : sent.input.query) return value;
  for (const auto& [name, value] : sent.input.headers) return value;
  for (const auto& [name, value] : sent.input.body) return value.get<std::string>();
  return {};
}

// An API of things that belong to somebody, which each test then breaks in one place.
class StrangersTest : public ::testing::Test {
 protected:
  StrangersTest() : StrangersTest(Json::object()) {}
  explicit StrangersTest(const Json& other)
      : t([&] {
          Json parameters{{"identity", "user"},
                          {"service", "api"},
                          {"store", "main"},
                          {"refusals", {403, 404}},
                          {"owner_names", {"user_id"}},
                          {"owner_headers", {"X-User-Id"}},
                          {"canaries_seen_in_at_least", 2},
                          {"shown_to_all", Json::array()},
                          {"left_out", Json::array()},
                          {"owner_may_get", Json::array()},
                          {"may_change", {"audit_events"}},
                          {"late_effects_within_ms", 0}};
          parameters.update(other);
          return parameters;
        }()) {
    t.store.Declare({"things", "audit_events"});
    for (const char* name : {kList, kCreate, kRead, kChange, kDelete, kClose}) {
      Operation& operation = t.openapi.Declare(name);
      if (operation.method == "POST" || operation.method == "PATCH") operation.body_type = "application/json";
    }
    ListsOwn(kList);
    t.openapi.Handle(kCreate, [this](const Sent& sent) {
      t.store.AddRows(sent.who.owner, "things", 1);
      return Answer(201, TextOf(sent.who));
    });
    for (const char* name : {kRead, kChange, kDelete}) Guards(name);
    t.openapi.Handle(kClose, [](const Sent&) { return Answer(200, "{}"); });
    t.openapi.WhenPopulated([this](const Identity& who) { t.store.AddRows(who.owner, "things", 3); });
  }

  void ListsOwn(const std::string& operation) {
    t.openapi.Handle(operation, [](const Sent& sent) {
      return sent.who.label == "anonymous" ? Answer(401, "{}") : Answer(200, TextOf(sent.who));
    });
  }
  void Guards(const std::string& operation) {
    t.openapi.Handle(operation, [](const Sent& sent) {
      if (sent.who.label == "anonymous") return Answer(401, "{}");
      return Owns(sent) ? Answer(200, TextOf(sent.who)) : Answer(404, "{}");
    });
  }
  // To strangers about existing things `answer`; the rest is as it should be.
  void Gives(const std::string& operation, std::function<Answer(const Sent&)> answer) {
    t.openapi.Handle(operation, [answer](const Sent& sent) {
      if (sent.who.label == "anonymous") return Answer(401, "{}");
      if (Owns(sent)) return Answer(200, TextOf(sent.who));
      return Exists(sent) ? answer(sent) : Answer(404, "{}");
    });
  }
  Result<void> Run() { return probes::strangers_cannot_reach_owned_objects(t.context()); }
  void ExpectOneViolation(const std::string& what, const std::string& actual) {
    const auto outcome = Run();
    ASSERT_TRUE(outcome) << outcome.error().Brief();
    ASSERT_THAT(t.findings.violations(), SizeIs(1));
    EXPECT_THAT(t.findings.violations()[0].what, HasSubstr(what));
    EXPECT_THAT(t.findings.violations()[0].actual, HasSubstr(actual));
  }
  void ExpectControls(bool owner_succeeds, bool decided = true) {
    EXPECT_EQ(t.Satisfied("owner_succeeds"), owner_succeeds);
    EXPECT_EQ(t.Satisfied("attempts_are_decided"), decided);
    EXPECT_TRUE(t.Satisfied("canaries_are_seen"));
    EXPECT_TRUE(t.Satisfied("stranger_is_genuine"));
  }

  TestContext t;
};

TEST_F(StrangersTest, Holds) {
  const auto outcome = Run();
  ASSERT_TRUE(outcome) << outcome.error().Brief();
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  ExpectControls(true);
  EXPECT_THAT(t.findings.observations(), SizeIs(6));
}

struct AnotherTarget : StrangersTest {
  void TestBody() override {}
  using StrangersTest::ExpectOneViolation;
  using StrangersTest::t;
};

TEST_F(StrangersTest, UndecidableWhenTheOwnerHasNoRows) {
  t.openapi.WhenPopulated([this](const Identity& who) { t.store.AddRows(who.owner, "audit_events", 1); });
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("rows_are_seen"));
}

TEST_F(StrangersTest, UndecidableWhenRowsOfNobodyAreLost) {
  t.store.unowned = {{"tags", 5}, {"versions", 1}};
  t.openapi.Handle(kChange, [this](const Sent& sent) {
    if (sent.who.label == "stranger") t.store.unowned["tags"] = 3;
    return Owns(sent) ? Answer(200, TextOf(sent.who)) : Answer(404, "{}");
  });
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("other_tables_keep_their_rows"));
  EXPECT_THAT(t.findings.controls(), Contains(Field(&Control::seen, HasSubstr("tags lost 2 of 5 rows by PATCH"))));
}

TEST_F(StrangersTest, TablesOfNobodyAreNamed) {
  t.store.unowned = {{"versions", 1}};
  ASSERT_TRUE(Run());
  EXPECT_TRUE(t.Satisfied("other_tables_keep_their_rows"));
  EXPECT_THAT(t.findings.controls(),
              Contains(Field(&Control::seen, HasSubstr("watched for lost rows only: versions"))));
}

TEST_F(StrangersTest, ViolatedByWhatOnlyMemoryHolds) {
  std::set<std::string> gone;
  t.openapi.Handle(kRead, [&](const Sent& sent) {
    if (sent.who.label == "anonymous") return Answer(401, "{}");
    const bool there = Owns(sent) && !gone.contains(sent.subject.owner);
    return there ? Answer(200, TextOf(sent.who)) : Answer(404, "{}");
  });
  t.openapi.Handle(kDelete, [&](const Sent& sent) {
    if (Exists(sent)) gone.insert(sent.subject.owner);
    return Answer(204, "");
  });
  ExpectOneViolation("a stranger changed what the owner has by DELETE", "GET /things/{thing_id}: status 404, without");
}

TEST_F(StrangersTest, ViolatedByAnOptionalParameterThatOpens) {
  for (const char* name : {"all", "list_id"}) {
    AnotherTarget opened;
    Operation& list = opened.t.openapi.Declare("GET /lists");
    list.parameters = {{"all", "query", false, {{"type", "boolean"}}}, {"list_id", "query", false, Json::object()}};
    opened.t.openapi.Handle("GET /lists", [name](const Sent& sent) {
      if (sent.who.label == "anonymous") return Answer(401, "{}");
      const bool set = !sent.input.query.empty() && sent.input.query[0].first == name;
      return Answer(200, set ? "canary-of-owner" : TextOf(sent.who));
    });
    opened.ExpectOneViolation("GET /lists shows a stranger", "canary of owner");
    EXPECT_THAT(opened.t.findings.violations()[0].did, HasSubstr(name + std::string("=")));
  }
}

TEST_F(StrangersTest, ViolatedByAnIdThatOnlyTheOwnerKnows) {
  const std::string id = "0b0e5dba-92a5-4d3c-8a51-6e2ad5b7b1f0";
  t.openapi.values_of["owner"] = {{"list_id", id}};
  Gives(kRead, [&](const Sent&) { return Answer(403, "it is in " + id); });
  ExpectOneViolation("GET /things/{thing_id} shows a stranger", "the owner's list_id");
}

TEST_F(StrangersTest, NamesItselfAndThenTheOwnerInEveryPlace) {
  ASSERT_TRUE(Run());
  std::vector<std::string> named;
  for (const Sent& sent : t.openapi.sent) {
    if (sent.operation != kCreate || sent.who.label != "stranger" || sent.subject.label != "owner") continue;
    EXPECT_EQ(sent.input.values.at("user_id"), "id-stranger");
    named.push_back(Named(sent) + (sent.input.query.empty() ? "" : " in query") +
                    (sent.input.headers.empty() ? "" : " in header") + (sent.input.body.empty() ? "" : " in body"));
  }
  EXPECT_THAT(named, ::testing::ElementsAre("", "id-owner in query", "id-owner in header", "id-owner in body"));
}

TEST_F(StrangersTest, OwnerComesAfterAllAttemptsAndDeletesLast) {
  ASSERT_TRUE(Run());
  std::vector<std::string> of_owner;
  for (const Sent& sent : t.openapi.sent) {
    if (sent.who.label == "owner") of_owner.push_back(sent.operation);
    // It reads in between, to see that all is still there.
    if (sent.who.label != "owner" && !of_owner.empty()) of_owner.clear();
  }
  EXPECT_THAT(of_owner, ::testing::IsSupersetOf({kList, kCreate, kRead, kChange, kDelete, kClose}));
  EXPECT_EQ(of_owner.back(), kClose);
}

TEST_F(StrangersTest, ViolatedByAnObjectReadByItsIdAlone) {
  Gives(kRead, [](const Sent& sent) { return Answer(200, TextOf(sent.subject)); });
  ExpectOneViolation("GET /things/{thing_id} shows a stranger", "canary of owner (plain)");
  ExpectControls(true);
}

TEST_F(StrangersTest, ViolatedByTheOwnersDataInBase64) {
  Gives(kRead, [](const Sent&) { return Answer(200, R"({"export": "e30gY2FuYXJ5LW9mLW93bmVy"})"); });
  ExpectOneViolation("GET /things/{thing_id} shows a stranger", "canary of owner (base64)");
}

TEST_F(StrangersTest, ViolatedByARefusalThatShows) {
  Gives(kChange, [](const Sent& sent) { return Answer(403, "not yours: " + TextOf(sent.subject)); });
  ExpectOneViolation("PATCH /things/{thing_id} shows a stranger", "canary of owner");
}

TEST_F(StrangersTest, ViolatedByAListThatIgnoresWhoAsks) {
  t.openapi.Handle(kList, [](const Sent& sent) {
    return sent.who.label == "anonymous" ? Answer(401, "{}") : Answer(200, "canary-of-owner canary-of-stranger");
  });
  ExpectOneViolation("GET /things shows a stranger", "canary of owner");
}

class StrangersNamingTest : public StrangersTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(StrangersNamingTest, ViolatedByAnOperationThatBelievesTheNameThere) {
  const std::string place = GetParam();
  t.openapi.Handle(kCreate, [this, place](const Sent& sent) {
    const bool believed = place == "query"      ? !sent.input.query.empty()
                          : place == "a header" ? !sent.input.headers.empty()
                                                : !sent.input.body.empty();
    t.store.AddRows(believed ? Named(sent) : sent.who.owner, "things", 1);
    return Answer(201, "{}");
  });
  ExpectOneViolation("a stranger changed the owner's rows by POST /things", "things +1 row");
}

INSTANTIATE_TEST_SUITE_P(, StrangersNamingTest, ::testing::Values("query", "a header", "the body"));

TEST_F(StrangersTest, ViolatedByAListOfWhoeverIsNamed) {
  t.openapi.Handle(kList, [](const Sent& sent) {
    if (sent.who.label == "anonymous") return Answer(401, "{}");
    return Answer(200, Named(sent) == "id-owner" ? "canary-of-owner" : TextOf(sent.who));
  });
  ExpectOneViolation("GET /things shows a stranger", "canary of owner");
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr("naming the owner in the query"));
}

TEST_F(StrangersTest, ViolatedByA404ThatDeletesAndTheRestIsTriedWithAFreshOwner) {
  Gives(kDelete, [this](const Sent& sent) {
    if (sent.input.query.empty() && sent.input.headers.empty()) t.store.AddRows(sent.subject.owner, "things", -1);
    return Answer(404, "{}");
  });
  ExpectOneViolation("a stranger changed the owner's rows by DELETE", "things -1 row");
  EXPECT_EQ(t.openapi.sent.back().who.owner.substr(0, 9), "id-owner-");
}

TEST_F(StrangersTest, ViolatedByASuccessOnThePathThatTellsTheObjectExists) {
  Gives(kRead, [](const Sent&) { return Answer(200, "{}"); });
  ExpectOneViolation("GET /things/{thing_id} lets a stranger reach", "an id that does not exist gets another answer");
}

TEST_F(StrangersTest, ViolatedByASuccessWithoutBodyOnThePath) {
  Gives(kDelete, [](const Sent&) { return Answer(204, ""); });
  ExpectOneViolation("DELETE /things/{thing_id} lets a stranger reach", "status 204");
}

// What a stranger is told about a thing of the owner, and about one that does not exist.
struct Told {
  const char* name;
  std::function<std::string(const Sent&, int count)> body;
  bool same;
};

class StrangersToldTest : public StrangersTest, public ::testing::WithParamInterface<Told> {};

TEST_P(StrangersToldTest, SuccessIsFineWhereItTellsNothing) {
  int count = 0;
  t.openapi.Handle(kRead, [&](const Sent& sent) {
    if (sent.who.label == "anonymous") return Answer(401, "{}");
    return Answer(200, Owns(sent) ? TextOf(sent.who) : GetParam().body(sent, ++count));
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(GetParam().same ? 0 : 1));
}

std::string IdIn(const Sent& sent) {
  return Exists(sent) ? "thing_id-of-owner" : sent.input.values.at("thing_id").get<std::string>();
}

INSTANTIATE_TEST_SUITE_P(
    , StrangersToldTest,
    ::testing::Values(
        Told{"Nothing", [](const Sent&, int) { return std::string("[]"); }, true},
        Told{"TheIdAsked", [](const Sent& s, int) { return R"({"id": ")" + IdIn(s) + R"(", "rows": []})"; }, true},
        Told{"ATime", [](const Sent&, int n) { return R"({"at": )" + std::to_string(n) + R"(, "rows": []})"; }, true},
        Told{"TheNumberOfRows",
             [](const Sent& s, int) { return R"({"count": )" + std::string(Exists(s) ? "3" : "0") + "}"; }, false},
        Told{"AnotherMember",
             [](const Sent& s, int) { return std::string(Exists(s) ? R"({"a": 1, "b": 2})" : R"({"a": 1})"); }, false},
        Told{"TextThatDiffers", [](const Sent& s, int) { return std::string(Exists(s) ? "yes" : "no"); }, false},
        Told{"TheNumberBesideATime",
             [](const Sent& s, int n) {
               return R"({"at": )" + std::to_string(n) + R"(, "count": )" + (Exists(s) ? "3" : "0") + "}";
             },
             false}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(StrangersTest, OwnWordsThatComeBackAreNoLeak) {
  t.openapi.Declare("GET /search/{word}");
  t.openapi.Handle("GET /search/{word}", [](const Sent& sent) {
    const auto word = sent.input.values.find("word");
    return Answer(200,
                  word == sent.input.values.end() ? "word-of-" + sent.subject.label : word->second.get<std::string>());
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(StrangersTest, HoldsWhenAttemptsAreAudited) {
  Gives(kRead, [this](const Sent& sent) {
    t.store.AddRows(sent.subject.owner, "audit_events", 1);
    return Answer(403, "{}");
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(StrangersTest, ViolatedByWhatHappensLater) {
  const StoreSnapshot before{{"things", {3, "a"}}}, after{{"things", {2, "b"}}};
  for (int i = 0; i < 3 + 6; ++i) t.store.ShowSnapshot(t.OwnerOf("owner"), before);
  t.store.ShowSnapshot(t.OwnerOf("owner"), after);
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].what, HasSubstr("later"));
}

class StrangersUndecidedTest : public StrangersTest, public ::testing::WithParamInterface<int> {};

TEST_P(StrangersUndecidedTest, AnswerThatHidesWhetherItWasRefused) {
  Gives(kRead, [](const Sent&) { return Answer(GetParam(), "{}"); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  ExpectControls(true, false);
}

INSTANTIATE_TEST_SUITE_P(, StrangersUndecidedTest, ::testing::Values(307, 400, 401, 405, 409, 415, 422, 429, 500, 503));

TEST_F(StrangersTest, NamingThatNobodyMayUseIsLeftOut) {
  t.openapi.Handle(kList, [](const Sent& sent) {
    if (sent.who.label == "anonymous") return Answer(401, "{}");
    return sent.input.query.empty() ? Answer(200, TextOf(sent.who)) : Answer(422, "{}");
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  ExpectControls(true, true);
}

TEST_F(StrangersTest, NamingThatOnlyTheOwnerMayUseIsUndecided) {
  t.openapi.Handle(kList, [](const Sent& sent) {
    if (sent.who.label == "anonymous") return Answer(401, "{}");
    return Named(sent).empty() || sent.who.label == "owner" ? Answer(200, TextOf(sent.who)) : Answer(422, "{}");
  });
  ASSERT_TRUE(Run());
  ExpectControls(true, false);
  EXPECT_THAT(t.findings.controls()[2].seen, HasSubstr("status 422 naming the owner in the query (the owner got 200)"));
}

TEST_F(StrangersTest, UndecidableWhereTheOwnerFailsToo) {
  t.openapi.Handle(kRead, [](const Sent& sent) { return Answer(sent.who.label == "owner" ? 500 : 404, "{}"); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  ExpectControls(false);
  EXPECT_THAT(t.findings.controls()[1].seen, HasSubstr("GET /things/{thing_id}: status 500"));
}

TEST_F(StrangersTest, UndecidableWithoutCanariesSeen) {
  for (const char* name : {kList, kCreate, kRead, kChange, kDelete})
    t.openapi.Handle(name, [](const Sent& sent) { return Answer(Owns(sent) ? 200 : 404, "{}"); });
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("canaries_are_seen"));
  EXPECT_FALSE(t.Satisfied("stranger_is_genuine"));
}

TEST_F(StrangersTest, UndecidableWhenTheStrangersTokenIsNoGood) {
  for (const char* name : {kList, kCreate, kRead, kChange, kDelete, kClose})
    t.openapi.Handle(name, [](const Sent& sent) {
      return sent.who.label == "owner" ? Answer(200, TextOf(sent.who)) : Answer(403, "{}");
    });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_FALSE(t.Satisfied("stranger_is_genuine"));
}

TEST_F(StrangersTest, UndecidableWhenAnAttemptEndedTheStrangersSession) {
  bool closed = false;
  t.openapi.Handle(kCreate, [&](const Sent& sent) {
    closed = closed || sent.who.label == "stranger";
    return Answer(200, "{}");
  });
  for (const char* name : {kList, kRead, kChange, kDelete})
    t.openapi.Handle(name, [&](const Sent& sent) {
      if (sent.who.label == "anonymous" || (sent.who.label == "stranger" && closed)) return Answer(403, "{}");
      return name == std::string(kList) || Owns(sent) ? Answer(200, TextOf(sent.who)) : Answer(404, "{}");
    });
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("stranger_is_genuine"));
}

TEST_F(StrangersTest, WhatShowsTheStrangerToNobodyTooSaysNothingAboutItsToken) {
  t.openapi.Handle(kList, [](const Sent& sent) { return Answer(200, TextOf(sent.subject)); });
  Gives(kRead, [](const Sent&) { return Answer(403, "{}"); });
  ASSERT_TRUE(Run());
  EXPECT_TRUE(t.Satisfied("stranger_is_genuine"));
  for (const Control& control : t.findings.controls()) {
    if (control.id == "stranger_is_genuine") EXPECT_THAT(control.seen, HasSubstr("GET /things/{thing_id}"));
  }
}

TEST_F(StrangersTest, StrangerIsMadeAnewAfterItClosedItsOwnAccount) {
  t.openapi.Declare("POST /tokens/revoke-all").body_type = "application/json";
  t.openapi.Handle("POST /tokens/revoke-all", [](const Sent&) { return Answer(204, ""); });
  ASSERT_TRUE(Run());
  std::set<std::string> strangers;
  for (const Sent& sent : t.openapi.sent) {
    if (sent.who.label == "stranger") strangers.insert(sent.who.owner);
  }
  EXPECT_THAT(strangers, SizeIs(3)) << "the last one is only looked at";
  EXPECT_TRUE(t.Satisfied("stranger_is_genuine"));
}

TEST_F(StrangersTest, OwnerIsMadeAnewAfterItsControlChangedWhatOthersNeed) {
  Gives(kRead, [](const Sent&) { return Answer(404, "{}"); });
  t.openapi.Handle(kChange, [this](const Sent& sent) {
    if (!Owns(sent)) return Answer(404, "{}");
    t.store.ChangeRows(sent.who.owner, "things");
    return Answer(200, TextOf(sent.who));
  });
  ASSERT_TRUE(Run());
  EXPECT_EQ(t.openapi.populated.size(), 2u + 1 + 1 + 1 + 1)
      << "two at first; PATCH, DELETE and revoke; the stranger once";
}

TEST_F(StrangersTest, UndecidableWhenARequestCannotBeMadeOrHangs) {
  t.openapi.FailCall(kCreate, "stranger", MakeError(ErrorKind::kTimeout, "no answer"));
  t.openapi.FailCall(kChange, "*", MakeError(ErrorKind::kNotAvailable, "no value for thing_id"));
  ASSERT_TRUE(Run());
  ExpectControls(false, false);
  EXPECT_THAT(t.findings.controls()[1].seen, HasSubstr("no value for thing_id"));
  EXPECT_THAT(t.findings.controls()[2].seen, HasSubstr("POST /things: no answer"));
}

class StrangersListedTest : public StrangersTest {
 protected:
  StrangersListedTest()
      : StrangersTest(Json{{"left_out", {{{"operation", kClose}, {"reason", "it ends all"}}}},
                           {"owner_may_get", {{{"operation", kRead}, {"status", {410}}, {"reason", "gone"}}}}}) {}
};

TEST_F(StrangersListedTest, LeavesOutAndAllowsWhatTheItemSays) {
  t.openapi.Handle(kRead, [](const Sent& sent) { return Answer(sent.who.label == "owner" ? 410 : 404, "{}"); });
  ASSERT_TRUE(Run());
  ExpectControls(true);
  EXPECT_THAT(t.findings.controls(), Contains(AllOf(Field(&Control::statement, "POST /account/revoke is left out"),
                                                    Field(&Control::seen, HasSubstr("it ends all")))));
  EXPECT_THAT(t.findings.observations(), Each(Field(&Observation::what, HasSubstr("keeps the owner's data"))));
  for (const Sent& sent : t.openapi.sent) EXPECT_NE(sent.operation, kClose);
}

class StrangersByNameTest : public StrangersTest {
 protected:
  StrangersByNameTest() : StrangersTest(Json{{"owner_names", {"user_id", "email"}}}) {}
};

TEST_F(StrangersByNameTest, ViolatedByAnOperationThatBelievesAnotherNameThanTheId) {
  t.openapi.Handle(kList, [](const Sent& sent) {
    if (sent.who.label == "anonymous") return Answer(401, "{}");
    for (const auto& [name, value] : sent.input.query) {
      if (name == "email" && value == sent.subject.values.at("email")) return Answer(200, TextOf(sent.subject));
    }
    return Answer(200, TextOf(sent.who));
  });
  ExpectOneViolation("GET /things shows a stranger", "canary of owner");
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr("naming the owner in the query"));
}

// A stranger that does `broken_by` is nobody from then on.
class StrangersBrokenTest : public StrangersTest, public ::testing::WithParamInterface<const char*> {
 protected:
  StrangersBrokenTest() : StrangersTest(Json{{"refusals", {401, 403, 404}}}) {
    t.openapi.Declare("GET /backdoor");
    t.openapi.Handle("GET /backdoor", [](const Sent&) { return Answer(200, "{}"); });
    for (const char* name : {kList, kCreate, kRead, kChange, kDelete, kClose, "GET /backdoor"}) {
      t.openapi.Handle(name, [this, name](const Sent& sent) {
        if (sent.who.label == "anonymous" || broken.contains(sent.who.owner)) return Answer(401, "{}");
        if (name == std::string(GetParam()) && sent.who.label == "stranger") broken.insert(sent.who.owner);
        if (name == std::string(kDelete)) return Answer(204, "");
        const bool about_things = std::string(name).find('{') != std::string::npos;
        return !about_things || Owns(sent) ? Answer(200, TextOf(sent.who)) : Answer(404, "{}");
      });
    }
  }
  std::set<std::string> broken;
};

TEST_P(StrangersBrokenTest, IsReplacedAndTheHoleBehindItSeen) {
  t.openapi.Handle(kDelete, [this](const Sent& sent) {
    if (sent.who.label == "anonymous" || broken.contains(sent.who.owner)) return Answer(401, "{}");
    return Answer(Exists(sent) ? 204 : 404, "");
  });
  ExpectOneViolation("DELETE /things/{thing_id} lets a stranger reach", "status 204");
  EXPECT_TRUE(t.Satisfied("stranger_is_genuine"));
  EXPECT_THAT(t.findings.controls()[0].seen, HasSubstr(std::string("made anew after ") + GetParam()));
}

INSTANTIATE_TEST_SUITE_P(, StrangersBrokenTest, ::testing::Values(kCreate, kChange, "GET /backdoor"));

TEST_F(StrangersTest, HoldsWhereADeleteIgnoresItsPathAndRemovesTheCaller) {
  std::set<std::string> gone;
  for (const char* name : {kList, kRead, kDelete})
    t.openapi.Handle(name, [&, name](const Sent& sent) {
      if (sent.who.label == "anonymous") return Answer(401, "{}");
      if (gone.contains(sent.who.owner)) return Answer(500, "{}");
      if (name == std::string(kRead) && !Owns(sent)) return Answer(404, "{}");
      if (name == std::string(kDelete)) gone.insert(sent.who.owner);
      return Answer(200, name == std::string(kDelete) ? "{}" : TextOf(sent.who));
    });
  const auto outcome = Run();
  ASSERT_TRUE(outcome) << outcome.error().Brief();
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  ExpectControls(true);
}

TEST_F(StrangersTest, UndecidedWhereWhatDoesNotExistFails) {
  t.openapi.Handle(kRead, [](const Sent& sent) {
    if (sent.who.label == "anonymous") return Answer(401, "{}");
    return Exists(sent) ? Answer(200, Owns(sent) ? TextOf(sent.who) : "{}") : Answer(500, "{}");
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  ExpectControls(true, false);
  EXPECT_THAT(t.findings.controls()[2].seen, HasSubstr("an id that does not exist got 500"));
}

class StrangersShownTest : public StrangersTest {
 protected:
  StrangersShownTest()
      : StrangersTest(
            Json{{"shown_to_all", {{{"operation", kRead}, {"attributes", {"email"}}, {"reason", "a shop window"}}}}}) {}
};

TEST_F(StrangersShownTest, WhatTheItemSaysMayBeSeenAndIsRecorded) {
  Gives(kRead, [](const Sent& sent) { return Answer(200, sent.subject.values.at("email").dump()); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_THAT(t.findings.controls(),
              Contains(AllOf(Field(&Control::statement, "GET /things/{thing_id} shows something to all"),
                             Field(&Control::seen, "the owner's email, because a shop window"))));
}

TEST_F(StrangersShownTest, ViolatedByAnythingElseThereAndByTheSameElsewhere) {
  Gives(kRead,
        [](const Sent& sent) { return Answer(200, sent.subject.values.at("email").dump() + TextOf(sent.subject)); });
  Gives(kChange, [](const Sent& sent) { return Answer(403, sent.subject.values.at("email").dump()); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(2));
}

TEST_F(StrangersTest, ErrorsOfTheCapabilitiesEndIt) {
  t.openapi.FailOperations(MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
  t.openapi.FailOperations(std::nullopt);
  t.openapi.FailPopulate(MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
  t.openapi.FailPopulate(std::nullopt);
  t.store.FailWith(MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
}

}  // namespace
}  // namespace readiness::testing
