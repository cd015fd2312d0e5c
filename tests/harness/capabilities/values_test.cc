#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "capabilities/loopback.h"
#include "readiness/identities.h"
#include "readiness/stores.h"

namespace readiness {
namespace {

TEST(Identity, AnonymousCarriesNothing) {
  const Identity nobody = Identity::Anonymous();
  EXPECT_EQ(nobody.label, "anonymous");
  EXPECT_TRUE(nobody.kind.empty() && nobody.token.empty() && nobody.owner.empty() && nobody.values.empty());
}

TEST(Identity, WithTokenKeepsTheRest) {
  Identity owner{"owner", "user", {{"user_id", 7}}, "7", "genuine", "127.3.2.1"};
  const Identity forged = owner.WithToken("forged", "garbage");
  EXPECT_EQ(forged.label, "forged");
  EXPECT_EQ(forged.token, "garbage");
  EXPECT_EQ(forged.owner, "7");
  EXPECT_EQ(forged.kind, "user");
  EXPECT_EQ(forged.values, owner.values);
  EXPECT_EQ(forged.source_address, "127.3.2.1");
  EXPECT_EQ(owner.token, "genuine");
}

TEST(Snapshot, CompareAndDescribe) {
  struct Case {
    StoreSnapshot before;
    StoreSnapshot after;
    std::string description;
  };
  const std::vector<Case> cases = {
      {{}, {}, "no change"},
      {{{"a", {2, "x"}}}, {{"a", {2, "x"}}}, "no change"},
      {{{"a", {0, "x"}}}, {}, "no change"},
      {{{"a", {0, "x"}}}, {{"a", {14, "y"}}}, "a +14 rows"},
      {{{"a", {1, "x"}}}, {{"a", {2, "y"}}}, "a +1 row"},
      {{{"a", {3, "x"}}}, {{"a", {1, "y"}}}, "a -2 rows"},
      {{{"a", {3, "x"}}}, {{"a", {3, "y"}}}, "a 3 rows changed"},
      {{{"a", {1, "x"}}}, {{"a", {1, "y"}}}, "a 1 row changed"},
      {{{"a", {3, "x"}}}, {{"b", {1, "y"}}}, "a -3 rows, b +1 row"},
  };
  for (const Case& c : cases) EXPECT_EQ(Describe(Compare(c.before, c.after)), c.description);
}

TEST(Snapshot, CompareKeepsCounts) {
  const std::vector<TableChange> changes = Compare({{"a", {3, "x"}}}, {{"a", {3, "y"}}, {"b", {2, ""}}});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].rows_before, 3);
  EXPECT_EQ(changes[0].rows_after, 3);
  EXPECT_EQ(changes[1].rows_before, 0);
  EXPECT_EQ(changes[1].rows_after, 2);
}

TEST(Loopback, KnowsWhoCanBeReachedFromAnyAddress) {
  EXPECT_TRUE(IsFirstLoopback("http://127.0.0.1:20123"));
  EXPECT_TRUE(IsFirstLoopback("https://127.0.0.1"));
  EXPECT_TRUE(IsFirstLoopback("http://127.0.0.1/path"));
  for (const char* url : {"http://127.0.0.10:80", "http://localhost:80", "http://[::1]:80", "http://10.0.0.1",
                          "127.0.0.1:80", "", "http://127.0.0.1.example.com/"}) {
    EXPECT_FALSE(IsFirstLoopback(url)) << url;
  }
}

TEST(Loopback, AddressesAreSpreadAndNeverThePlainOne) {
  std::set<std::string> addresses;
  for (int i = 0; i < 2000; ++i) {
    const std::string address = LoopbackAddress("seed " + std::to_string(i));
    EXPECT_TRUE(address.starts_with("127.")) << address;
    EXPECT_FALSE(address.starts_with("127.0.")) << address;
    EXPECT_FALSE(address.ends_with(".0") || address.ends_with(".255")) << address;
    addresses.insert(address);
  }
  EXPECT_GT(addresses.size(), 1990u);
  EXPECT_EQ(LoopbackAddress("x"), LoopbackAddress("x"));
}

}  // namespace
}  // namespace readiness
