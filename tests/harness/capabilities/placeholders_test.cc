#include "capabilities/placeholders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Values kValues{{"id", 7},
                     {"name", "Ada"},
                     {"flag", true},
                     {"half", 0.5},
                     {"nothing", nullptr},
                     {"list", {1, 2}},
                     {"slash", "a/../b"},
                     {"dots", ".."},
                     {"dot", "."},
                     {"empty", ""},
                     {"break", "a\r\nX: y"},
                     {"nested", "${name}"},
                     {"odd", "a b&c=d?#%e"},
                     {"bad", "\xff\xfe"},
                     {"nul", std::string("a\0b", 3)}};

ValueLayers Layers() {
  return ValueLayers({&kValues});
}

TEST(Placeholders, FillsTexts) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},           {"plain $ } { text", "plain $ } { text"}, {"${name}", "Ada"},
      {"<${id}>", "<7>"}, {"${name}${flag}${half}", "Adatrue0.5"},  {"${nested}", "${name}"},
      {"${empty}", ""},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(FillText(text, Layers()).value(), expected) << text;
}

TEST(Placeholders, NamesWhatCannotBeFilled) {
  struct Case {
    std::string text;
    ErrorKind kind;
    std::string part;
  };
  const std::vector<Case> cases = {
      {"x ${missing}", ErrorKind::kNotAvailable, "${missing}"},
      {"${nothing}", ErrorKind::kNotAvailable, "${nothing}"},
      {"x${list}", ErrorKind::kTarget, "${list}"},
      {"${", ErrorKind::kDefinition, "without end"},
      {"${}", ErrorKind::kDefinition, "without end or name"},
      {"${name", ErrorKind::kDefinition, "${name"},
  };
  for (const Case& c : cases) {
    const Result<std::string> filled = FillText(c.text, Layers());
    ASSERT_FALSE(filled) << c.text;
    EXPECT_EQ(filled.error().kind, c.kind) << c.text;
    EXPECT_THAT(filled.error().what, HasSubstr(c.part));
  }
}

TEST(Placeholders, FirstLayerWins) {
  const Values first{{"name", "Grace"}};
  EXPECT_EQ(FillText("${name} ${id}", ValueLayers({&first, &kValues})).value(), "Grace 7");
}

TEST(Placeholders, WholePlaceholderKeepsItsTypeInJson) {
  const Json filled =
      FillJson(Json{{"a", "${id}"}, {"b", {"${flag}", "n${id}", 3}}, {"${id}", "${list}"}, {"c", nullptr}}, Layers())
          .value();
  EXPECT_EQ(filled, Json({{"a", 7}, {"b", {true, "n7", 3}}, {"${id}", {1, 2}}, {"c", nullptr}}));
  EXPECT_EQ(FillValue("${nothing}", Layers()).value(), Json());
  EXPECT_EQ(FillJson(Json{{"a", {{"b", "${missing}"}}}}, Layers()).error().kind, ErrorKind::kNotAvailable);
}

TEST(Placeholders, ValuesNeverChangeTheStructureOfAPath) {
  EXPECT_EQ(FillPath("/run/${slash}/x", Layers()).value(), "/run/a%2F..%2Fb/x");
  EXPECT_EQ(FillPath("/run/${odd}", Layers()).value(), "/run/a%20b%26c%3Dd%3F%23%25e");
  EXPECT_EQ(FillPath("/run/x${dots}", Layers()).value(), "/run/x..");
  EXPECT_EQ(FillPath("/run/${break}", Layers()).value(), "/run/a%0D%0AX%3A%20y");
  for (const char* path : {"/run/${dots}", "/${dots}/run", "/run/${dot}/x", "/run/.${dot}", "/run/${empty}"}) {
    const Result<std::string> filled = FillPath(path, Layers());
    ASSERT_FALSE(filled) << path;
    EXPECT_EQ(filled.error().kind, ErrorKind::kRefused) << path;
  }
}

TEST(Placeholders, HeadersRefuseLineBreaks) {
  EXPECT_EQ(FillHeader("Bearer ${name}", Layers()).value(), "Bearer Ada");
  for (const char* header : {"x${break}", "${nul}"}) {
    const Result<std::string> filled = FillHeader(header, Layers());
    ASSERT_FALSE(filled) << header;
    EXPECT_EQ(filled.error().kind, ErrorKind::kRefused);
    EXPECT_THAT(filled.error().what, ::testing::Not(HasSubstr("X: y")));
  }
}

TEST(Placeholders, PairsAreEncoded) {
  EXPECT_EQ(FillPairs({{"a b", "${odd}"}, {"c", "${id}"}}, Layers()).value(), "a%20b=a%20b%26c%3Dd%3F%23%25e&c=7");
  EXPECT_EQ(FillPairs({}, Layers()).value(), "");
  EXPECT_FALSE(FillPairs({{"a", "${missing}"}}, Layers()));
}

TEST(Placeholders, ListsNames) {
  EXPECT_THAT(PlaceholdersIn("${a}-${b}${a}").value(), ElementsAre("a", "b", "a"));
  EXPECT_FALSE(PlaceholdersIn("${a"));
}

TEST(Placeholders, JsonWithForeignBytesIsAnErrorAndNoException) {
  EXPECT_EQ(DumpJson(Json{{"a", 1}}).value(), R"({"a":1})");
  EXPECT_EQ(DumpJson(kValues.at("bad")).error().kind, ErrorKind::kMalformed);
}

}  // namespace
}  // namespace readiness
