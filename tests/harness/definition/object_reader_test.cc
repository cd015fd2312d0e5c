#include "definition/object_reader.h"

#include <gtest/gtest.h>

#include "wrong_cases.h"

namespace readiness {
namespace {

const Shape kThing{"a thing", "none", "", {{"name", true}, {"count", false, Bounds{1, 9}}, {"free", false}}};

std::string Read(const std::string& text, const std::function<void(ObjectReader&)>& read) {
  const auto parsed = ParseLocatedJson(text, "f");
  EXPECT_TRUE(parsed);
  Problems problems("f");
  ObjectReader reader(*parsed, kThing, problems);
  read(reader);
  reader.Finish();
  return problems.empty() ? "no problem" : Listed(problems.Take());
}

void ReadAll(ObjectReader& reader) {
  reader.String("name", TextRule::kLine);
  reader.Integer("count", 1);
  reader.Find("free");
}

TEST(ObjectReader, MissingAndUnknownKeys) {
  EXPECT_EQ(Read(R"({"name": "a"})", ReadAll), "no problem");
  EXPECT_EQ(Read(R"({"nam": "a", "count": 10})", ReadAll),
            "1:1 a thing lacks \"name\" | expected the keys name\n"
            "1:2 unknown key \"nam\" of a thing | expected one of: name, count, free | fix did you mean \"name\"?\n"
            "1:23 \"count\" is out of range | expected 1 to 9 | actual 10");
}

TEST(ObjectReader, AKeyThatTheLoaderIgnoresIsItsDefect) {
  EXPECT_EQ(Read(R"({"name": "a"})", [](ObjectReader& reader) { reader.String("name", TextRule::kLine); }),
            "1:1 the loader ignores the key count\n1:1 the loader ignores the key free");
}

TEST(ObjectReader, AKeyThatTheShapeLacksIsADefectOfTheLoader) {
  EXPECT_EQ(Read(R"({"name": "a"})",
                 [](ObjectReader& reader) {
                   ReadAll(reader);
                   reader.Find("colour");
                 }),
            "1:1 the loader asks a thing for the unknown key colour");
  EXPECT_EQ(Read(R"({"name": "a", "free": 1})",
                 [](ObjectReader& reader) {
                   ReadAll(reader);
                   reader.Integer("free", 0);
                   reader.Word("name");
                 }),
            "1:10 the key name has no words\n1:23 the key free has no bounds");
}

TEST(ObjectReader, SomethingElseIsReportedOnce) {
  EXPECT_EQ(Read("[1]", ReadAll), "1:1 a thing has the wrong type | expected an object | actual a list");
}

TEST(Problems, KeepsTheFirstFiftyByPosition) {
  Problems problems("f");
  for (int line = 200; line >= 1; --line) {
    LocatedJson at;
    at.line = line;
    at.column = 1;
    problems.Add(at, "wrong " + std::to_string(line));
  }
  const std::vector<Error> errors = problems.Take();
  ASSERT_EQ(errors.size(), 50u);
  for (int i = 0; i < 49; ++i) EXPECT_EQ(errors[static_cast<std::size_t>(i)].what, "wrong " + std::to_string(i + 1));
  EXPECT_EQ(errors[49].what, "151 further problems from here on are not shown");
  EXPECT_EQ(errors[49].place->line, 50);
}

TEST(Problems, ExactlyFiftyAreAllShown) {
  Problems problems("f");
  for (int i = 0; i < 50; ++i) problems.Add({}, "wrong");
  const std::vector<Error> errors = problems.Take();
  ASSERT_EQ(errors.size(), 50u);
  EXPECT_EQ(errors[49].what, "wrong");
}

}  // namespace
}  // namespace readiness
