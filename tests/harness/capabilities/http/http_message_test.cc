#include <gtest/gtest.h>

#include "readiness/http.h"

namespace readiness {
namespace {

TEST(StatusSetText, NamesEveryStatus) {
  EXPECT_EQ(ToString(StatusSet{}), "no status");
  EXPECT_EQ(ToString(StatusSet{403}), "403");
  EXPECT_EQ(ToString(StatusSet{403, 401}), "401 or 403");
  EXPECT_EQ(ToString(StatusSet{404, 403, 401}), "401, 403 or 404");
}

TEST(HttpResponseHeader, IsTheFirstOfThatNameInAnyCase) {
  HttpResponse response;
  response.headers = {{"Content-Type", "text/plain"}, {"X-A", "1"}, {"x-a", "2"}, {"X-Empty", ""}};
  EXPECT_EQ(response.Header("x-A"), "1");
  EXPECT_EQ(response.Header("content-type"), "text/plain");
  EXPECT_EQ(response.Header("X-Empty"), "");
  EXPECT_EQ(response.Header("X"), std::nullopt);
  EXPECT_EQ(response.Header(""), std::nullopt);
}

TEST(HttpResponseJson, IsReadWhateverTheContentType) {
  HttpResponse response;
  response.headers = {{"Content-Type", "text/plain"}};
  response.body = R"({"id": 7, "list": [true, null, "x"]})";
  const auto json = response.ParseJson();
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->at("id"), 7);
  EXPECT_EQ(json->at("list").size(), 3u);
}

TEST(HttpResponseJson, SaysWhereItIsWrong) {
  HttpResponse response;
  response.body = "{\"a\": 1,\n \"b\": NaN}";
  const auto json = response.ParseJson();
  ASSERT_FALSE(json.has_value());
  EXPECT_EQ(json.error().kind, ErrorKind::kMalformed);
  ASSERT_TRUE(json.error().place.has_value());
  EXPECT_EQ(json.error().place->line, 2);
}

TEST(HttpResponseJson, IsBoundedInDepth) {
  HttpResponse response;
  response.body = std::string(64, '[') + std::string(64, ']');
  EXPECT_TRUE(response.ParseJson().has_value());
  response.body = std::string(65, '[') + std::string(65, ']');
  EXPECT_FALSE(response.ParseJson().has_value());
}

}  // namespace
}  // namespace readiness
