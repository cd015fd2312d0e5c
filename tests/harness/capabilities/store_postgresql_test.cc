#include "capabilities/store_postgresql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/text.h"
#include "engines/engine.h"
#include "engines/postgres.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// Every case has a database of its own in one cluster for the program.
class StoreTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    char directory[] = "/tmp/store_postgresql_test_XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
    ::chmod(directory, 0755);
    engine_ = MakeProcessEngine("store-test-" + RandomHex(4), directory_);
    Result<PostgresCluster> cluster = PostgresCluster::Start(*engine_, directory_ + "/pg", directory_ + "/pg.log");
    ASSERT_TRUE(cluster) << RenderError(cluster.error());
    cluster_ = std::make_unique<PostgresCluster>(std::move(*cluster));
  }
  static void TearDownTestSuite() {
    cluster_.reset();
    engine_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void SetUp() override {
    ASSERT_TRUE(cluster_);
    static int count = 0;
    Result<DatabaseUrls> url = cluster_->CreateDatabase("case_" + std::to_string(++count));
    ASSERT_TRUE(url) << RenderError(url.error());
    url_ = url->observed;
    setup_ = Make({});
  }

  std::unique_ptr<Store> Make(TargetStore description, PostgresqlDeadlines deadlines = {}) {
    return MakePostgresqlStore("main", url_, std::move(description), deadlines);
  }
  void Sql(const std::string& statement) {
    const Result<Json> done = setup_->Query(statement, {});
    ASSERT_TRUE(done) << statement << "\n" << RenderError(done.error());
  }
  void MakeSampleTables() {
    Sql("CREATE TABLE users (id int PRIMARY KEY, email text)");
    Sql("CREATE TABLE health_data (id serial, user_id int, value float8, noted timestamptz DEFAULT now())");
    Sql("CREATE TABLE plain (note text)");
    Sql("INSERT INTO users VALUES (7, 'a@b'), (8, 'c@d')");
    Sql("INSERT INTO health_data (user_id, value) VALUES (7, 1.5), (7, 2.5), (8, 3.5)");
  }

  static inline std::string directory_;
  static inline std::unique_ptr<Engine> engine_;
  static inline std::unique_ptr<PostgresCluster> cluster_;
  std::string url_;
  std::unique_ptr<Store> setup_;
  const TargetStore description_{{"user_id"}, {{"users", "id"}}};
};

TEST_F(StoreTest, SnapshotShowsRowsOfTheOwnerOnly) {
  MakeSampleTables();
  const auto store = Make(description_);
  const StoreSnapshot snapshot = store->SnapshotOwned("7").value();
  ASSERT_EQ(snapshot.size(), 2u);
  EXPECT_EQ(snapshot.at("users").rows, 1);
  EXPECT_EQ(snapshot.at("health_data").rows, 2);
  EXPECT_EQ(store->SnapshotOwned("nobody").value().at("health_data").rows, 0);
  EXPECT_EQ(store->SnapshotOwned("").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(store->SnapshotOwned(std::string("7\0", 2)).error().kind, ErrorKind::kUsage);
}

TEST_F(StoreTest, RowsThatReferToTheOwnersAreWatchedAndTheOthersCounted) {
  MakeSampleTables();
  Sql("CREATE TABLE notes (id int PRIMARY KEY, user_id int)");
  Sql("CREATE TABLE tags (id int PRIMARY KEY, note_id int REFERENCES notes (id), tag text)");
  Sql("CREATE TABLE marks (tag_id int REFERENCES tags (id), mark text)");
  Sql("INSERT INTO notes VALUES (1, 7), (2, 8)");
  Sql("INSERT INTO tags VALUES (1, 1, 'a'), (2, 2, 'b')");
  Sql("INSERT INTO marks VALUES (1, 'x'), (1, 'y'), (2, 'z')");
  Sql("INSERT INTO plain VALUES ('n')");
  const auto store = Make(description_);
  const StoreSnapshot snapshot = store->SnapshotOwned("7").value();
  EXPECT_EQ(snapshot.at("tags").rows, 1);
  EXPECT_EQ(snapshot.at("marks").rows, 2);
  EXPECT_FALSE(snapshot.contains("plain"));
  EXPECT_EQ(store->CountUnowned().value(), (std::map<std::string, std::int64_t>{{"plain", 1}}));
  Sql("UPDATE marks SET mark = 'w' WHERE tag_id = 1");
  Sql("UPDATE tags SET tag = 'c' WHERE id = 2");
  EXPECT_EQ(Describe(Compare(snapshot, store->SnapshotOwned("7").value())), "marks 2 rows changed");
}

TEST_F(StoreTest, DigestsShowEveryChangeAndNothingElse) {
  MakeSampleTables();
  const auto store = Make(description_);
  struct Case {
    std::string statement;
    std::string change;
  };
  const std::vector<Case> cases = {
      {"INSERT INTO health_data (user_id, value) VALUES (8, 1)", "no change"},
      {"UPDATE health_data SET value = value WHERE user_id = 7", "no change"},
      {"UPDATE health_data SET value = value + 1 WHERE user_id = 7 AND value = 1.5", "health_data 2 rows changed"},
      {"UPDATE health_data SET value = CASE value WHEN 2.5 THEN NULL ELSE value END WHERE user_id = 7",
       "health_data 2 rows changed"},
      {"INSERT INTO health_data (user_id, value) SELECT 7, n FROM generate_series(1, 14) AS n", "health_data +14 rows"},
      {"DELETE FROM health_data WHERE user_id = 7", "health_data -16 rows"},
      {"UPDATE users SET email = 'x' WHERE id = 7", "users 1 row changed"},
      {"CREATE TABLE late (user_id text)", "no change"},
      {"INSERT INTO late VALUES ('7')", "late +1 row"},
  };
  StoreSnapshot before = store->SnapshotOwned("7").value();
  for (const Case& c : cases) {
    Sql(c.statement);
    const StoreSnapshot after = store->SnapshotOwned("7").value();
    EXPECT_EQ(Describe(Compare(before, after)), c.change) << c.statement;
    before = after;
  }
}

TEST_F(StoreTest, DigestIgnoresTheOrderOfRowsAndCountsEqualOnes) {
  Sql("CREATE TABLE a (user_id int, v text)");
  const auto store = Make({{"user_id"}, {}});
  const auto digest_of = [&](const std::string& values) {
    Sql("TRUNCATE a");
    Sql("INSERT INTO a VALUES " + values);
    return store->SnapshotOwned("1").value().at("a").digest;
  };
  EXPECT_EQ(digest_of("(1, 'x'), (1, 'y')"), digest_of("(1, 'y'), (1, 'x')"));
  EXPECT_NE(digest_of("(1, 'x'), (1, 'x')"), digest_of("(1, 'y'), (1, 'y')"));
  EXPECT_NE(digest_of("(1, NULL)"), digest_of("(1, '')"));
}

TEST_F(StoreTest, OddNamesAndTypes) {
  Sql(R"(CREATE SCHEMA "Billing")");
  Sql(R"(CREATE TABLE "Billing"."In ""voices""; --" ("user_id" uuid, t text, "select" int))");
  Sql(R"(CREATE TABLE "Tä🙂ble" ("USER_ID" varchar(20), t int))");
  Sql(R"(CREATE TABLE "with.dot" (user_id bigint, "user" text))");
  Sql(R"(INSERT INTO "Billing"."In ""voices""; --" VALUES ('11111111-2222-3333-4444-555555555555', 'x', 1))");
  Sql(R"(INSERT INTO "Tä🙂ble" VALUES ('7', 1), ('O''Brien"; --', 1))");
  Sql(R"(INSERT INTO "with.dot" VALUES (7, 'x'))");
  const auto store = Make({{"user_id", "USER_ID"}, {}});
  const StoreSnapshot snapshot = store->SnapshotOwned("7").value();
  ASSERT_EQ(snapshot.size(), 3u);
  EXPECT_EQ(snapshot.at("Tä🙂ble").rows, 1);
  EXPECT_EQ(snapshot.at("\"with.dot\"").rows, 1);
  EXPECT_EQ(snapshot.at("Billing.In \"voices\"; --").rows, 0);
  EXPECT_EQ(store->SnapshotOwned("O'Brien\"; --").value().at("Tä🙂ble").rows, 1);
  EXPECT_EQ(store->SnapshotOwned("11111111-2222-3333-4444-555555555555").value().at("Billing.In \"voices\"; --").rows,
            1);
}

TEST_F(StoreTest, PartitionsAndInheritanceAreCountedOnce) {
  Sql("CREATE TABLE events (user_id int, day int) PARTITION BY RANGE (day)");
  Sql("CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)");
  Sql("CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20)");
  Sql("INSERT INTO events VALUES (7, 1), (7, 11), (7, 12)");
  Sql("CREATE TABLE base (user_id int)");
  Sql("CREATE TABLE child (extra int) INHERITS (base)");
  Sql("INSERT INTO child VALUES (7, 1)");
  Sql("CREATE VIEW v AS SELECT * FROM base");
  const StoreSnapshot snapshot = Make({{"user_id"}, {}})->SnapshotOwned("7").value();
  ASSERT_EQ(snapshot.size(), 3u);
  EXPECT_EQ(snapshot.at("events").rows, 3);
  EXPECT_EQ(snapshot.at("base").rows, 0);
  EXPECT_EQ(snapshot.at("child").rows, 1);
}

TEST_F(StoreTest, ManyTables) {
  Sql("DO $$ BEGIN FOR i IN 1..450 LOOP EXECUTE format('CREATE TABLE t%s (user_id int)', i); END LOOP; END $$");
  Sql("INSERT INTO t450 VALUES (7)");
  Sql("CREATE TABLE other (note text)");
  Sql("INSERT INTO other VALUES ('needle-12345')");
  const auto store = Make({{"user_id"}, {}});
  const StoreSnapshot snapshot = store->SnapshotOwned("7").value();
  EXPECT_EQ(snapshot.size(), 450u);
  EXPECT_EQ(snapshot.at("t450").rows, 1);
  EXPECT_THAT(store->TablesContaining("needle-12345").value(), ElementsAre("other"));
}

TEST_F(StoreTest, NothingToLookAtIsAnError) {
  const Error empty = Make({{"user_id"}, {}})->SnapshotOwned("7").error();
  EXPECT_EQ(empty.kind, ErrorKind::kTarget);
  EXPECT_THAT(empty.what, HasSubstr("store \"main\""));
  EXPECT_EQ(setup_->TablesContaining("needle-12345").error().kind, ErrorKind::kTarget);
  MakeSampleTables();
  EXPECT_THAT(Make({{"owner"}, {}})->SnapshotOwned("7").error().what, HasSubstr("none of the 3 tables"));
  EXPECT_THAT(Make({{"user_id"}, {{"people", "id"}}})->SnapshotOwned("7").error().what, HasSubstr("no table people"));
}

TEST_F(StoreTest, FindsTextsInEveryTable) {
  MakeSampleTables();
  Sql("CREATE TABLE documents (j json, jb jsonb, b bytea, n numeric, t text)");
  const auto store = Make(description_);
  const std::vector<std::string> texts = {"needle-12345",   "48.271934",          "50%_off\\now", "say \"hi\" twice",
                                          "comma, (paren)", "unicode ü 🙂 ß", "two\nlines",   "quote's end"};
  for (const std::string& text : texts) {
    EXPECT_THAT(store->TablesContaining(text).value(), IsEmpty()) << text;
    ASSERT_TRUE(setup_->Query("INSERT INTO plain VALUES ('before ' || $1::text || ' after')", {text}));
    EXPECT_THAT(store->TablesContaining(text).value(), ElementsAre("plain")) << text;
    Sql("TRUNCATE plain");
    for (const char* statement : {"INSERT INTO documents (jb) VALUES (jsonb_build_object('k', $1::text))",
                                  "INSERT INTO documents (b) VALUES (convert_to($1::text, 'UTF8'))"}) {
      ASSERT_TRUE(setup_->Query(statement, {text}));
      EXPECT_THAT(store->TablesContaining(text).value(), ElementsAre("documents")) << text << " by " << statement;
      Sql("TRUNCATE documents");
    }
  }
  Sql("INSERT INTO health_data (value) VALUES (48.271934)");
  Sql("INSERT INTO documents (n) VALUES (48.271934)");
  EXPECT_THAT(store->TablesContaining("48.271934").value(), UnorderedElementsAre("documents", "health_data"));
  EXPECT_THAT(store->TablesContaining("48_271934").value(), IsEmpty());
}

TEST_F(StoreTest, SearchedTextsAreBounded) {
  MakeSampleTables();
  EXPECT_EQ(setup_->TablesContaining("12345").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(setup_->TablesContaining("").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(setup_->TablesContaining(std::string("123\0456789", 10)).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(setup_->TablesContaining(std::string(kMaxSearchedText + 1, 'x')).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(setup_->TablesContaining("\xff\xfe\xff\xfe\xff\xfe").error().kind, ErrorKind::kTarget);
}

TEST_F(StoreTest, QueryGivesJsonTypes) {
  const Json row =
      setup_
          ->Query(
              "SELECT 7::smallint AS a, 9223372036854775807 AS b, 1.5::float8 AS c, true AS d, NULL::int AS e, "
              "'{\"x\":[1,null]}'::jsonb AS f, 'text' AS g, 12.50::numeric AS h, 12345678901234567890.5::numeric AS i, "
              "'NaN'::float8 AS j, count(*) AS k, 'infinity'::float8 AS l, '{\"x\":1,\"x\":2}'::json AS m, "
              "'2026-01-02 03:04:05+00'::timestamptz AS n, ARRAY[1,2] AS o, 40::numeric AS p, ''::text AS q",
              {})
          .value()
          .at(0);
  EXPECT_EQ(row, Json({{"a", 7},
                       {"b", INT64_MAX},
                       {"c", 1.5},
                       {"d", true},
                       {"e", nullptr},
                       {"f", {{"x", {1, nullptr}}}},
                       {"g", "text"},
                       {"h", 12.5},
                       {"i", "12345678901234567890.5"},
                       {"j", "NaN"},
                       {"k", 1},
                       {"l", "Infinity"},
                       {"m", "{\"x\":1,\"x\":2}"},
                       {"n", "2026-01-02 03:04:05+00"},
                       {"o", "{1,2}"},
                       {"p", 40},
                       {"q", ""}}));
  EXPECT_EQ(setup_->Query("SELECT 1 AS a WHERE false", {}).value(), Json::array());
}

TEST_F(StoreTest, QueryTakesTypedParameters) {
  Sql("CREATE TABLE a (i int, f float8, b bool, t text, j jsonb, u uuid)");
  const Json rows = setup_
                        ->Query("INSERT INTO a VALUES ($1, $2, $3, $4, $5, $6) RETURNING *",
                                {7, 0.25, true, "7'; DROP TABLE a; --", Json{{"k", {1, 2}}}, nullptr})
                        .value();
  EXPECT_EQ(rows, Json({{{"i", 7},
                         {"f", 0.25},
                         {"b", true},
                         {"t", "7'; DROP TABLE a; --"},
                         {"j", {{"k", {1, 2}}}},
                         {"u", nullptr}}}));
  EXPECT_EQ(setup_->Query("SELECT count(*) AS n FROM a WHERE i = $1 AND t = $2", {"7", "7'; DROP TABLE a; --"})
                .value()[0]["n"],
            1);
}

TEST_F(StoreTest, QueryErrors) {
  Sql("CREATE TABLE a (i int UNIQUE)");
  struct Case {
    std::string statement;
    std::vector<Json> parameters;
    ErrorKind kind;
    std::string part;
  };
  const std::vector<Case> cases = {
      {"SELEKT 1", {}, ErrorKind::kTarget, "42601"},
      {"SELECT 1; SELECT 2", {}, ErrorKind::kTarget, "42601"},
      {"INSERT INTO a VALUES (1); DROP TABLE a", {}, ErrorKind::kTarget, "42601"},
      {"SELECT * FROM missing", {}, ErrorKind::kTarget, "42P01"},
      {"INSERT INTO a VALUES ($1)", {"x"}, ErrorKind::kTarget, "22P02"},
      {"INSERT INTO a VALUES ($1)", {}, ErrorKind::kTarget, ""},
      {"SELECT $1::text AS t", {std::string("a\0b", 3)}, ErrorKind::kUsage, ""},
      {"SELECT $1::text AS t", {"\xff"}, ErrorKind::kTarget, "22021"},
      {"SELECT 1 AS a, 2 AS a", {}, ErrorKind::kUsage, ""},
      {"SELECT generate_series(1, 10001) AS n", {}, ErrorKind::kLimit, ""},
      {"SELECT generate_series(1, 1000000000) AS n", {}, ErrorKind::kLimit, ""},
      {"INSERT INTO a SELECT generate_series(1, 10001) RETURNING i", {}, ErrorKind::kLimit, ""},
  };
  for (const Case& c : cases) {
    const Result<Json> rows = setup_->Query(c.statement, c.parameters);
    ASSERT_FALSE(rows) << c.statement;
    EXPECT_EQ(rows.error().kind, c.kind) << c.statement << ": " << rows.error().Brief();
    EXPECT_THAT(rows.error().actual, HasSubstr(c.part)) << c.statement;
  }
  EXPECT_EQ(setup_->Query("SELECT generate_series(1, 10000) AS n", {}).value().size(), kMaxQueryRows);
  EXPECT_EQ(setup_->Query("SELECT count(*) AS n FROM a", {}).value()[0]["n"], 0) << "a refused statement left rows";
}

TEST_F(StoreTest, ObservationCannotWrite) {
  // A cast that writes: what a foreign schema could do to an observer.
  Sql("CREATE TABLE touched (n int)");
  Sql("CREATE TYPE tracing AS (n int)");
  Sql("CREATE FUNCTION leave_trace(tracing) RETURNS text LANGUAGE plpgsql AS "
      "$$ BEGIN INSERT INTO touched VALUES (1); RETURN '7'; END $$");
  Sql("CREATE CAST (tracing AS text) WITH FUNCTION leave_trace(tracing)");
  Sql("CREATE TABLE a (user_id tracing)");
  Sql("INSERT INTO a VALUES (ROW(1))");
  const auto touched = [&] { return setup_->Query("SELECT count(*) AS n FROM touched", {}).value()[0]["n"]; };
  ASSERT_TRUE(setup_->Query("SELECT user_id::text AS t FROM a", {}));
  ASSERT_EQ(touched(), 1) << "the trap does not work";
  const Error error = Make({{"user_id"}, {}})->SnapshotOwned("7").error();
  EXPECT_EQ(error.kind, ErrorKind::kTarget);
  EXPECT_THAT(error.actual, HasSubstr("read-only transaction"));
  EXPECT_EQ(touched(), 1);
}

TEST_F(StoreTest, RowLevelSecurityIsAnErrorInsteadOfFewerRows) {
  MakeSampleTables();
  Sql("CREATE ROLE watcher_" + std::to_string(::getpid()) + " LOGIN PASSWORD 'watch'");
  Sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO watcher_" + std::to_string(::getpid()));
  Sql("ALTER TABLE health_data ENABLE ROW LEVEL SECURITY");
  const std::size_t at = url_.find('@');
  url_ = "postgresql://watcher_" + std::to_string(::getpid()) + ":watch" + url_.substr(at);
  const Error error = Make(description_)->SnapshotOwned("7").error();
  EXPECT_EQ(error.kind, ErrorKind::kTarget);
  EXPECT_THAT(error.actual, HasSubstr("row-level security"));
}

TEST_F(StoreTest, StatementsHaveDeadlines) {
  PostgresqlDeadlines deadlines;
  deadlines.statement = std::chrono::milliseconds(200);
  const auto slow = Make({}, deadlines);
  EXPECT_EQ(slow->Query("SELECT pg_sleep(30)", {}).error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(slow->Query("SELECT 1 AS a", {}));
}

TEST_F(StoreTest, ASilentServerIsATimeoutAndTheNextCallReconnects) {
  PostgresqlDeadlines deadlines;
  deadlines.statement = std::chrono::seconds(60);
  deadlines.silence = std::chrono::milliseconds(500);
  const auto silent = Make({}, deadlines);
  const Error error = silent->Query("SELECT pg_sleep(30)", {}).error();
  EXPECT_EQ(error.kind, ErrorKind::kTimeout);
  EXPECT_THAT(error.what, HasSubstr("did not answer within 500 ms"));
  EXPECT_TRUE(silent->Query("SELECT 1 AS a", {}));
}

TEST_F(StoreTest, ReconnectsAfterTheServerClosed) {
  MakeSampleTables();
  const auto store = Make(description_);
  ASSERT_TRUE(store->SnapshotOwned("7"));
  Sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
      "current_database()");
  EXPECT_EQ(store->SnapshotOwned("7").error().kind, ErrorKind::kTarget);
  EXPECT_TRUE(store->SnapshotOwned("7"));
}

TEST_F(StoreTest, WaitsForLocksOnlyBriefly) {
  MakeSampleTables();
  PostgresqlDeadlines deadlines;
  deadlines.lock = std::chrono::milliseconds(100);
  const auto store = Make(description_, deadlines);
  std::thread locker([&] {
    const auto other = Make({});
    (void)other->Query("DO $$ BEGIN LOCK TABLE health_data; PERFORM pg_sleep(3); END $$", {});
  });
  const auto locked = [&] {
    return setup_
               ->Query(
                   "SELECT 1 AS a FROM pg_locks WHERE relation = 'health_data'::regclass AND mode = "
                   "'AccessExclusiveLock' AND "
                   "granted",
                   {})
               .value()
               .size() == 1;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!locked() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(store->SnapshotOwned("7").error().kind, ErrorKind::kTimeout);
  Sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'health_data'::regclass AND mode = "
      "'AccessExclusiveLock'");
  locker.join();
}

TEST_F(StoreTest, OthersMayWriteMeanwhile) {
  MakeSampleTables();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    const auto other = Make({});
    while (!stop)
      (void)other->Query("INSERT INTO health_data (user_id, value) VALUES (8, random()), (9, random())", {});
  });
  const auto store = Make(description_);
  const StoreSnapshot first = store->SnapshotOwned("7").value();
  for (int i = 0; i < 30; ++i) EXPECT_EQ(store->SnapshotOwned("7").value(), first);
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace readiness
