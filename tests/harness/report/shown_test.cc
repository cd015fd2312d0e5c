#include "report/shown.h"

#include <gtest/gtest.h>

namespace readiness {
namespace {

TEST(Shown, WidthCountsColumns) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("\xC3\xA4"), 1u);
  EXPECT_EQ(DisplayWidth("\xE6\xBC\xA2"), 2u);
  EXPECT_EQ(DisplayWidth("a\xCC\x88"), 1u);
  EXPECT_EQ(DisplayWidth("\xF0\x9F\x98\x80"), 2u);
  EXPECT_EQ(DisplayWidth("\xE2"), 1u) << "cut off in the middle";
}

TEST(Shown, FitIsAlwaysExactlyAsWide) {
  for (const std::string text : {"", "abc", "abcdefgh", "\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2",
                                 "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4"}) {
    for (std::size_t width = 0; width < 10; ++width) EXPECT_EQ(DisplayWidth(Fit(text, width)), width) << text;
  }
  EXPECT_EQ(Fit("abcdef", 4), "abc\xE2\x80\xA6");
}

TEST(Shown, ShortPathCutsWholeFoldersOnly) {
  EXPECT_EQ(ShortPath("/a/b/c", "/a/b"), "c");
  EXPECT_EQ(ShortPath("/a/b/c", "/a/b/"), "c");
  EXPECT_EQ(ShortPath("/a/bc", "/a/b"), "/a/bc");
  EXPECT_EQ(ShortPath("/a/b", "/a/b"), "/a/b");
  EXPECT_EQ(ShortPath("/a/b", ""), "/a/b");
}

TEST(Shown, BlockIndentsEveryLineAndEnds) {
  EXPECT_EQ(Block("one\ntwo", 4), "one\n    two");
  EXPECT_EQ(Block("one\n\n\t \n", 4), "one");
  EXPECT_EQ(Block("a\tb", 4), "a  b");
  EXPECT_EQ(Block("1\n2\n3", 1, 100, 2), "1\n 2 [more lines not shown]");
  EXPECT_EQ(Block(std::string(50, 'x'), 1, 10), "xxxxxxxxxx [40 more bytes]");
}

}  // namespace
}  // namespace readiness
