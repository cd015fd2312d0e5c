#include "base/text.h"

#include <gtest/gtest.h>

namespace readiness {
namespace {

TEST(NearestWord, FindsWhatWasMeant) {
  const std::vector<std::string> known = {"timeout_ms", "title", "severity", "parameters"};
  EXPECT_EQ(NearestWord("tilte", known), "title");
  EXPECT_EQ(NearestWord("timeout", known), "timeout_ms");
  EXPECT_EQ(NearestWord("sevrity", known), "severity");
  EXPECT_EQ(NearestWord("colour", known), std::nullopt);
  EXPECT_EQ(NearestWord("", known), std::nullopt);
}

TEST(Printable, NeutralisesWhatATerminalObeys) {
  EXPECT_EQ(Printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(Printable(std::string("n\0l", 3)), "n\\x00l");
  EXPECT_EQ(Printable("x\xC2\x9B"
                      "31m"),
            "x\\x9b31m");
  EXPECT_EQ(Printable("rtl\xE2\x80\xAEx"), "rtl\\u202ex");
  EXPECT_EQ(Printable("bad\xFF\xC0\xAF"), "bad\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(Printable("line\n\ttab ü 漢"), "line\n\ttab ü 漢");
}

TEST(Printable, SaysWhatWasCut) {
  EXPECT_EQ(Printable("abcdef", 4), "abcd [2 more bytes]");
}

TEST(PercentEncode, LeavesOnlyUnreserved) {
  EXPECT_EQ(PercentEncode("a/b ?..%ü"), "a%2Fb%20%3F..%25%C3%BC");
}

TEST(Sha256Hex, MatchesTheStandardsVector) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(UtcNow, IsIso8601) {
  const std::string now = UtcNow();
  ASSERT_EQ(now.size(), 24U) << now;
  EXPECT_EQ(now[10], 'T');
  EXPECT_EQ(now.back(), 'Z');
}

TEST(RandomHex, Differs) {
  EXPECT_EQ(RandomHex(8).size(), 16U);
  EXPECT_NE(RandomHex(8), RandomHex(8));
}

}  // namespace
}  // namespace readiness
