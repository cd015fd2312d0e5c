#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(sync_needs_consent);

namespace readiness::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kNever = "consent never given";
constexpr const char* kWithdrawn = "consent withdrawn";
constexpr const char* kGiven = "consent given";

// A target in which consent works, which each test then breaks in one place.
class SyncNeedsConsentTest : public ::testing::Test {
 protected:
  SyncNeedsConsentTest()
      : t({{"identity", "user"},
           {"store", "main"},
           {"provider", "whoop"},
           {"stored_in", {"health_data", "data_provenance"}},
           {"may_change", {"audit_events"}},
           {"refused_with", {403}},
           {"connect", "connect_provider"},
           {"grant", "grant_consent"},
           {"sync", "sync_provider"},
           {"cases",
            {{{"name", kNever}},
             {{"name", kWithdrawn}, {"before_connect", {"grant_consent"}}, {"after_connect", {"withdraw_consent"}}}}}}) {
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
  EXPECT_EQ(t.actions.Count("sync_provider"), 3);
}

TEST_F(SyncNeedsConsentTest, HoldsWhenTheRefusalIsAudited) {
  SyncFetchesAndStores(kGiven, 200);
  t.actions.Answer("sync_provider", kNever, 403).Then([this] { t.store.AddRows(t.OwnerOf(kNever), "audit_events", 1); });
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
  EXPECT_THAT(t.findings.violations(), SizeIs(1));
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

INSTANTIATE_TEST_SUITE_P(SyncNeedsConsent, NotARefusalTest, ::testing::Values(301, 400, 401, 404, 405, 415, 422, 429, 500, 503));

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheControlStoresNothing) {
  t.actions.Answer("sync_provider", kGiven, 200).Then([this] {
    t.provider.Call(t.AccountOf(kGiven), ProviderCallKind::kData);
  });
  t.actions.Answer("sync_provider", "*", 403);
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("consented_sync_stores"));
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

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheUserCannotConnect) {
  ConsentWorks();
  t.actions.Answer("connect_provider", kNever, 500).Mismatches("expected status 200");
  EXPECT_FALSE(Run());
}

TEST_F(SyncNeedsConsentTest, UndecidableWhenTheFirstCaseIsNotExpressible) {
  ConsentWorks();
  TestContext lacking({{"identity", "user"}, {"store", "main"}, {"provider", "whoop"}, {"stored_in", {"health_data"}},
                       {"may_change", Json::array()}, {"refused_with", {403}}, {"connect", "connect_provider"},
                       {"grant", "grant_consent"}, {"sync", "sync_provider"},
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
