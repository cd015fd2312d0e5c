#include "readiness/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A probe such as users write, small enough to be read here.
READINESS_PROBE(sync_stays_refused) {
  using namespace readiness;
  READINESS_ASSIGN(const std::string table, context.parameters.String("stored_in"));
  READINESS_ASSIGN(Store * store, context.stores.Open("main"));
  READINESS_ASSIGN(DataProvider * provider, context.doubles.OpenDataProvider("whoop"));
  READINESS_ASSIGN(const Identity owner, context.identities.Create("user", "owner"));
  READINESS_ASSIGN(const ProviderAccount account, provider->OpenAccount("owner", 3));
  READINESS_ASSIGN(const StoreSnapshot before, store->SnapshotOwned(owner.owner));
  READINESS_ASSIGN(const ActionResult result, context.actions.Run("sync_provider", owner));
  READINESS_ASSIGN(const StoreSnapshot after, store->SnapshotOwned(owner.owner));
  READINESS_ASSIGN(const std::vector<ProviderCall> calls, provider->Calls(account.id));
  context.findings.AddControl({"table_is_watched", "the table is watched", after.contains(table), "so it is"});
  if (!context.actions.RefusalStatuses("sync_provider").contains(result.status()) || before != after ||
      !calls.empty()) {
    context.findings.AddViolation({"synced", "", "no change", Describe(Compare(before, after)), ""});
  }
  return {};
}

namespace readiness::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

HttpRequest To(const std::string& method, const std::string& url) {
  HttpRequest request;
  request.method = method;
  request.url = url;
  return request;
}

TEST(TestContext, AProbeTestIsShort) {
  TestContext t({{"stored_in", "health_data"}});
  t.store.Declare({"health_data"});
  t.actions.Refuses("sync_provider", {403});
  t.actions.Answer("sync_provider", "owner", 403);
  ASSERT_TRUE(probes::sync_stays_refused(t.context()));
  EXPECT_THAT(t.findings.violations(), SizeIs(0));
  EXPECT_TRUE(t.Satisfied("table_is_watched"));
  EXPECT_FALSE(t.Satisfied("unknown"));
  EXPECT_EQ(t.actions.Count("sync_provider"), 1);
  EXPECT_EQ(t.actions.Count("sync_provider", "stranger"), 0);
  EXPECT_THAT(t.store.snapshots, ElementsAre("id-owner", "id-owner"));
}

TEST(TestContext, EffectsHappenWhenTheActionRuns) {
  TestContext t({{"stored_in", "health_data"}});
  t.store.Declare({"health_data"});
  t.actions.Refuses("sync_provider", {403});
  t.actions.Answer("sync_provider", "owner", 403)
      .Then([&] { t.store.AddRows(TestContext::OwnerOf("owner"), "health_data", 14); })
      .Then([&] { t.provider.Call(TestContext::AccountOf("owner"), ProviderCallKind::kData); });
  ASSERT_TRUE(probes::sync_stays_refused(t.context()));
  ASSERT_THAT(t.findings.violations(), SizeIs(1));
  EXPECT_EQ(t.findings.violations()[0].actual, "health_data +14 rows");
}

TEST(TestContext, WhatIsNotScriptedIsAnError) {
  TestContext t;
  EXPECT_EQ(probes::sync_stays_refused(t.context()).error().kind, ErrorKind::kDefinition);
  EXPECT_EQ(t.actions.Run("x", Identity::Anonymous()).error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(t.http.Send(To("GET", "http://127.0.0.1/x")).error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(t.store.SnapshotOwned("x").error().kind, ErrorKind::kTarget);
  EXPECT_EQ(t.store.Query("SELECT 1", {}).error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(t.stores.Open("other").error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(t.doubles.OpenDataProvider("other").error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(t.logs.Mark("api").error().kind, ErrorKind::kNotAvailable);
}

TEST(FakeActions, AnswersAreQueuedPerIdentity) {
  FakeActions actions;
  actions.Answer("a", "owner", 200, R"({"n":1})").Captures("n", 1);
  actions.Answer("a", "owner", 500);
  actions.Answer("a", "*", 403);
  Identity owner;
  owner.label = "owner";
  EXPECT_EQ(actions.Run("a", owner).value().captured.at("n"), 1);
  const ActionResult second = actions.Run("a", owner, {{"x", 2}}).value();
  EXPECT_FALSE(second.as_expected);
  EXPECT_EQ(second.mismatch, "status 500");
  EXPECT_EQ(actions.Run("a", owner).value().status(), 500);
  EXPECT_EQ(actions.Run("a", Identity::Anonymous()).value().status(), 403);
  EXPECT_EQ(actions.calls.at(1).arguments.at("x"), 2);
  EXPECT_EQ(actions.calls.at(3).who.label, "anonymous");
}

TEST(FakeActions, ExpectationsCanBeSet) {
  FakeActions actions;
  actions.Answer("a", "*", 0);
  EXPECT_TRUE(actions.Run("a", {}).value().as_expected);
  EXPECT_EQ(actions.Run("a", {}).value().exchange, std::nullopt);
  actions.Answer("b", "*", 200).Mismatches("no id");
  EXPECT_EQ(actions.Run("b", {}).value().mismatch, "no id");
  actions.Answer("c", "*", 404).IsExpected().Header("X", "y");
  EXPECT_TRUE(actions.Run("c", {}).value().as_expected);
  EXPECT_EQ(actions.Run("c", {}).value().exchange->response.headers, (HeaderList{{"X", "y"}}));
  actions.FailWith("d", "*", MakeError(ErrorKind::kTimeout));
  EXPECT_EQ(actions.Run("d", {}).error().kind, ErrorKind::kTimeout);
}

TEST(FakeActions, Has) {
  FakeActions actions;
  actions.Answer("a", "*", 200);
  EXPECT_TRUE(actions.Has("a").value());
  EXPECT_FALSE(actions.Has("b").value());
  actions.Lacks("a");
  EXPECT_FALSE(actions.Has("a").value());
  actions.FailHas(MakeError(ErrorKind::kTarget));
  EXPECT_EQ(actions.Has("a").error().kind, ErrorKind::kTarget);
}

TEST(FakeIdentities, LabelsNumbersAndFailures) {
  FakeIdentities identities;
  identities.SetToken("jwt", "a.b.c");
  int made = 0;
  identities.WhenMade("*", [&](const Identity&) { ++made; });
  EXPECT_EQ(identities.Create("user", "owner").value().owner, "id-owner");
  EXPECT_EQ(identities.Create("user", "owner").value().owner, "id-owner-2");
  EXPECT_EQ(identities.Create("user", "jwt").value().token, "a.b.c");
  EXPECT_EQ(made, 3);
  identities.FailWith("owner", MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(identities.Create("user", "owner"));
  EXPECT_TRUE(identities.Create("user", "owner"));
  identities.FailWith("*", MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(identities.Create("user", "a"));
  EXPECT_FALSE(identities.Create("user", "b"));
  identities.Declare({"admin"});
  EXPECT_EQ(identities.Create("user", "owner").error().kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(identities.made, SizeIs(4));
}

TEST(FakeStore, ShowsRowsScriptsAndFailures) {
  FakeStore store;
  store.AddRows("7", "a", 2);
  const StoreSnapshot first = store.SnapshotOwned("7").value();
  store.ChangeRows("7", "a");
  EXPECT_EQ(Describe(Compare(first, store.SnapshotOwned("7").value())), "a 2 rows changed");
  EXPECT_EQ(store.SnapshotOwned("8").value().at("a").rows, 0);
  store.ShowSnapshot("9", {{"a", {1, "x"}}});
  store.ShowSnapshot("9", {{"a", {5, "y"}}});
  EXPECT_EQ(store.SnapshotOwned("9").value().at("a").rows, 1);
  EXPECT_EQ(store.SnapshotOwned("9").value().at("a").rows, 5);
  EXPECT_EQ(store.SnapshotOwned("9").value().at("a").rows, 5);
  store.Contain("canary-1", {"a"});
  EXPECT_THAT(store.TablesContaining("canary-1").value(), ElementsAre("a"));
  EXPECT_THAT(store.TablesContaining("canary-2").value(), SizeIs(0));
  EXPECT_EQ(store.TablesContaining("short").error().kind, ErrorKind::kUsage);
  store.AnswerQuery("count", Json{{{"n", 1}}});
  store.AnswerQuery("count", Json{{{"n", 2}}});
  EXPECT_EQ(store.Query("SELECT count(*)", {1}).value()[0]["n"], 1);
  EXPECT_EQ(store.Query("SELECT count(*)", {}).value()[0]["n"], 2);
  EXPECT_EQ(store.statements.at(0).parameters.at(0), 1);
  store.FailWith(MakeError(ErrorKind::kTimeout));
  EXPECT_FALSE(store.SnapshotOwned("7"));
  EXPECT_FALSE(store.TablesContaining("canary-1"));
  EXPECT_FALSE(store.Query("SELECT count(*)", {}));
  store.FailWith(std::nullopt);
  EXPECT_TRUE(store.SnapshotOwned("7"));
}

TEST(FakeDataProvider, ShowsCallsOfTheAccountAndOfNobody) {
  FakeDataProvider provider;
  const ProviderAccount a = provider.OpenAccount("a", 2).value();
  const ProviderAccount b = provider.OpenAccount("b", 2).value();
  EXPECT_THAT(a.canaries, SizeIs(2));
  EXPECT_NE(a.canaries, b.canaries);
  provider.Call(a.id, ProviderCallKind::kToken);
  provider.Call(b.id, ProviderCallKind::kData);
  provider.Call("", ProviderCallKind::kOther);
  const std::vector<ProviderCall> calls = provider.Calls(a.id).value();
  ASSERT_THAT(calls, SizeIs(2));
  EXPECT_EQ(calls[1].sequence, 3);
  EXPECT_EQ(provider.OpenAccount("a", 0).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(provider.OpenAccount("a", 1).value().id, "account-a-2");
  provider.FailWith(MakeError(ErrorKind::kTarget));
  EXPECT_FALSE(provider.Calls(a.id));
  EXPECT_FALSE(provider.OpenAccount("c", 1));
}

TEST(FakeHttp, AnswersByMethodAndPath) {
  FakeHttp http;
  http.Answer("GET", "/a", 200, "first");
  http.Answer("GET", "/a", 404);
  http.Answer("GET", "*", 500);
  EXPECT_EQ(http.Send(To("GET", "http://127.0.0.1:1/a?x=/b")).value().response.body, "first");
  EXPECT_EQ(http.Send(To("GET", "http://127.0.0.1:1/a")).value().response.status, 404);
  EXPECT_EQ(http.Send(To("GET", "http://127.0.0.1:1")).value().response.status, 500);
  EXPECT_THAT(http.Send(To("POST", "http://127.0.0.1:1/a")).error().what, HasSubstr("POST /a"));
  http.FailWith("PUT", "/a", MakeError(ErrorKind::kTimeout));
  EXPECT_EQ(http.Send(To("PUT", "http://127.0.0.1:1/a")).error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(http.requests, SizeIs(5));
}

TEST(FakeTokensAndLogs, DoWhatTheySay) {
  FakeTokens tokens;
  Identity owner;
  owner.label = "owner";
  owner.token = "t";
  EXPECT_THAT(tokens.Forge(owner, {}).value(), SizeIs(6));
  EXPECT_EQ(tokens.Reissue(owner).value(), "reissued-t");
  tokens.FailReissue(MakeError(ErrorKind::kNotAvailable));
  tokens.FailForge(MakeError(ErrorKind::kMalformed));
  EXPECT_FALSE(tokens.Reissue(owner));
  EXPECT_FALSE(tokens.Forge(owner, {}));
  FakeLogs logs;
  logs.Write("api", "one ");
  const std::uint64_t mark = logs.Mark("api").value();
  logs.Write("api", "two");
  EXPECT_EQ(logs.Since("api", mark).value(), "two");
  EXPECT_FALSE(logs.Since("web", 0));
}

TEST(FakeServices, TellsWhatWasBrokenAndMended) {
  FakeServices services;
  std::vector<ServiceFault> faults;
  int mended = 0;
  services.WhenServiceBroken([&](ServiceFault fault) { faults.push_back(fault); });
  services.WhenServiceMended([&] { ++mended; });
  EXPECT_TRUE(services.BreakService("api", ServiceFault::kCutOff));
  EXPECT_TRUE(services.MendService("api"));
  EXPECT_EQ(services.log, (std::vector<std::string>{"break service api cut_off", "mend service api"}));
  EXPECT_EQ(faults, std::vector<ServiceFault>{ServiceFault::kCutOff});
  EXPECT_EQ(mended, 1);
  services.FailBreakService(MakeError(ErrorKind::kNotAvailable));
  services.FailMendService(MakeError(ErrorKind::kTimeout));
  EXPECT_EQ(services.BreakService("api", ServiceFault::kKilled).error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(services.MendService("api").error().kind, ErrorKind::kTimeout);
}

}  // namespace
}  // namespace readiness::testing
