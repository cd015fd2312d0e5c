#include "capabilities/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"
#include "sample_target.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Runtime, GivesAProbeEverything) {
  Findings findings;
  Redactor redactor;
  Session session = SampleSession();
  session.secrets = {"a-secret-of-the-session"};
  session.token_signing_key = "the-signing-key";
  auto http = std::make_unique<testing::FakeHttp>();
  testing::FakeHttp* fake = http.get();
  fake->Answer("POST", "/users", 201, R"({"id":7})");
  fake->Answer("POST", "/login", 200, R"({"access_token":"the-access-token"})");
  fake->Answer("GET", "/me/7", 200, "{}");
  RuntimeParts parts;
  parts.http = std::move(http);
  Runtime runtime(session, SampleTarget(), "ai-health", "C2", Parameters(Json{{"store", "main"}}), findings, redactor,
                  std::move(parts));
  Context& context = runtime.context();

  const Identity owner = context.identities.Create("user", "owner").value();
  EXPECT_TRUE(context.actions.Run("whoami", owner).value().as_expected);
  EXPECT_EQ(context.parameters.String("store").value(), "main");
  context.findings.AddObservation({"a", "b"});
  EXPECT_EQ(findings.observations().size(), 1u);

  const std::vector<EvidenceEntry> entries = runtime.evidence().Entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[2].exchange->request.url, "http://127.0.0.1:4000/me/7");
  EXPECT_EQ(fake->requests.at(0).source_address, fake->requests.at(2).source_address);
  EXPECT_THAT(owner.values.at("unique").get<std::string>(), HasSubstr("c2aihealth"));

  const std::string shown = redactor.Redact("a-secret-of-the-session the-signing-key the-access-token " +
                                            owner.values.at("password").get<std::string>());
  for (const char* secret : {"a-secret", "signing", "access"}) EXPECT_THAT(shown, Not(HasSubstr(secret)));
  EXPECT_THAT(shown, Not(HasSubstr(owner.values.at("password").get<std::string>())));
}

TEST(Runtime, WhatIsMissingIsNotAvailable) {
  Findings findings;
  Redactor redactor;
  Runtime runtime(Session{}, SampleTarget(), "ai-health", "C2", Parameters(Json::object()), findings, redactor, {});
  Context& context = runtime.context();
  const auto kind = [](const auto& result) { return result ? ErrorKind::kInternal : result.error().kind; };
  EXPECT_EQ(kind(context.http.Send({})), ErrorKind::kNotAvailable);
  EXPECT_EQ(kind(context.tokens.Forge({}, {})), ErrorKind::kNotAvailable);
  EXPECT_EQ(kind(context.tokens.Reissue({})), ErrorKind::kNotAvailable);
  EXPECT_EQ(kind(context.stores.Open("main")), ErrorKind::kNotAvailable);
  EXPECT_EQ(kind(context.stores.Open("other")), ErrorKind::kNotAvailable);
  EXPECT_EQ(kind(context.doubles.OpenDataProvider("whoop")), ErrorKind::kNotAvailable);
  EXPECT_EQ(kind(context.logs.Mark("api")), ErrorKind::kNotAvailable);
  EXPECT_EQ(kind(context.identities.Create("user", "owner")), ErrorKind::kNotAvailable);
}

TEST(Runtime, RealPartsKeepToTheSessionsHosts) {
  const RuntimeParts parts = MakeRuntimeParts(SampleSession());
  ASSERT_TRUE(parts.http && parts.tokens);
  EXPECT_EQ(parts.http->Send(RequestTo("GET", "http://example.com/")).error().kind, ErrorKind::kRefused);
  EXPECT_EQ(parts.tokens->Reissue(SampleOwner()).error().kind, ErrorKind::kNotAvailable);
}

TEST(SessionStores, OpensOnlyWhatItCanObserve) {
  const Target target = SampleTarget();
  Session session = SampleSession();
  SessionStores stores(target, session);
  session.stores["main"] = "mysql://u:the-password@h/db";
  const Error error = stores.Open("main").error();
  EXPECT_EQ(error.kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(error.Brief(), Not(HasSubstr("the-password")));
  session.stores["main"] = "postgresql://u:p@127.0.0.1:1/db";
  Store* store = stores.Open("main").value();
  EXPECT_EQ(store, stores.Open("main").value());
  const Error unreachable = store->SnapshotOwned("7").error();
  EXPECT_EQ(unreachable.kind, ErrorKind::kTarget);
  EXPECT_THAT(unreachable.what, HasSubstr("store \"main\" cannot be reached"));
}

}  // namespace
}  // namespace readiness
