#include "base/located_json.h"

#include <gtest/gtest.h>

namespace readiness {
namespace {

struct Wrong {
  const char* name;
  std::string text;
  ErrorKind kind;
  const char* what;
  int line;
  int column;
};

class RefusesTest : public testing::TestWithParam<Wrong> {};

TEST_P(RefusesTest, WithPlace) {
  const Wrong& wrong = GetParam();
  const auto parsed = ParseLocatedJson(wrong.text, "x.json");
  ASSERT_FALSE(parsed) << parsed->ToJson();
  EXPECT_EQ(parsed.error().kind, wrong.kind);
  EXPECT_EQ(parsed.error().what, wrong.what) << parsed.error().Brief();
  ASSERT_TRUE(parsed.error().place);
  EXPECT_EQ(parsed.error().place->line, wrong.line) << parsed.error().Brief();
  EXPECT_EQ(parsed.error().place->column, wrong.column) << parsed.error().Brief();
}

INSTANTIATE_TEST_SUITE_P(
    LocatedJson, RefusesTest,
    testing::Values(
        Wrong{"Empty", "", ErrorKind::kMalformed, "not valid JSON", 1, 1},
        Wrong{"DuplicateKey", "{\n  \"a\": 1,\n  \"a\": 2\n}", ErrorKind::kMalformed, "key \"a\" is given twice", 3, 3},
        Wrong{"EscapedDuplicateKey", R"({"a":1,"\u0061":2})", ErrorKind::kMalformed, "key \"a\" is given twice", 1, 8},
        Wrong{"Nan", "{\"a\": NaN}", ErrorKind::kMalformed, "not valid JSON", 1, 7},
        Wrong{"OutOfRange", "[1e999]", ErrorKind::kMalformed, "number is out of range", 1, 2},
        Wrong{"NulAndMore", std::string("{\"a\":1}\0x", 9), ErrorKind::kMalformed, "not valid JSON", 1, 8},
        Wrong{"TrailingText", "{} x", ErrorKind::kMalformed, "not valid JSON", 1, 4},
        Wrong{"Comment", "{ // c\n}", ErrorKind::kMalformed, "not valid JSON", 1, 3},
        Wrong{"ByteOrderMark", "\xEF\xBB\xBF{}", ErrorKind::kMalformed, "not valid JSON", 1, 1},
        Wrong{"InvalidUtf8", "[\"\xC3\x28\"]", ErrorKind::kMalformed, "not valid JSON", 1, 4},
        Wrong{"LoneSurrogate", R"(["\ud800"])", ErrorKind::kMalformed, "not valid JSON", 1, 9},
        Wrong{"TooDeep", std::string(65, '[') + std::string(65, ']'), ErrorKind::kLimit, "nested too deeply", 1, 65}),
    [](const auto& test) { return test.param.name; });

TEST(LocatedJson, KnowsWhereEverythingStood) {
  const auto parsed =
      ParseLocatedJson("{\n  \"näme\": \"a\\\"b\",\n  \"list\": [1, -2.5e3, true,\n null, {}]\n}", "x.json");
  ASSERT_TRUE(parsed) << parsed.error().Brief();
  ASSERT_EQ(parsed->members.size(), 2U);
  EXPECT_EQ(parsed->members[0].line, 2);
  EXPECT_EQ(parsed->members[0].column, 3);
  EXPECT_EQ(parsed->members[0].value.column, 11);
  EXPECT_EQ(parsed->members[0].value.scalar, "a\"b");
  const LocatedJson& list = parsed->members[1].value;
  ASSERT_EQ(list.elements.size(), 5U);
  EXPECT_EQ(list.column, 11);
  EXPECT_EQ(list.elements[0].column, 12);
  EXPECT_EQ(list.elements[1].column, 15);
  EXPECT_EQ(list.elements[1].scalar, -2500.0);
  EXPECT_EQ(list.elements[2].column, 23);
  EXPECT_EQ(list.elements[3].line, 4);
  EXPECT_EQ(list.elements[3].column, 2);
  EXPECT_EQ(list.elements[4].column, 8);
}

TEST(LocatedJson, BoundsSizeAndCount) {
  EXPECT_EQ(ParseLocatedJson("[1,2,3]", "x", {.bytes = 6}).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(ParseLocatedJson("[1,2,3]", "x", {.values = 3}).error().what, "too many values");
  EXPECT_TRUE(ParseLocatedJson("[1,2,3]", "x", {.values = 4}));
}

TEST(LocatedJson, GivesPlainJson) {
  const auto parsed = ParseStrictJson(R"({"b":[1,{"c":null}],"a":"x"})", "x");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Json::parse(R"({"b":[1,{"c":null}],"a":"x"})"));
}

}  // namespace
}  // namespace readiness
