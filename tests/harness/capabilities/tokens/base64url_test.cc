#include "capabilities/tokens/base64url.h"

#include <gtest/gtest.h>

namespace readiness {
namespace {

TEST(Base64Url, IsThatOfTheStandard) {
  EXPECT_EQ(ToBase64Url(""), "");
  EXPECT_EQ(ToBase64Url("f"), "Zg");
  EXPECT_EQ(ToBase64Url("foob"), "Zm9vYg");
  EXPECT_EQ(ToBase64Url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(ToBase64Url("\xFB\xFF\xBF"), "-_-_");
}

TEST(Base64Url, ReadsBackEveryLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string bytes = RandomBytes(size);
    EXPECT_EQ(FromBase64Url(ToBase64Url(bytes)), bytes);
  }
}

TEST(Base64Url, TakesNothingElse) {
  for (const char* text : {"Zg==", "Zg=", "Z", "Zm9v\n", " Zg", "Zm+v", "Zm/v", "Zh", "Zm9vYg.", "\xC3\xA9"})
    EXPECT_EQ(FromBase64Url(text), std::nullopt) << text;
  EXPECT_EQ(FromBase64Url(std::string_view("Zm9v\0Zg", 7)), std::nullopt);
}

}  // namespace
}  // namespace readiness
