#include "definition/syntax.h"

#include <gmock/gmock.h>

#include "definition/pattern.h"
#include "definition/problems.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Placeholders, NamesInOrder) {
  EXPECT_THAT(ParsePlaceholders("a ${x} b ${store.main.url}${x}").names, ElementsAre("x", "store.main.url", "x"));
  EXPECT_THAT(ParsePlaceholders("").names, IsEmpty());
}

TEST(Placeholders, ADollarAloneIsText) {
  for (const char* text : {"$", "$$", "costs 5$", "$x", "{x}", "$ {x}", "}"}) {
    EXPECT_THAT(ParsePlaceholders(text).names, IsEmpty()) << text;
    EXPECT_EQ(ParsePlaceholders(text).problem, "") << text;
  }
}

TEST(Placeholders, Malformed) {
  for (const char* text : {"${", "${x", "${}", "${a b}", "${a${b}}", "${ä}", "x${x}${", "${a\n}", "${x:-default}"}) {
    EXPECT_NE(ParsePlaceholders(text).problem, "") << text;
  }
}

TEST(JsonPointers, WellFormed) {
  for (const char* text : {"", "/", "/a", "/a/0/b", "/~0~1", "/paths/~1users/post", "//", "/a b", "/ä"}) {
    EXPECT_EQ(JsonPointerProblem(text), "") << text;
  }
  for (const char* text : {"a", "#/a", "/~", "/a~2", "$.a", " /a", "/${x}"}) {
    EXPECT_NE(JsonPointerProblem(text), "") << text;
  }
}

TEST(Captures, QueryOfAPointer) {
  for (const char* text : {"/id", "query:state of /authorize_url", "query:a of ", "query:of of /u"}) {
    EXPECT_EQ(CaptureProblem(text), "") << text;
  }
  for (const char* text : {"id", "query:state", "query:state of url", "query: of /u", "Query:a of /u"}) {
    EXPECT_NE(CaptureProblem(text), "") << text;
  }
}

TEST(SqlParameters, CountsWhatPostgresqlWouldSee) {
  const std::vector<std::pair<const char*, int>> cases = {
      {"SELECT 1", 0},
      {"SELECT $1, $2, $1", 2},
      {"SELECT '$1'", 0},
      {"SELECT 'it''s $1', $1", 1},
      {"SELECT \"$2\", $1", 1},
      {"SELECT $1 -- $2", 1},
      {"SELECT $1 -- it's\n, $2", 2},
      {"SELECT /* $2 /* nested $3 */ $4 */ $1", 1},
      {"SELECT $$ $2 $$, $1", 1},
      {"SELECT $tag$ $2 $$ $tag$, $1", 1},
      {"SELECT E'\\'$2', $1", 1},
      {"SELECT 'a\\', $1", 1},
      {"SELECT a$1 FROM t", 0},
      {"SELECT $10, $1,$2,$3,$4,$5,$6,$7,$8,$9", 10},
      {"", 0},
  };
  for (const auto& [sql, count] : cases) {
    EXPECT_EQ(ParseSqlParameters(sql).problem, "") << sql;
    EXPECT_EQ(ParseSqlParameters(sql).count, count) << sql;
  }
}

TEST(SqlParameters, Malformed) {
  for (const char* sql : {"SELECT $0", "SELECT $2", "SELECT $1, $3", "SELECT 'a", "SELECT \"a", "SELECT /* a",
                          "SELECT $$ a", "SELECT $101", "SELECT $99999999999999999999", "SELECT E'a\\"}) {
    EXPECT_NE(ParseSqlParameters(sql).problem, "") << sql;
  }
}

TEST(Names, Charsets) {
  EXPECT_TRUE(IsName("ai-health"));
  EXPECT_FALSE(IsName("__proto__"));
  EXPECT_FALSE(IsName("a.b"));
  EXPECT_FALSE(IsName(""));
  EXPECT_TRUE(IsName(std::string(100, 'a')));
  EXPECT_FALSE(IsName(std::string(101, 'a')));
  EXPECT_TRUE(IsItemId("S1.10-b_c"));
  EXPECT_FALSE(IsItemId(".."));
  EXPECT_FALSE(IsItemId("-v"));
  EXPECT_TRUE(IsSnakeCase("sync_needs_consent"));
  EXPECT_FALSE(IsSnakeCase("Sync"));
  EXPECT_TRUE(IsIdentifier("_PATH1"));
  EXPECT_FALSE(IsIdentifier("1A"));
  for (const char* host : {"localhost", "api.prod.whoop.com", "127.0.0.1", "::1", "fe80::1", "a_b.example"}) {
    EXPECT_TRUE(IsHostName(host)) << host;
  }
  for (const char* host : {"", "http://a", "a:80", "a/b", "a b", "-a", ".a", "user@host", "*"}) {
    EXPECT_FALSE(IsHostName(host)) << host;
  }
}

TEST(LinePatterns, MustCompileAndNotMatchNothing) {
  EXPECT_EQ(LinePatternProblem("Uvicorn running on"), "");
  EXPECT_THAT(LinePatternProblem("(a"), HasSubstr("not a regular expression"));
  EXPECT_THAT(LinePatternProblem("a*"), HasSubstr("found at once"));
  EXPECT_THAT(LinePatternProblem("((a{1000}){1000}){1000}"), HasSubstr("not a regular expression"));
}

TEST(Hints, SeeThroughCaseHyphenAndUnit) {
  const std::vector<std::string> known = {"timeout_ms", "string_list", "GET"};
  EXPECT_EQ(DidYouMean("timeout", known), "did you mean \"timeout_ms\"? numbers carry their unit");
  EXPECT_EQ(DidYouMean("timeout_seconds", known), "did you mean \"timeout_ms\"? numbers carry their unit");
  EXPECT_EQ(DidYouMean("Timeout-MS", known), "did you mean \"timeout_ms\"? numbers carry their unit");
  EXPECT_EQ(DidYouMean("string-list", known), "did you mean \"string_list\"?");
  EXPECT_EQ(DidYouMean("get", known), "did you mean \"GET\"?");
  EXPECT_EQ(DidYouMean("double.bank.ca", {"double.bank.url", "double.bank.ca_file"}),
            "did you mean \"double.bank.ca_file\"?");
  EXPECT_EQ(DidYouMean("zebra", known), "");
  EXPECT_EQ(DidYouMean("", known), "");
}

TEST(Quotes, AreOneSafeLine) {
  EXPECT_EQ(Quoted("a\nb\tc\"d\x1b[31m\xff"), "\"a\\nb\\tc\\\"d\\x1b[31m\xEF\xBF\xBD\"");
  EXPECT_LT(Quoted(std::string(1'000'000, 'x')).size(), 120u);
}

}  // namespace
}  // namespace readiness
