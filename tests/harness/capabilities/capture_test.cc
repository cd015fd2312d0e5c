#include "capabilities/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(AtPointer, FollowsRfc6901) {
  const Json document{{"a/b", {{"~", {10, 20}}}}, {"", 5}, {"01", "x"}};
  EXPECT_EQ(*AtPointer(document, ""), document);
  EXPECT_EQ(*AtPointer(document, "/a~1b/~0/1"), 20);
  EXPECT_EQ(*AtPointer(document, "/"), 5);
  EXPECT_EQ(*AtPointer(document, "/01"), "x");
  for (const char* pointer : {"a", "/missing", "/a~1b/~0/2", "/a~1b/~0/01", "/a~1b/~0/-", "/a~1b/~0/-1", "/a~1b/~0/",
                              "/a~1b/~0/0/x", "/a~1b/~0/99999999999999999999999"}) {
    EXPECT_EQ(AtPointer(document, pointer), nullptr) << pointer;
  }
}

TEST(QueryParameter, DecodesTheFirst) {
  EXPECT_EQ(QueryParameter("https://x/auth?client=1&state=a%2Bb+c%zz&state=2#f?state=3", "state"), "a+b c%zz");
  EXPECT_EQ(QueryParameter("https://x/auth?scope=read:recovery read:sleep&state=s", "state"), "s");
  EXPECT_EQ(QueryParameter("https://x/auth?state=", "state"), "");
  for (const char* url :
       {"", "https://x/auth", "https://x/auth?", "https://x?state", "https://x?xstate=1", "https://x#?state=1"}) {
    EXPECT_EQ(QueryParameter(url, "state"), std::nullopt) << url;
  }
}

struct AnswerCase {
  int status;
  std::string body;
  Expectation expectation;
  std::map<std::string, std::string> capture;
  std::string mismatch;  // a part; empty: none at all
  Values captured;
};

TEST(ReadAnswer, ComparesAndCaptures) {
  const std::string url_body = R"({"authorize_url":"https://up/auth?state=s%2F1","n":null,"list":["x"]})";
  const std::vector<AnswerCase> cases = {
      {200, "", {{200}, {}}, {}, "", {}},
      {204, "no json", {{200, 204}, {}}, {}, "", {}},
      {403, "{}", {{200, 201}, {}}, {}, "status 403 where 200", {}},
      {200, R"({"id":7})", {{200}, {}}, {{"user_id", "/id"}}, "", {{"user_id", 7}}},
      {201, R"({"id":7})", {{200}, {}}, {{"user_id", "/id"}}, "status 201", {{"user_id", 7}}},
      {200, url_body, {{200}, {}}, {{"s", "query:state of /authorize_url"}}, "", {{"s", "s/1"}}},
      {200,
       url_body,
       {{200}, {}},
       {{"s", "query:nonce of /authorize_url"}},
       "no URL with a query parameter \"nonce\"",
       {}},
      {200, url_body, {{200}, {}}, {{"s", "query:state of /list"}}, "/list", {}},
      {200, url_body, {{200}, {}}, {{"s", "query:state"}}, "not of the form", {}},
      {200, url_body, {{200}, {}}, {{"s", "/n"}}, "no /n to capture as s", {}},
      {200, url_body, {{200}, {}}, {{"a", "/missing"}, {"b", "/list"}}, "no /missing", {{"b", {"x"}}}},
      {200, R"({"connected":true})", {{200}, {{"/connected", true}}}, {}, "", {}},
      {200, R"({"connected":false})", {{200}, {{"/connected", true}}}, {}, "/connected is false where true", {}},
      {200, R"({"connected":"true"})", {{200}, {{"/connected", true}}}, {}, "/connected is \"true\"", {}},
      {200, R"({})", {{200}, {{"/connected", true}}}, {}, "/connected is missing", {}},
      {200, R"({"id":7,"id":8})", {{200}, {}}, {{"user_id", "/id"}}, "not JSON", {}},
      {200, R"({"id":NaN})", {{200}, {}}, {{"user_id", "/id"}}, "not JSON", {}},
      {200, "", {{200}, {}}, {{"user_id", "/id"}}, "not JSON", {}},
      {500, "<html>", {{200}, {}}, {{"user_id", "/id"}}, "status 500", {}},
      {200, "{}", {}, {}, "status 200", {}},
  };
  for (const AnswerCase& c : cases) {
    const Reading reading = ReadAnswer(HttpResponse{c.status, {}, c.body}, c.expectation, c.capture);
    if (c.mismatch.empty()) {
      EXPECT_THAT(reading.mismatch, IsEmpty()) << c.body;
    } else {
      EXPECT_THAT(reading.mismatch, HasSubstr(c.mismatch)) << c.body;
    }
    EXPECT_EQ(reading.captured, c.captured) << c.body;
  }
}

TEST(ReadRows, TakesTheFirstRow) {
  const Json rows{{{"id", 7}, {"n", nullptr}}, {{"id", 8}}};
  EXPECT_EQ(ReadRows(rows, {{"x", "id"}}).captured, (Values{{"x", 7}}));
  EXPECT_THAT(ReadRows(rows, {{"x", "id"}}).mismatch, IsEmpty());
  EXPECT_THAT(ReadRows(rows, {{"x", "n"}}).mismatch, HasSubstr("column \"n\""));
  EXPECT_THAT(ReadRows(rows, {{"x", "missing"}}).mismatch, HasSubstr("column \"missing\""));
  EXPECT_THAT(ReadRows(Json::array(), {{"x", "id"}}).mismatch, HasSubstr("no row"));
  EXPECT_THAT(ReadRows(Json::array(), {}).mismatch, IsEmpty());
}

}  // namespace
}  // namespace readiness
