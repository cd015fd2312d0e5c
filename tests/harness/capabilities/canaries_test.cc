#include "readiness/canaries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <chrono>

#include "base/text.h"

namespace readiness {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kCanary = "canary/\"Zoë\" & <7>";

enum class Wrapper { kZlib = 15, kGzip = 15 + 16 };

std::string Packed(const std::string& text, Wrapper wrapper, int level = 6) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, static_cast<int>(wrapper), 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Base64(const std::string& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (int shift = 18; shift >= 0; shift -= 6) out += kDigits[group >> shift & 63U];
  }
  return out;
}

std::string Found(const Canaries& canaries, const std::string& text) {
  return Describe(canaries.FindIn(text));
}

struct Written {
  const char* name;
  std::string text;
  std::string form;
};

class CanaryFormsTest : public ::testing::TestWithParam<Written> {};

TEST_P(CanaryFormsTest, IsFound) {
  Canaries canaries;
  canaries.Add("the note", kCanary);
  canaries.Add("another", "something-else");
  EXPECT_EQ(Found(canaries, "before " + GetParam().text + " after"), "the note (" + GetParam().form + ")");
}

INSTANTIATE_TEST_SUITE_P(
    , CanaryFormsTest,
    ::testing::Values(
        Written{"Plain", kCanary, "plain"}, Written{"OtherLetterCase", "CANARY/\"ZOë\" & <7>", "plain"},
        Written{"Json", R"(canary/\"Zoë\" & <7>)", "JSON escapes"},
        Written{"JsonAscii", R"(canary/\"Zo\u00eb\" & <7>)", "JSON escapes"},
        Written{"JsonAsciiInUpperCase", R"(canary/\"Zo\u00EB\" & <7>)", "JSON escapes"},
        Written{"JsonSlashes", R"(canary\/\"Zoë\" & <7>)", "JSON escapes"},
        Written{"JsonInJson", R"(canary/\\\"Zoë\\\" & <7>)", "JSON escapes"},
        Written{"Html", "canary/&quot;Zoë&quot; &amp; &lt;7&gt;", "HTML entities"},
        Written{"HtmlByNumber", "canary/&#34;Zoë&#34; &amp; &lt;7&gt;", "HTML entities"},
        Written{"Percent", "canary%2F%22Zo%C3%AB%22%20%26%20%3C7%3E", "percent-encoded"},
        Written{"PercentInLowerCase", "canary%2f%22Zo%c3%ab%22%20%26%20%3c7%3e", "percent-encoded"},
        Written{"Form", "canary%2F%22Zo%C3%AB%22+%26+%3C7%3E", "percent-encoded"},
        Written{"Hex", "63616e6172792f225a6fc3ab222026203c373e", "hex"},
        Written{"HexInUpperCase", "63616E6172792F225A6FC3AB222026203C373E", "hex"},
        Written{"Base64", Base64(kCanary), "base64"},
        Written{"Base64ShiftedByOne", Base64(std::string("x") + kCanary), "base64"},
        Written{"Base64ShiftedByTwo", Base64(std::string("xy") + kCanary + "z"), "base64"},
        Written{"Gzip", Packed(std::string("a ") + kCanary, Wrapper::kGzip), "plain in a compressed stream"},
        Written{"Zlib", Packed(std::string("a ") + kCanary, Wrapper::kZlib), "plain in a compressed stream"},
        Written{"ZlibFastest", Packed(std::string("a ") + kCanary, Wrapper::kZlib, 1), "plain in a compressed stream"},
        Written{"HexInGzip", Packed("63616e6172792f225a6fc3ab222026203c373e", Wrapper::kGzip),
                "hex in a compressed stream"},
        Written{"GzipInBase64", Base64(Packed(kCanary, Wrapper::kGzip)), "plain in a compressed stream"},
        Written{"ZlibInBase64", Base64(Packed(kCanary, Wrapper::kZlib)), "plain in a compressed stream"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Canaries, EveryCharacterEscapedIsFound) {
  Canaries canaries;
  canaries.Add("word", "Canary7");
  for (const char* text :
       {"\\u0043\\u0061\\u006e\\u0061\\u0072\\u0079\\u0037", "&#67;&#97;&#110;&#97;&#114;&#121;&#55;",
        "&#x43;&#x61;&#x6e;&#x61;&#x72;&#x79;&#x37;", "%43%61%6E%61%72%79%37", "%43%61%6e%61%72%79%37"})
    EXPECT_THAT(canaries.FindIn(text), SizeIs(1)) << text;
}

TEST(Canaries, WhatIsNearIsNotFound) {
  Canaries canaries;
  canaries.Add("word", "canary123456");
  for (const std::string text :
       {"canary12345", "canary 123456", "anary123456x", "", "can", "63616e617279313233343", "Y2FuYXJ5MTIz"})
    EXPECT_THAT(canaries.FindIn(text), IsEmpty()) << text;
  EXPECT_THAT(canaries.FindIn("Y2FuYXJ5MTIzNDU2"), SizeIs(1));
  EXPECT_THAT(canaries.FindIn("y2fuyxj5mtiznDU2"), IsEmpty()) << "base64 in other letter case is another text";
}

TEST(Canaries, ShortOnesAreIgnored) {
  Canaries canaries;
  canaries.Add("short", "12345");
  EXPECT_TRUE(canaries.empty());
  EXPECT_THAT(canaries.FindIn("12345"), IsEmpty());
  canaries.Add("long enough", "123456");
  EXPECT_EQ(canaries.size(), 1u);
}

TEST(Canaries, EachIsFoundOnceInTheOrderOfAdding) {
  Canaries canaries;
  canaries.Add("first", "first-canary");
  canaries.Add("second", "second-canary");
  const auto hits = canaries.FindIn("second-canary 66697273742d63616e617279 second-canary first-canary");
  EXPECT_EQ(hits, (std::vector<CanaryHit>{{"first", "plain"}, {"second", "plain"}}));
}

TEST(Canaries, DescriptionsNeverHoldTheValue) {
  Canaries canaries;
  canaries.Add("the owner's note", "secret-canary");
  EXPECT_THAT(Found(canaries, "secret-canary"), AllOf(HasSubstr("the owner's note"), Not(HasSubstr("secret-canary"))));
}

std::chrono::milliseconds TimeOf(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

TEST(Canaries, ManyInALargeTextAreFast) {
  Canaries canaries;
  for (int i = 0; i < 100; ++i) canaries.Add("canary " + std::to_string(i), "canary" + RandomHex(12));
  canaries.Add("the last", "the-last-canary");
  std::string text;
  while (text.size() < 1'000'000) text += R"({"id": 7, "notes": "canary or not", "hex": "63616e61727961"},)";
  text += "the-last-canary";
  const auto time = TimeOf([&] { EXPECT_THAT(canaries.FindIn(text), SizeIs(1)); });
  // Nothing that is linear takes long; the bound is for what is not.
  EXPECT_LT(time.count(), 3000);
}

TEST(Canaries, HostileTextsAreBounded) {
  Canaries canaries;
  canaries.Add("word", "canary123456");
  std::string bomb = Packed(std::string(200'000'000, 'a'), Wrapper::kGzip, 9);
  std::string beginnings;
  while (beginnings.size() < 1'000'000) beginnings += "\x78\x9c\x1f\x8b\x08 H4sI eJx ";
  std::string bombs;
  for (int i = 0; i < 30; ++i) bombs += bomb + " ";
  for (const std::string& text : {bomb, beginnings, bombs, std::string(2'000'000, '\x78'), std::string(2'000'000, 'H'),
                                  std::string("eJ") + std::string(2'000'000, 'e')}) {
    const auto time = TimeOf([&] { EXPECT_THAT(canaries.FindIn(text), IsEmpty()); });
    EXPECT_LT(time.count(), 5000);
  }
  EXPECT_THAT(canaries.FindIn("canary123456 " + bombs), SizeIs(1));
  EXPECT_THAT(canaries.FindIn(Packed("torn canary123456" + RandomHex(4000), Wrapper::kGzip).substr(0, 1500)), SizeIs(1))
      << "what is sound of a torn stream counts";
}

TEST(Canaries, EndsOfRandomValuesAreFound) {
  Canaries canaries;
  canaries.AddWithEnds("text", "cn0123456789abcdefghijklmn");
  canaries.AddWithEnds("short", "zyxwvuts");
  canaries.AddWithEnds("none", "abc");
  EXPECT_EQ(canaries.size(), 2u);
  EXPECT_EQ(Describe(canaries.FindIn("a preview: cn0123456789...")), "text (its beginning)");
  EXPECT_EQ(Describe(canaries.FindIn("...cdefghijklmn")), "text (its end)");
  EXPECT_TRUE(canaries.FindIn("cn012345678").empty());
  EXPECT_EQ(Describe(canaries.FindIn("cn0123456789abcdefghijklmn")), "text (plain)");
}

}  // namespace
}  // namespace readiness
