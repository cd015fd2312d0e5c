#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(loop_decision_needs_owner);

namespace readiness::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kMinted = "owner with a minted token";
constexpr const char* kAnonymous = "anonymous";
constexpr const char* kAsOwner = "decide_naming_owner";

// A target that decides for owners only, which each test then breaks in one place.
class LoopDecisionNeedsOwnerTest : public ::testing::Test {
 protected:
  explicit LoopDecisionNeedsOwnerTest(int late_effects_within_ms = 0)
      : t({{"identity", "user"},
           {"store", "main"},
           {"prepare", "seed_evaluation"},
           {"decide", "decide_loop"},
           {"decided_in", {"loop_decisions"}},
           {"may_change", {"audit_events"}},
           {"unauthenticated_with", {401}},
           {"stranger_refused_with", {403, 404}},
           {"late_effects_within_ms", late_effects_within_ms},
           {"impersonations", {kAsOwner}}}) {
    t.store.Declare({"loop_decisions", "experiments", "audit_events"});
    t.actions.Answer("seed_evaluation", "owner", 0).Captures("evaluation_id", 7);
    t.actions.Answer("seed_evaluation", "stranger", 0).Captures("evaluation_id", 8);
  }

  // `who` is answered `status`, and a decision of `owner` is stored.
  void Decides(const std::string& who, const std::string& owner, int status = 200) {
    t.actions.Answer("decide_loop", who, status).Then([this, owner] { Stores(owner); });
  }
  void Stores(const std::string& owner) { t.store.AddRows(t.OwnerOf(owner), "loop_decisions", 1); }
  void OthersAreRefused() {
    t.actions.Answer("decide_loop", "*", 401);
    ClaimsAreRefused();
  }
  void ClaimsAreRefused() {
    t.actions.Answer(kAsOwner, kAnonymous, 401);
    t.actions.Answer(kAsOwner, "stranger", 404);
  }
  void StrangerIsRefused(int status = 404) { t.actions.Answer("decide_loop", "stranger", status); }
  void OwnersDecide() {
    Decides("owner", "owner");
    Decides(kMinted, "owner");
    Decides("stranger", "stranger");
  }
  void AllIsWell() {
    StrangerIsRefused();
    OwnersDecide();
    StrangerIsRefused();
    OthersAreRefused();
  }
  Result<void> Run() { return probes::loop_decision_needs_owner(t.context()); }

  TestContext t;
};

TEST_F(LoopDecisionNeedsOwnerTest, Holds) {
  AllIsWell();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("owner_decides"));
  EXPECT_TRUE(t.Satisfied("stranger_is_genuine"));
  EXPECT_TRUE(t.Satisfied("minted_token_is_honoured"));
  EXPECT_THAT(t.findings.observations(), SizeIs(2 + 2 + t.tokens.forgeries.size()));
}

TEST_F(LoopDecisionNeedsOwnerTest, TriesTheOwnersEvaluationAndShowsTheOwnersIdToImpersonators) {
  AllIsWell();
  ASSERT_TRUE(Run());
  int own = 0;
  for (const FakeActions::Call& call : t.actions.calls) {
    if (call.action == "seed_evaluation") continue;
    const bool stranger_for_itself = call.arguments.at("evaluation_id") == 8;
    own += stranger_for_itself ? 1 : 0;
    EXPECT_TRUE(!stranger_for_itself || call.who.label == "stranger");
    EXPECT_EQ(call.arguments.contains("owner_id"), call.action == kAsOwner);
    if (call.action == kAsOwner) {
      EXPECT_EQ(call.arguments.at("owner_id"), "id-owner");
    }
  }
  EXPECT_EQ(own, 1);
}

TEST_F(LoopDecisionNeedsOwnerTest, ForgedTokensAreSentAndNotTheOwnersOwn) {
  AllIsWell();
  ASSERT_TRUE(Run());
  for (const std::string& name : t.tokens.forgeries) {
    ASSERT_EQ(t.actions.Count("decide_loop", "forged: " + name), 1);
    for (const FakeActions::Call& call : t.actions.calls) {
      if (call.who.label != "forged: " + name) continue;
      EXPECT_EQ(call.who.token, name + "-of-owner");
    }
  }
}

TEST_F(LoopDecisionNeedsOwnerTest, LooksOncePerAttemptAtEach) {
  AllIsWell();
  ASSERT_TRUE(Run());
  const std::size_t attempts = t.findings.observations().size();
  constexpr std::size_t kPrepared = 1, kLate = 1, kControls = 3, kAgain = 2, kLast = 1;
  EXPECT_THAT(t.store.snapshots, SizeIs(2 * (kPrepared + attempts + kLate + kControls + kAgain + kLast)));
}

TEST_F(LoopDecisionNeedsOwnerTest, HoldsWhenRefusalsAreAudited) {
  t.actions.Answer("decide_loop", "stranger", 403).Then([this] {
    t.store.AddRows(t.OwnerOf("owner"), "audit_events", 1);
  });
  OwnersDecide();
  StrangerIsRefused();
  OthersAreRefused();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(LoopDecisionNeedsOwnerTest, HoldsWithoutSigningKeyAndSaysWhatWasNotTried) {
  AllIsWell();
  t.tokens.FailReissue(MakeError(ErrorKind::kNotAvailable));
  t.tokens.forgeries = {"garbage", "alg-none"};
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_THAT(t.findings.controls(), SizeIs(2));
  EXPECT_THAT(t.findings.observations().back().detail.value("not_tried", ""), HasSubstr("expired"));
}

TEST_F(LoopDecisionNeedsOwnerTest, HoldsWithoutAnImpersonationThatTheTargetLacksAndSaysSo) {
  AllIsWell();
  t.actions.Lacks(kAsOwner);
  ASSERT_TRUE(Run());
  EXPECT_EQ(t.actions.Count(kAsOwner), 0);
  EXPECT_THAT(t.findings.controls()[0].seen, HasSubstr("not expressible in this target: decide_naming_owner"));
}

// Who may decide although nobody but the owner may, and what happens then.
struct Served {
  const char* who;
  const char* rows_of;
};

class LoopDecisionServedTest : public LoopDecisionNeedsOwnerTest, public ::testing::WithParamInterface<Served> {};

TEST_P(LoopDecisionServedTest, Decision) {
  Decides(GetParam().who, GetParam().rows_of);
  AllIsWell();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  const Violation& violation = t.findings.violations()[0];
  EXPECT_EQ(violation.what, "somebody decided on another's evaluation");
  EXPECT_THAT(violation.did, HasSubstr(GetParam().who));
  EXPECT_THAT(violation.actual, HasSubstr("status 200"));
  EXPECT_THAT(violation.actual, HasSubstr(std::string(GetParam().rows_of) + ": loop_decisions +1 row"));
}

INSTANTIATE_TEST_SUITE_P(LoopDecisionNeedsOwner, LoopDecisionServedTest,
                         ::testing::Values(Served{kAnonymous, "owner"}, Served{"stranger", "owner"},
                                           Served{"stranger", "stranger"}, Served{"forged: expired", "owner"},
                                           Served{"forged: alg-none", "owner"}));

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedWhenEverybodyDecides) {
  Decides("*", "owner");
  Decides("stranger", "owner");
  Decides("stranger", "stranger");
  ClaimsAreRefused();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(2 + t.tokens.forgeries.size()));
  EXPECT_TRUE(t.Satisfied("owner_decides"));
}

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedByA200ThatStoresNothing) {
  t.actions.Answer("decide_loop", kAnonymous, 200).Mismatches("no decision_id");
  AllIsWell();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(1));
}

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedWhenAClaimIsBelieved) {
  t.actions.Answer(kAsOwner, "stranger", 200).Then([this] { Stores("owner"); });
  AllIsWell();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr("decide_naming_owner as \"stranger\""));
}

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedWhenARefusalIsStored) {
  Decides("stranger", "owner", 403);
  AllIsWell();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "a decision was refused and had an effect all the same");
}

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedWhenARefusalIsFollowedByADecisionBeforeTheControls) {
  AllIsWell();
  t.identities.WhenMade("owner", [this](const Identity& owner) {
    const StoreSnapshot before = {{"loop_decisions", {0, "none"}}};
    const std::size_t attempts = 2 + 2 + t.tokens.forgeries.size();
    for (std::size_t look = 0; look < 1 + attempts; ++look) t.store.ShowSnapshot(owner.owner, before);
    t.store.ShowSnapshot(owner.owner, {{"loop_decisions", {1, "late"}}});
  });
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "a refused decision was taken later");
  EXPECT_EQ(t.findings.violations()[0].did, "nothing more, after all refusals");
}

class LateDecisionTest : public LoopDecisionNeedsOwnerTest {
 protected:
  static constexpr int kWithinMs = 60;
  LateDecisionTest() : LoopDecisionNeedsOwnerTest(kWithinMs) {}
};

TEST_F(LateDecisionTest, HoldsOnlyAfterTheTimeForLateEffects) {
  AllIsWell();
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(Run());
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(kWithinMs));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("owner_decides"));
}

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedWhenARefusalIsStoredForTheStranger) {
  Decides("stranger", "stranger", 404);
  AllIsWell();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].actual, HasSubstr("stranger: loop_decisions +1 row"));
}

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedWhenARefusalChangesAnotherTable) {
  t.actions.Answer("decide_loop", kAnonymous, 401).Then([this] {
    t.store.ChangeRows(t.OwnerOf("owner"), "experiments");
  });
  AllIsWell();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(1));
}

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedWhenAFaultIsStored) {
  Decides(kAnonymous, "owner", 500);
  AllIsWell();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(1));
}

TEST_F(LoopDecisionNeedsOwnerTest, ViolatedWhenAJobDecidesAfterTheRefusal) {
  const auto rows = [](std::int64_t count) {
    return StoreSnapshot{{"loop_decisions", {count, std::to_string(count)}}};
  };
  AllIsWell();
  // Before, after each of ten attempts: 0. Owner's control: 1; stranger's: 1; minted: 2; the stranger's second tries:
  // 2; the last look: 3.
  for (int i = 0; i < 11; ++i) t.store.ShowSnapshot(t.OwnerOf("owner"), rows(0));
  for (const std::int64_t count : {1, 1, 2, 2, 2, 3}) t.store.ShowSnapshot(t.OwnerOf("owner"), rows(count));
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "a refused decision was taken later");
}

// The evaluation was not visible yet when the stranger was refused first.
class LoopDecisionSecondTryTest : public LoopDecisionNeedsOwnerTest {
 protected:
  LoopDecisionSecondTryTest() {
    StrangerIsRefused();
    OwnersDecide();
    t.actions.Answer("decide_loop", "*", 401);
  }
};

TEST_F(LoopDecisionSecondTryTest, HoldsWhenItIsRefusedAsBefore) {
  StrangerIsRefused(403);
  ClaimsAreRefused();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_EQ(t.actions.Count("decide_loop", "stranger"), 3);
  EXPECT_EQ(t.actions.Count(kAsOwner, "stranger"), 2);
}

TEST_F(LoopDecisionSecondTryTest, ViolatedWhenItIsServed) {
  Decides("stranger", "stranger");
  ClaimsAreRefused();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "somebody decided on another's evaluation");
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr("again after the owner decided"));
}

TEST_F(LoopDecisionSecondTryTest, ViolatedWhenTheClaimIsBelieved) {
  StrangerIsRefused();
  ClaimsAreRefused();
  t.actions.Answer(kAsOwner, "stranger", 200).Then([this] { Stores("owner"); });
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr(kAsOwner));
}

TEST_F(LoopDecisionSecondTryTest, ViolatedWhenARefusalIsStored) {
  Decides("stranger", "owner", 404);
  ClaimsAreRefused();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "a decision was refused and had an effect all the same");
}

TEST_F(LoopDecisionSecondTryTest, HoldsWhenAJobOfTheOwnersDecisionIsStillRunning) {
  t.actions.Answer("decide_loop", "stranger", 404).Then([this] {
    t.store.ChangeRows(t.OwnerOf("owner"), "experiments");
  });
  ClaimsAreRefused();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(LoopDecisionSecondTryTest, UndecidableByAnotherStatus) {
  StrangerIsRefused(422);
  ClaimsAreRefused();
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("neither done nor refused"));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

// What must never be taken for a refusal.
class LoopDecisionRefusalTest : public LoopDecisionNeedsOwnerTest,
                                public ::testing::WithParamInterface<std::pair<const char*, int>> {};

TEST_P(LoopDecisionRefusalTest, Undecidable) {
  t.actions.Answer("decide_loop", GetParam().first, GetParam().second);
  AllIsWell();
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("neither done nor refused"));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(LoopDecisionNeedsOwner, LoopDecisionRefusalTest,
                         ::testing::Values(std::pair{kAnonymous, 404}, std::pair{kAnonymous, 403},
                                           std::pair{kAnonymous, 307}, std::pair{kAnonymous, 500},
                                           std::pair{"stranger", 401}, std::pair{"stranger", 405},
                                           std::pair{"stranger", 415}, std::pair{"stranger", 422},
                                           std::pair{"stranger", 429}, std::pair{"stranger", 503},
                                           std::pair{"forged: garbage", 404}));

TEST_F(LoopDecisionNeedsOwnerTest, AViolationAfterAnUndecidableAttemptIsStillSeen) {
  t.actions.Answer("decide_loop", kAnonymous, 500);
  Decides("stranger", "owner");
  AllIsWell();
  EXPECT_FALSE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(1));
}

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWhenTheOwnerIsRefusedToo) {
  StrangerIsRefused();
  t.actions.Answer("decide_loop", "owner", 404);
  Decides(kMinted, "owner");
  Decides("stranger", "stranger");
  OthersAreRefused();
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("owner_decides"));
  EXPECT_TRUE(t.Satisfied("stranger_is_genuine"));
}

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWhenTheOwnerIsRefusedAndTheDecisionStored) {
  Decides("owner", "owner", 409);
  AllIsWell();
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("owner_decides"));
}

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWhenTheOwnersDecisionIsNotStored) {
  StrangerIsRefused();
  t.actions.Answer("decide_loop", "owner", 200);
  OwnersDecide();
  OthersAreRefused();
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("owner_decides"));
}

class LoopDecisionStoredTwiceTest : public LoopDecisionNeedsOwnerTest,
                                    public ::testing::WithParamInterface<const char*> {};

TEST_P(LoopDecisionStoredTwiceTest, Undecidable) {
  t.actions.Answer("decide_loop", "owner", 200).Then([this] {
    Stores("owner");
    Stores(GetParam());
  });
  AllIsWell();
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("owner_decides"));
}

INSTANTIATE_TEST_SUITE_P(LoopDecisionNeedsOwner, LoopDecisionStoredTwiceTest, ::testing::Values("owner", "stranger"));

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWhenTheStrangersTokenIsNeverHonoured) {
  StrangerIsRefused(403);
  StrangerIsRefused(403);
  Decides("owner", "owner");
  Decides(kMinted, "owner");
  OthersAreRefused();
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("stranger_is_genuine"));
}

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWhenMintedTokensAreNotHonoured) {
  StrangerIsRefused();
  Decides("owner", "owner");
  Decides("stranger", "stranger");
  OthersAreRefused();
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("minted_token_is_honoured"));
}

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWithoutForgedTokens) {
  AllIsWell();
  t.tokens.forgeries = {"garbage"};
  EXPECT_FALSE(Run());
  t.tokens.FailForge(MakeError(ErrorKind::kMalformed));
  EXPECT_FALSE(Run());
}

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWhenATableOfDecisionsDoesNotExist) {
  AllIsWell();
  TestContext misspelt({{"identity", "user"},
                        {"store", "main"},
                        {"prepare", "seed_evaluation"},
                        {"decide", "decide_loop"},
                        {"decided_in", {"loop_decision"}},
                        {"may_change", Json::array()},
                        {"unauthenticated_with", {401}},
                        {"stranger_refused_with", {404}},
                        {"impersonations", Json::array()}});
  misspelt.store.Declare({"loop_decisions"});
  misspelt.actions.Answer("seed_evaluation", "*", 0).Captures("evaluation_id", 7);
  const auto ran = probes::loop_decision_needs_owner(misspelt.context());
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
}

TEST_F(LoopDecisionNeedsOwnerTest, AStatusThatRefusesNothingIsADefinitionError) {
  for (const char* name : {"unauthenticated_with", "stranger_refused_with"}) {
    for (const int status : {200, 302, 405, 429, 500}) {
      Json parameters = {{"identity", "user"},
                         {"store", "main"},
                         {"prepare", "seed_evaluation"},
                         {"decide", "decide_loop"},
                         {"decided_in", {"loop_decisions"}},
                         {"may_change", Json::array()},
                         {"unauthenticated_with", {401}},
                         {"stranger_refused_with", {404}},
                         {"late_effects_within_ms", 0},
                         {"impersonations", Json::array()}};
      parameters[name].push_back(status);
      TestContext wrong(parameters);
      const auto ran = probes::loop_decision_needs_owner(wrong.context());
      ASSERT_FALSE(ran);
      EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition) << name << " " << status;
      EXPECT_THAT(wrong.identities.made, IsEmpty());
    }
  }
}

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWhenNothingCanBePreparedOrRead) {
  AllIsWell();
  t.store.FailWith(MakeError(ErrorKind::kTimeout));
  EXPECT_FALSE(Run());
  t.store.FailWith(std::nullopt);
  t.identities.FailWith("*", MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
  EXPECT_THAT(t.findings.observations(), IsEmpty());
}

TEST_F(LoopDecisionNeedsOwnerTest, UndecidableWhenTheTargetDoesNotAnswer) {
  t.actions.FailWith("decide_loop", kAnonymous, MakeError(ErrorKind::kTimeout));
  AllIsWell();
  EXPECT_FALSE(Run());
}

}  // namespace
}  // namespace readiness::testing
