#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(sync_needs_consent);

namespace readiness::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kNever = "consent never given";
constexpr const char* kWithdrawn = "consent withdrawn";
constexpr const char* kGiven = "consent given";

// A target in which consent works, which each test then breaks in one place.
class SyncNeedsConsentTest : public ::testing::Test {
 protected:
  explicit SyncNeedsConsentTest(Json cases = {{{"name", kNever}},
                                              {{"name", kWithdrawn},
                                               {"before_connect", {"grant_consent"}},
                                               {"after_connect", {"withdraw_consent"}}}})
      : t({{"identity", "user"},
           {"store", "main"},
           {"provider", "whoop"},
           {"stored_in", {"health_data", "data_provenance"}},
           {"may_change", {"audit_events"}},
           {"refused_with", {403}},
           {"late_effects_within_ms", 0},
           {"connect", "connect_provider"},
           {"grant", "grant_consent"},
           {"sync", "sync_provider"},
           {"cases", std::move(cases)}}) {
    t.store.Declare({"health_data", "data_provenance", "audit_events"});
    t.actions.Answer("grant_consent", "*", 200);
    t.actions.Answer("withdraw_consent", "*", 204);
    t.actions.Answer("connect_provider", "*", 200);
  }

  // The sync of `who` answers `status` and does what its data provider and store show.
  void SyncFetchesAndStores(const std::string& who, int status) {
    t.actions.Answer("sync_provider", who, status).Then([this, who] {
      t.provider.Call(t.AccountOf(who), ProviderCallKind::kData);
      Stores(who);
    });
  }
  void Stores(const std::string& who) {
    t.store.AddRows(t.OwnerOf(who), "health_data", 9);
    t.store.AddRows(t.OwnerOf(who), "data_provenance", 9);
  }
  void ConsentWorks() {
    SyncFetchesAndStores(kGiven, 200);
    t.actions.Answer("sync_provider", "*", 403);
  }
  Result<void> Run() { return probes::sync_needs_consent(t.context()); }

  TestContext t;
};

TEST_F(SyncNeedsConsentTest, Holds) {
  ConsentWorks();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("consented_sync_stores"));
  EXPECT_THAT(t.findings.observations(), SizeIs(2));
  EXPECT_EQ(t.actions.Count("sync_provider"), 2 + 2 + 1 + 1);
}

TEST_F(SyncNeedsConsentTest, HoldsWhenTheRefusalIsAudited) {
  SyncFetchesAndStores(kGiven, 200);
  t.actions.Answer("sync_provider", kNever, 403).Then([this] {
    t.store.AddRows(t.OwnerOf(kNever), "audit_events", 1);
  });
  t.actions.Answer("sync_provider", kWithdrawn, 403);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(SyncNeedsConsentTest, HoldsWithoutACaseThatTheTargetCannotExpressAndSaysSo) {
  ConsentWorks();
  t.actions.Lacks("withdraw_consent");
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.observations(), SizeIs(1));
  ASSERT_THAT(t.findings.controls(), SizeIs(1));
  EXPECT_THAT(t.findings.controls()[0].seen, HasSubstr("not expressible in this target: consent withdrawn"));
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenTheSyncRuns) {
  SyncFetchesAndStores(kNever, 200);
  ConsentWorks();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  const Violation& violation = t.findings.violations()[0];
  EXPECT_EQ(violation.what, "sync ran for a user without consent");
  EXPECT_THAT(violation.actual, HasSubstr("status 200"));
  EXPECT_THAT(violation.actual, HasSubstr("1 requests to the provider"));
  EXPECT_THAT(violation.actual, HasSubstr("health_data +9 rows"));
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenTheSyncAnswers200AndDoesNothing) {
  t.actions.Answer("sync_provider", kNever, 200);
  ConsentWorks();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "sync without consent was not refused");
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenOnlyWithdrawalIsIgnored) {
  SyncFetchesAndStores(kWithdrawn, 200);
  ConsentWorks();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr(kWithdrawn));
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenTheRefusalStillStores) {
  SyncFetchesAndStores(kGiven, 200);
  t.actions.Answer("sync_provider", kNever, 403).Then([this] { Stores(kNever); });
  t.actions.Answer("sync_provider", "*", 403);
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "sync was refused and had an effect all the same");
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenTheRefusalStillAsksTheProvider) {
  SyncFetchesAndStores(kGiven, 200);
  t.actions.Answer("sync_provider", kNever, 403).Then([this] {
    t.provider.Call(t.AccountOf(kNever), ProviderCallKind::kToken);
  });
  t.actions.Answer("sync_provider", "*", 403);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), SizeIs(1));
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenAJobSyncsAfterTheRefusal) {
  t.actions.Answer("sync_provider", kNever, 403);
  t.actions.Answer("sync_provider", kWithdrawn, 403);
  t.actions.Answer("sync_provider", kGiven, 200).Then([this] {
    t.provider.Call(t.AccountOf(kGiven), ProviderCallKind::kData);
    Stores(kGiven);
    t.provider.Call(t.AccountOf(kNever), ProviderCallKind::kData);
    Stores(kNever);
  });
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "sync was refused and ran later");
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenTheSecondTryIsLetIn) {
  t.actions.Answer("sync_provider", kNever, 403);
  SyncFetchesAndStores(kNever, 200);
  ConsentWorks();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "sync ran for a user without consent");
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenTheLinkingAloneFetches) {
  ConsentWorks();
  t.actions.Answer("connect_provider", kNever, 200).Then([this] {
    t.provider.Call(t.AccountOf(kNever), ProviderCallKind::kToken);
    t.provider.Call(t.AccountOf(kNever), ProviderCallKind::kData);
  });
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "data was fetched without consent when the account was linked");
}

TEST_F(SyncNeedsConsentTest, HoldsWhenTheLinkingFetchesForWhoConsentsOrExchangesTheCodeOnly) {
  ConsentWorks();
  t.actions.Answer("connect_provider", kNever, 200).Then([this] {
    t.provider.Call(t.AccountOf(kNever), ProviderCallKind::kToken);
  });
  t.actions.Answer("connect_provider", kWithdrawn, 200).Then([this] {
    t.provider.Call(t.AccountOf(kWithdrawn), ProviderCallKind::kData);
  });
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

// Somebody has consented, and the first refused user tries once more.
class AnybodysConsentTest : public SyncNeedsConsentTest {
 protected:
  AnybodysConsentTest() {
    t.actions.Answer("sync_provider", kNever, 403);
    t.actions.Answer("sync_provider", kNever, 403);
  }
};

TEST_F(AnybodysConsentTest, ViolatedWhenItCountsForEverybody) {
  SyncFetchesAndStores(kNever, 200);
  ConsentWorks();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "sync ran for a user without consent");
  EXPECT_THAT(t.findings.violations()[0].actual, HasSubstr("status 200 after another user consented"));
}

TEST_F(AnybodysConsentTest, ViolatedWhenTheRefusalHasAnEffect) {
  SyncFetchesAndStores(kNever, 403);
  ConsentWorks();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].what, "sync was refused and had an effect all the same");
}

TEST_F(AnybodysConsentTest, UndecidableByAnotherStatus) {
  t.actions.Answer("sync_provider", kNever, 500);
  ConsentWorks();
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("neither ran nor was refused"));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST(SyncNeedsConsentDefinition, ATableThatMayChangeIsNotLookedAtAndSoMustNotBeStoredIn) {
  for (const Json& stored_in : {Json{"health_data", "audit_events"}, Json::array()}) {
    TestContext t({{"identity", "user"},
                   {"store", "main"},
                   {"provider", "whoop"},
                   {"stored_in", stored_in},
                   {"may_change", {"audit_events"}},
                   {"refused_with", {403}},
                   {"late_effects_within_ms", 0},
                   {"connect", "connect_provider"},
                   {"grant", "grant_consent"},
                   {"sync", "sync_provider"},
                   {"cases", {{{"name", kNever}}}}});
    const auto ran = probes::sync_needs_consent(t.context());
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
    EXPECT_THAT(ran.error().what, HasSubstr("stored_in"));
    EXPECT_THAT(t.identities.made, IsEmpty());
  }
}

TEST(SyncNeedsConsentDefinition, AStatusThatRefusesNothingIsADefinitionError) {
  for (const int status : {200, 302, 405, 429, 500}) {
    TestContext t({{"identity", "user"},
                   {"store", "main"},
                   {"provider", "whoop"},
                   {"stored_in", {"health_data"}},
                   {"may_change", Json::array()},
                   {"refused_with", {403, status}},
                   {"late_effects_within_ms", 0},
                   {"connect", "connect_provider"},
                   {"grant", "grant_consent"},
                   {"sync", "sync_provider"},
                   {"cases", {{{"name", kNever}}}}});
    const auto ran = probes::sync_needs_consent(t.context());
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition) << status;
    EXPECT_THAT(t.identities.made, IsEmpty());
  }
}

// A user whose data was stored while it consented, and which has withdrawn since.
class WithdrawnAfterSyncTest : public SyncNeedsConsentTest {
 protected:
  static constexpr const char* kOnceSynced = "consent withdrawn after a sync";
  WithdrawnAfterSyncTest()
      : SyncNeedsConsentTest({{{"name", kNever}},
                              {{"name", kOnceSynced},
                               {"before_connect", {"grant_consent"}},
                               {"after_connect", {"sync_provider", "withdraw_consent"}}}}) {
    t.actions.Answer("sync_provider", kOnceSynced, 200).Then([this] {
      t.provider.Call(t.AccountOf(kOnceSynced), ProviderCallKind::kData);
      Stores(kOnceSynced);
      for (const std::string& canary : t.provider.accounts.back().canaries) t.store.Contain(canary, {"health_data"});
    });
    t.actions.Answer("connect_provider", kGiven, 200).Then([this] {
      for (const std::string& canary : t.provider.accounts.back().canaries) t.store.Contain(canary, {"health_data"});
    });
  }
};

TEST_F(WithdrawnAfterSyncTest, Holds) {
  t.actions.Answer("sync_provider", kOnceSynced, 403);
  ConsentWorks();
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_THAT(t.findings.observations(), SizeIs(2));
}

TEST_F(WithdrawnAfterSyncTest, ViolatedWhenTheEarlierConsentIsRemembered) {
  t.actions.Answer("sync_provider", kOnceSynced, 200).Then([this] {
    t.provider.Call(t.AccountOf(kOnceSynced), ProviderCallKind::kData);
  });
  ConsentWorks();
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_THAT(t.findings.violations()[0].did, HasSubstr(kOnceSynced));
}

TEST_F(SyncNeedsConsentTest, ViolatedWhenTheDataIsStoredUnderAnotherOwner) {
  ConsentWorks();
  t.identities.WhenMade(kGiven, [this](const Identity&) {
    for (const ProviderAccount& account : t.provider.accounts) {
      for (const std::string& canary : account.canaries) t.store.Contain(canary, {"health_data"});
    }
  });
  t.actions.Answer("connect_provider", kGiven, 200).Then([this] {
    for (const std::string& canary : t.provider.accounts.back().canaries) t.store.Contain(canary, {"health_data"});
  });
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(2));
  EXPECT_EQ(t.findings.violations()[0].what, "data of a user without consent is stored");
}

// What must never be taken for a refusal.
class NotARefusalTest : public SyncNeedsConsentTest, public ::testing::WithParamInterface<int> {};

TEST_P(NotARefusalTest, Undecidable) {
  t.actions.Answer("sync_provider", kNever, GetParam()).Mismatches("expected status 200");
  ConsentWorks();
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("neither ran nor was refused"));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(SyncNeedsConsent, NotARefusalTest,
                         ::testing::Values(301, 400, 401, 404, 405, 415, 422, 429, 500, 503));

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheControlStoresNothing) {
  t.actions.Answer("sync_provider", kGiven, 200, R"({"inserted":0,"errors":["no attribute"]})").Then([this] {
    t.provider.Call(t.AccountOf(kGiven), ProviderCallKind::kData);
  });
  t.actions.Answer("sync_provider", "*", 403);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("consented_sync_stores"));
  ASSERT_THAT(t.findings.controls(), SizeIs(1));
  EXPECT_THAT(t.findings.controls()[0].seen, HasSubstr(R"(answer: {"errors":["no attribute"],"inserted":0})"));
}

TEST_F(SyncNeedsConsentTest, UndecidableWithTheAnswerCutShort) {
  const std::string long_text(1000, 'x');
  t.actions.Answer("sync_provider", kNever, 500, R"({"detail":"\u00e4)" + long_text + "\"}");
  ConsentWorks();
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().actual,
              AllOf(HasSubstr(R"(status 500; answer: {"detail":"\u00e4xxx)"), EndsWith(" more bytes]")));
  EXPECT_LT(ran.error().actual.size(), 300U);
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheControlStoresInOneTableOnly) {
  t.actions.Answer("sync_provider", kGiven, 200).Then([this] {
    t.provider.Call(t.AccountOf(kGiven), ProviderCallKind::kData);
    t.store.AddRows(t.OwnerOf(kGiven), "health_data", 9);
  });
  t.actions.Answer("sync_provider", "*", 403);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("consented_sync_stores"));
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheDoubleIsSilentOnTheControl) {
  t.actions.Answer("sync_provider", kGiven, 200).Then([this] { Stores(kGiven); });
  t.actions.Answer("sync_provider", "*", 403);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("consented_sync_stores"));
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenEverybodyIsRefused) {
  t.actions.Answer("sync_provider", "*", 403);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("consented_sync_stores"));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenACallCannotBeAttributed) {
  t.actions.Answer("sync_provider", kNever, 403).Then([this] { t.provider.Call("", ProviderCallKind::kData); });
  ConsentWorks();
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("credential that it never issued"));
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenALaterCallCannotBeAttributed) {
  t.actions.Answer("sync_provider", kGiven, 200).Then([this] {
    t.provider.Call(t.AccountOf(kGiven), ProviderCallKind::kData);
    Stores(kGiven);
    t.provider.Call("", ProviderCallKind::kData);
  });
  t.actions.Answer("sync_provider", "*", 403);
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("credential that it never issued"));
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheUserCannotConnect) {
  ConsentWorks();
  t.actions.Answer("connect_provider", kNever, 500).Mismatches("expected status 200");
  EXPECT_FALSE(Run());
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheFirstCaseIsNotExpressible) {
  ConsentWorks();
  TestContext lacking({{"identity", "user"},
                       {"store", "main"},
                       {"provider", "whoop"},
                       {"stored_in", {"health_data"}},
                       {"may_change", Json::array()},
                       {"refused_with", {403}},
                       {"connect", "connect_provider"},
                       {"grant", "grant_consent"},
                       {"sync", "sync_provider"},
                       {"late_effects_within_ms", 0},
                       {"cases", {{{"name", kWithdrawn}, {"after_connect", {"withdraw_consent"}}}}}});
  lacking.actions.Lacks("withdraw_consent");
  EXPECT_FALSE(probes::sync_needs_consent(lacking.context()));
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenNoUserCanBeMade) {
  ConsentWorks();
  t.identities.FailWith("*", MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(Run());
  EXPECT_THAT(t.findings.observations(), IsEmpty());
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheStoreCannotBeRead) {
  ConsentWorks();
  t.store.FailWith(MakeError(ErrorKind::kTimeout));
  EXPECT_FALSE(Run());
}

}  // namespace
}  // namespace readiness::testing
