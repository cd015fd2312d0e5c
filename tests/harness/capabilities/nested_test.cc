#include "readiness/nested.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NestedObjectTest, GivesTypedValues) {
  const Json json = Json::parse(R"({"a": "x", "b": 1.5, "c": true, "d": ["y", "z"], "e": null})");
  NestedObject object(json, "/cases/0");
  EXPECT_EQ(object.Text("a"), "x");
  EXPECT_EQ(object.Text("missing", "fallback"), "fallback");
  EXPECT_EQ(object.Number("b"), 1.5);
  EXPECT_TRUE(object.Boolean("c", false));
  EXPECT_THAT(object.Texts("d"), ElementsAre("y", "z"));
  EXPECT_TRUE(object.Find("e")->is_null());
  EXPECT_TRUE(object.Finish());
}

TEST(NestedObjectTest, NamesThePlaceOfAProblem) {
  const struct {
    const char* json;
    const char* says;
  } cases[] = {{R"([])", "/x is not an object"},
               {R"({})", "/x/name is missing"},
               {R"({"name": ""})", "/x/name is no text"},
               {R"({"name": 7})", "/x/name is no text"},
               {R"({"name": "a", "list": [""]})", "/x/list is no list of texts"},
               {R"({"name": "a", "flag": 1})", "/x/flag is neither true nor false"},
               {R"({"name": "a", "nam": "b"})", "/x/nam is not known"}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.json);
    const Json json = Json::parse(test.json);
    NestedObject object(json, "/x");
    object.Text("name");
    object.Texts("list");
    object.Boolean("flag", false);
    const auto finished = object.Finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().kind, ErrorKind::kDefinition);
    EXPECT_THAT(finished.error().what, HasSubstr(test.says));
  }
}

}  // namespace
}  // namespace readiness
