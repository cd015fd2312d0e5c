#include "readiness/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Operation Of(const std::string& method, const std::string& path, const std::string& id = {}) {
  Operation operation;
  operation.method = method;
  operation.path = path;
  operation.id = id;
  return operation;
}

Exchange Exchanged(const std::string& sent, const std::string& answered) {
  Exchange exchange;
  exchange.request.method = "POST";
  exchange.request.url = "http://127.0.0.1:80/things?q=1";
  exchange.request.body = sent;
  exchange.response.status = 200;
  exchange.response.body = answered;
  return exchange;
}

TEST(Sweep, DestructiveOperationsComeLast) {
  const auto ordered = InSweepOrder({Of("POST", "/auth/logout"), Of("DELETE", "/a"), Of("GET", "/b"),
                                     Of("POST", "/x", "revokeAll"), Of("DELETE", "/sign-out"), Of("POST", "/c")});
  std::vector<std::string> names;
  for (const Operation& operation : ordered) names.push_back(operation.Name());
  EXPECT_THAT(names, ElementsAre("GET /b", "POST /c", "DELETE /a", "POST /auth/logout", "POST /x", "DELETE /sign-out"));
  EXPECT_FALSE(IsDestructive(Of("PUT", "/a")));
}

TEST(Sweep, GivenAwayIsWhatTheRequestDidNotCarry) {
  Canaries canaries;
  canaries.Add("one", "canary-one");
  canaries.Add("two", "canary-two");
  EXPECT_EQ(Describe(GivenAway(Exchanged("canary-one", "canary-one canary-two"), canaries)), "two (plain)");
  Exchange exchange = Exchanged("", "{}");
  exchange.response.headers = {{"X-Owner", "canary-one"}};
  EXPECT_EQ(Describe(GivenAway(exchange, canaries)), "one (plain)");
  exchange.response.headers = {{"X-canary-two", "1"}};
  EXPECT_EQ(Describe(GivenAway(exchange, canaries)), "two (plain)");
  EXPECT_THAT(GivenAway(Exchanged("", "nothing"), canaries), IsEmpty());
}

TEST(Sweep, OwnIdsAreCanariesWhereNobodyElseHasThem) {
  PopulatedIdentity owner;
  owner.who.label = "owner";
  owner.who.values = {{"note_id", "0b0e5dba-92a5-4d3c-8a51"},
                      {"shared", "0b0e5dba-1111-4d3c-8a51"},
                      {"number", 123456789012345},
                      {"short", "0b0e5dba"},
                      {"at", "2026-01-15T08:00:00"},
                      {"name", "Readiness 0b0e5dba"},
                      {"word", "administrator"}};
  AddOwnIds({{"x", "0b0e5dba-1111-4d3c-8a51"}}, owner);
  EXPECT_EQ(owner.canaries.size(), 1u);
  EXPECT_EQ(Describe(GivenAway(Exchanged("", "0b0e5dba-92a5-4d3c-8a51"), owner.canaries)),
            "the owner's note_id (plain)");
}

TEST(Sweep, ShownToAllTakesTheNamedAttributesAndTheirMarkOnly) {
  Identity owner;
  owner.label = "owner";
  owner.values = {{"username", "u"}, {"email", "e"}, {"unique", "m"}};
  const std::vector<CanaryHit> all = {{"the owner's username", "plain"},
                                      {"the owner's email", "plain"},
                                      {"the owner's mark", "plain"},
                                      {"the owner's text of add", "plain"}};
  OperationNote note{"GET /things", {}, "by design", false, {"username"}};
  std::vector<CanaryHit> hits = all;
  EXPECT_EQ(*TakeShownToAll(hits, owner, &note), "the owner's username, the owner's mark");
  EXPECT_EQ(Describe(hits), "the owner's email (plain), the owner's text of add (plain)");
  hits = {{"the owner's mark", "plain"}};
  EXPECT_EQ(*TakeShownToAll(hits, owner, &note), "");
  EXPECT_THAT(hits, SizeIs(1)) << "the mark alone is no attribute that may be shown";
  EXPECT_EQ(*TakeShownToAll(hits, owner, nullptr), "");
  note.attributes = {"usrname"};
  EXPECT_THAT(RenderError(TakeShownToAll(hits, owner, &note).error()), HasSubstr("did you mean \"username\"?"));
}

TEST(Sweep, DescriptionsAreOneLineAndBounded) {
  const Exchange exchange = Exchanged(std::string(5000, 'x'), "a\nb\x1b[31m");
  EXPECT_THAT(DescribeRequest(exchange), HasSubstr("POST /things?q=1 with xxx"));
  EXPECT_LT(DescribeRequest(exchange).size(), 700u);
  EXPECT_EQ(DescribeAnswer(exchange), "status 200, a b\\x1b[31m");
}

TEST(Sweep, RowsAreComparedWithTheLastLook) {
  testing::FakeStore store;
  store.Declare({"things", "audit_events"});
  OwnerRows rows(store, "7", {"audit_events"});
  EXPECT_THAT(*rows.Look(), IsEmpty());
  store.AddRows("7", "things", 2);
  store.AddRows("7", "audit_events", 1);
  EXPECT_THAT(*rows.Look(), SizeIs(1));
  EXPECT_THAT(*rows.Look(), IsEmpty());
  store.AddRows("8", "things", 1);
  EXPECT_THAT(*rows.Look(), IsEmpty());
  store.AddRows("7", "things", -1);
  EXPECT_TRUE(LostRows(*rows.Look()));
}

TEST(Sweep, NotesAreFoundByTheirOperation) {
  const std::vector<Operation> operations = {Of("GET", "/a"), Of("GET", "/b")};
  const Parameters parameters(
      Json{{"notes",
            {{{"operation", "GET /a"}, {"status", {400, 409}}, {"reason", "r"}},
             {{"operation", "GET /gone"}, {"status", {400}}, {"reason", "r"}, {"if_present", true}}}}});
  const auto notes = ReadOperationNotes(parameters, "notes", operations, true);
  ASSERT_TRUE(notes) << notes.error().Brief();
  ASSERT_NE(NoteAbout(*notes, operations[0]), nullptr);
  EXPECT_EQ(NoteAbout(*notes, operations[0])->statuses, (StatusSet{400, 409}));
  EXPECT_EQ(NoteAbout(*notes, operations[1]), nullptr);
  EXPECT_FALSE(ReadOperationNotes(parameters, "notes", operations)) << "status where none is asked for";
}

}  // namespace
}  // namespace readiness
