#include "readiness/patterns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Patterns, FindsLines) {
  const Pattern pattern = Pattern::Compile("(?i)name ?error|is not defined").value();
  EXPECT_THAT(pattern.FindLines("a\nNameError: x\nb\n'logger' is not defined"),
              ElementsAre("NameError: x", "'logger' is not defined"));
  EXPECT_THAT(pattern.FindLines("name\nerror\n"), IsEmpty()) << "never across lines";
  EXPECT_THAT(pattern.FindLines(""), IsEmpty());
  EXPECT_THAT(pattern.FindLines("nameerror\nnameerror\n", 1), ElementsAre("nameerror"));
  EXPECT_THAT(pattern.FindLines(std::string_view("\0nameerror\xff", 11)),
              ElementsAre(std::string("\0nameerror\xff", 11)));
}

TEST(Patterns, WrongOnesAreErrors) {
  for (const char* text : {"(", "a*", "", "x|"}) {
    const Result<Pattern> pattern = Pattern::Compile(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_EQ(pattern.error().kind, ErrorKind::kDefinition);
  }
}

}  // namespace
}  // namespace readiness
