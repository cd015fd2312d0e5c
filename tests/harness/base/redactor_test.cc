#include "base/redactor.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace readiness {
namespace {

constexpr const char* kSecret = "s3cr3t/Pass \"wörd\" <&>?~";

std::string Base64(const std::string& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

TEST(Redactor, FindsTheSecretInEveryEncoding) {
  Redactor redactor;
  redactor.Add(kSecret);
  const std::string encoded[] = {
      kSecret,
      Json(kSecret).dump(),
      Json(kSecret).dump(-1, ' ', true),
      Json(Json(kSecret).dump()).dump(),
      Json(Json(Json(kSecret).dump()).dump()).dump(),
      "s3cr3t%2FPass%20%22w%C3%B6rd%22%20%3C%26%3E%3F~",
      "s3cr3t%2fPass%20%22w%c3%b6rd%22%20%3c%26%3e%3f~",
      "s3cr3t%2FPass+%22w%C3%B6rd%22+%3C%26%3E%3F~",
      "s3cr3t/Pass &quot;wörd&quot; &lt;&amp;&gt;?~",
      "s3cr3t/Pass &#34;wörd&#34; &lt;&amp;&gt;?~",
      "s3cr3t/Pass%20%22w%C3%B6rd%22%20%3C%26%3E%3F~",
      "s3cr3t%2FPass+%22w%C3%B6rd%22+%3C%26%3E%3F%7E",
      R"(s3cr3t\/Pass \"wörd\" <&>?~)",
      R"(s3cr3t/Pass \"wörd\" \u003c\u0026\u003e?~)",
  };
  for (const std::string& text : encoded) {
    const std::string redacted = redactor.Redact("before " + text + " after");
    EXPECT_NE(redacted.find("[redacted]"), std::string::npos) << text;
    EXPECT_EQ(redacted.find("Pass"), std::string::npos) << redacted;
    EXPECT_TRUE(redacted.starts_with("before ")) << redacted;
    EXPECT_TRUE(redacted.ends_with(" after")) << redacted;
  }
}

TEST(Redactor, FindsTheSecretInBase64AtEveryAlignment) {
  Redactor redactor;
  redactor.Add(kSecret);
  for (const std::string prefix : {"", "u", "us", "user:"}) {
    const std::string encoded = Base64(prefix + kSecret + "tail");
    const std::string redacted = redactor.Redact(encoded);
    EXPECT_NE(redacted.find("[redacted]"), std::string::npos) << prefix;
    EXPECT_LT(redacted.size(), encoded.size()) << prefix;
  }
}

TEST(Redactor, LeavesOtherTextAlone) {
  Redactor redactor;
  redactor.Add("abc");  // too short to be a secret
  redactor.Add("topsecret");
  EXPECT_EQ(redactor.Redact("abc topsecre"), "abc topsecre");
}

TEST(Redactor, RemovesWhatACutHasLeftOfASecret) {
  Redactor redactor;
  redactor.Add("topsecret-value");
  EXPECT_EQ(redactor.RedactHead("a topsecret-val"), "a [redacted]");
  EXPECT_EQ(redactor.RedactHead("topsecret-value tops"), "[redacted] [redacted]");
  EXPECT_EQ(redactor.RedactHead("a top"), "a top") << "under four bytes";
  EXPECT_EQ(redactor.RedactHead("a topsecret-val b"), "a topsecret-val b") << "not at the end";
  EXPECT_EQ(redactor.RedactTail("secret-value b"), "[redacted] b");
  EXPECT_EQ(redactor.RedactTail("b secret-value"), "b secret-value") << "not at the begin";
  EXPECT_EQ(redactor.Redact("a topsecret-v [7 more bytes], topse [120 more bytes]"),
            "a [redacted] [7 more bytes], [redacted] [120 more bytes]");
  EXPECT_EQ(redactor.Redact("topsecret-v [x more bytes]"), "topsecret-v [x more bytes]");
  EXPECT_EQ(redactor.Redact("[7 more bytes] more bytes] 7 more bytes]"), "[7 more bytes] more bytes] 7 more bytes]");
  EXPECT_EQ(redactor.Redact("topsecr... (26 bytes)....topse... topsecret"),
            "[redacted]... (26 bytes)....[redacted]... topsecret");
  EXPECT_EQ(redactor.RedactHead(""), "");
  EXPECT_EQ(redactor.RedactTail(""), "");
}

TEST(Redactor, WalksJson) {
  Redactor redactor;
  redactor.Add("topsecret");
  EXPECT_EQ(redactor.RedactJson(Json::parse(R"({"topsecret":[1,"x topsecret"],"b":null})")),
            Json::parse(R"({"[redacted]":[1,"x [redacted]"],"b":null})"));
}

TEST(Redactor, RemovesTheLongerOfTwoSecretsFirst) {
  Redactor redactor;
  redactor.Add("token");
  redactor.Add("token-with-tail");
  EXPECT_EQ(redactor.Redact("token-with-tail"), "[redacted]");
}

}  // namespace
}  // namespace readiness
