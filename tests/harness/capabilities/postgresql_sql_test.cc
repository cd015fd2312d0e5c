#include "capabilities/postgresql_sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PostgresqlSql, QuotesNames) {
  EXPECT_EQ(QuoteIdentifier("users"), "\"users\"");
  EXPECT_EQ(QuoteIdentifier("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
}

TEST(PostgresqlSql, DisplaysTables) {
  EXPECT_EQ((CatalogTable{"public", "users", false, {}}).DisplayName(), "users");
  EXPECT_EQ((CatalogTable{"billing", "users", false, {}}).DisplayName(), "billing.users");
  EXPECT_EQ((CatalogTable{"public", "billing.users", false, {}}).DisplayName(), "\"billing.users\"");
}

TEST(PostgresqlSql, SelectsOwnedTables) {
  const std::vector<CatalogTable> tables = {{"public", "users", false, {"id"}},
                                            {"public", "data", false, {"user_id", "id"}},
                                            {"public", "both", false, {"tenant", "user_id"}},
                                            {"public", "plain", false, {}},
                                            {"public", "only_id", false, {"id"}}};
  const TargetStore store{{"user_id", "tenant"}, {{"users", "id"}}};
  EXPECT_THAT(OwnerColumnsOf(store), ElementsAre("id", "tenant", "user_id"));
  const std::vector<OwnedTable> owned = SelectOwned(tables, store).value();
  ASSERT_EQ(owned.size(), 3u);
  EXPECT_EQ(owned[0].table.name, "users");
  EXPECT_THAT(owned[0].owner_columns, ElementsAre("id"));
  EXPECT_THAT(owned[1].owner_columns, ElementsAre("user_id"));
  EXPECT_THAT(owned[2].owner_columns, ElementsAre("user_id", "tenant"));
  EXPECT_THAT(SnapshotQuery(owned, 2, 1), HasSubstr("t.\"user_id\"::text = $1 OR t.\"tenant\"::text = $1"));
  EXPECT_THAT(SnapshotQuery(owned, 0, 2), ::testing::Not(HasSubstr("tenant")));
}

TEST(PostgresqlSql, NothingToLookAtIsAnError) {
  const std::vector<CatalogTable> tables = {{"public", "users", false, {"id"}}};
  EXPECT_THAT(SelectOwned(tables, {{"user_id"}, {}}).error().what, HasSubstr("none of the 1 tables"));
  EXPECT_THAT(SelectOwned({}, {{"user_id"}, {}}).error().what, HasSubstr("none of the 0 tables"));
  EXPECT_THAT(SelectOwned(tables, {{"id"}, {{"people", "id"}}}).error().what, HasSubstr("no table people"));
  EXPECT_THAT(SelectOwned(tables, {{}, {{"users", "uid"}}}).error().what, HasSubstr("no owner column \"uid\""));
}

TEST(PostgresqlSql, SearchPatternsEscape) {
  EXPECT_THAT(SearchPatterns("abcdef"), ElementsAre("%abcdef%", "%616263646566%"));
  EXPECT_THAT(SearchPatterns("a%_\\\""), ElementsAre("%a\\%\\_\\\\\"%", "%a\\%\\_\\\\\\\\\"\"%",
                                                     "%a\\%\\_\\\\\\\\\\\\\\\\\\\\\\\\\"\"%", "%61255f5c22%"));
}

TEST(PostgresqlSql, LimitsWhatCanBeLimited) {
  EXPECT_EQ(LimitRows(" select 1 ; ", 5), "SELECT * FROM (\n select 1\n) AS readiness_rows LIMIT 5");
  EXPECT_EQ(LimitRows("SELECT 1 -- x", 5), "SELECT * FROM (\nSELECT 1 -- x\n) AS readiness_rows LIMIT 5");
  EXPECT_THAT(LimitRows("VALUES (1)", 5), HasSubstr("LIMIT 5"));
  for (const char* statement :
       {"INSERT INTO x VALUES (1)", "selected", "WITH a AS (SELECT 1) SELECT * FROM a", "", "  "}) {
    EXPECT_EQ(LimitRows(statement, 5), statement);
  }
}

}  // namespace
}  // namespace readiness
