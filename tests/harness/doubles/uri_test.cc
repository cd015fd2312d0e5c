#include "doubles/uri.h"

#include <gtest/gtest.h>

namespace readiness::doubles::provider {
namespace {

TEST(Uri, ReadsAuthorities) {
  struct Case {
    std::string_view text;
    std::string_view host;
    std::string_view port;
  };
  for (const auto& [text, host, port] : {
           Case{"api.example.com:443", "api.example.com", "443"},
           Case{"API.Example.Com.", "api.example.com", ""},
           Case{"127.0.0.1:8080", "127.0.0.1", "8080"},
           Case{"[::1]:443", "::1", "443"},
           Case{"[::1]", "::1", ""},
       }) {
    const auto authority = ParseAuthority(text);
    ASSERT_TRUE(authority) << text;
    EXPECT_EQ(authority->host, host);
    EXPECT_EQ(authority->port, port);
  }
}

TEST(Uri, RefusesBrokenAuthorities) {
  for (const std::string_view text : {"", ":443", "host:", "host:x", "host:70000", "host:-1", "[::1]443", "[::1", "[]",
                                      "a b", "host\n", "a..b", ".a", "host:443/path", "user@host"}) {
    EXPECT_FALSE(ParseAuthority(text)) << text;
  }
}

TEST(Uri, FindsTheHostOfAbsoluteUrls) {
  EXPECT_EQ(AuthorityOfUrl("http://Example.com/x?y")->host, "example.com");
  EXPECT_EQ(AuthorityOfUrl("https://u:p@example.com:8443#f")->host, "example.com");
  for (const std::string_view text : {"/x", "*", "://x/", "http://", "http:///x"})
    EXPECT_FALSE(AuthorityOfUrl(text)) << text;
}

TEST(Uri, ReadsForms) {
  const auto fields = ParseForm("a=1&b=x+y%2Bz&&c=&d");
  ASSERT_TRUE(fields);
  EXPECT_EQ(*fields, (FormFields{{"a", "1"}, {"b", "x y+z"}, {"c", ""}, {"d", ""}}));
  EXPECT_TRUE(ParseForm("")->empty());
}

TEST(Uri, RefusesBrokenForms) {
  std::string many;
  for (int i = 0; i < 65; ++i) many += "k" + std::to_string(i) + "=1&";
  for (const std::string& text : {std::string("a=%"), std::string("a=%4"), std::string("a=%zz"), std::string("%g1=a"),
                                  std::string("a=1&a=2"), many}) {
    EXPECT_FALSE(ParseForm(text)) << text;
  }
}

TEST(Uri, ReadsCredentials) {
  EXPECT_EQ(ParseBasic("Basic aWQ6c2VjcmV0"), (std::pair<std::string, std::string>{"id", "secret"}));
  EXPECT_EQ(ParseBasic("basic aWQ6YSUzQWI="), (std::pair<std::string, std::string>{"id", "a:b"}));
  for (const std::string_view text :
       {"", "Basic", "Basic ", "Basic aWQ", "Basic !!!!", "Basic aWQ=", "Bearer aWQ6c2VjcmV0"}) {
    EXPECT_FALSE(ParseBasic(text)) << text;
  }
  EXPECT_EQ(ParseBearer("Bearer abc"), "abc");
  EXPECT_EQ(ParseBearer("bearer  abc"), "abc");
  for (const std::string_view text : {"", "Bearer", "Bearer ", "Bearerabc", "Basic abc", "abc"})
    EXPECT_FALSE(ParseBearer(text)) << text;
}

TEST(Uri, ReadsTimestamps) {
  const auto expected = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(8);
  for (const std::string_view text : {"2026-11-20T08:00:00Z", "2026-11-20t08:00:00z", "2026-11-20T08:00:00.999Z",
                                      "2026-11-20T09:30:00+01:30", "2026-11-20T00:00:00-08:00"}) {
    EXPECT_EQ(ParseTimestamp(text), expected) << text;
  }
  EXPECT_EQ(FormatTimestamp(expected), "2026-11-20T08:00:00Z");
  EXPECT_EQ(FormatTimestamp(Instant(std::chrono::seconds(-1))), "1969-12-31T23:59:59Z");
}

TEST(Uri, RefusesBrokenTimestamps) {
  for (const std::string_view text :
       {"", "2026-11-20", "2026-11-20T08:00:00", "2026-11-20T08:00:00+00:00Z", "2026-02-30T08:00:00Z",
        "2026-11-20T24:00:00Z", "2026-11-20T08:60:00Z", "2026-11-20T08:00:00.Z", "2026-11-20T08:00:00+1:00",
        "2026-11-20T08:00:00Zx", "now"}) {
    EXPECT_FALSE(ParseTimestamp(text)) << text;
  }
}

TEST(Uri, ReadsNumbers) {
  EXPECT_EQ(ParseNumber("0", 5), 0);
  EXPECT_EQ(ParseNumber("5", 5), 5);
  for (const std::string_view text : {"", "6", "-1", "+1", "1.0", " 1", "99999999999999999999"}) {
    EXPECT_FALSE(ParseNumber(text, 5)) << text;
  }
}

}  // namespace
}  // namespace readiness::doubles::provider
