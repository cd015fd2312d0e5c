#include "capabilities/openapi/target_openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"
#include "sample_target.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr const char* kDocument = R"({
  "openapi": "3.1.0",
  "paths": {
    "/things/{thing_id}": {
      "get": { "parameters": [
        { "name": "limit", "in": "query", "schema": { "type": "integer" } },
        { "name": "user_id", "in": "query", "schema": { "type": "integer" } },
        { "name": "tags", "in": "query", "required": true, "schema": { "type": "array", "items": { "enum": ["a b"] } } },
        { "name": "X-Kind", "in": "header", "required": true, "schema": { "const": "k" } },
        { "name": "authorization", "in": "header", "required": true, "schema": { "const": "never" } },
        { "name": "sid", "in": "cookie", "required": true, "schema": { "const": "a;b" } } ] }
    },
    "/things": {
      "post": { "requestBody": { "content": { "application/json": { "schema": {
        "type": "object", "required": ["title", "user_id"],
        "properties": { "title": { "type": "string", "default": "T" }, "user_id": { "type": "integer" } } } } } } }
    },
    "/login": {
      "post": { "requestBody": { "content": { "application/x-www-form-urlencoded": { "schema": {
        "required": ["name"], "properties": { "name": { "const": "a&b" }, "scope": { "type": "string" } } } } } } }
    },
    "/files": { "post": { "requestBody": { "content": { "multipart/form-data": {} } } } },
    "/whole": { "post": { "requestBody": { "content": { "application/json": {} } } } }
  }
})";

class TargetOpenApiTest : public ::testing::Test {
 protected:
  TargetOpenApiTest() {
    http_.Answer("GET", "/openapi.json", 200, kDocument);
    http_.Answer("*", "*", 200);
    for (const char* method : {"GET", "POST"}) http_.Answer(method, "*", 200);
    target_.operations.values = {{"thing_id", "${thing_id}"}, {"user_id", "${user_id}"}};
    owner_.values["thing_id"] = "a/b";
    owner_.values["unique"] = "rabc123x";
    owner_.values["email"] = "rabc123x@readiness.example.com";
    owner_.values["password"] = "genuine-password";
  }

  Operation Named(const std::string& name) {
    const auto operations = openapi_.Operations("api");
    EXPECT_TRUE(operations) << operations.error().Brief();
    for (const Operation& operation : *operations) {
      if (operation.Name() == name) return operation;
    }
    ADD_FAILURE() << name;
    return {};
  }
  HttpRequest Sent(const std::string& name, const OperationInput& input = {}) {
    const auto exchange = openapi_.Call(Named(name), owner_, owner_, input);
    EXPECT_TRUE(exchange) << (exchange ? "" : RenderError(exchange.error()));
    return http_.requests.back();
  }

  Target target_ = SampleTarget();
  Session session_ = SampleSession();
  Redactor redactor_;
  SecretKeeper secrets_{redactor_};
  testing::FakeHttp http_;
  testing::FakeActions actions_;
  Identity owner_ = SampleOwner();
  TargetOpenApi openapi_{target_, session_, http_, actions_, secrets_};
};

TEST_F(TargetOpenApiTest, DocumentIsReadOnce) {
  EXPECT_THAT(*openapi_.Operations("api"), SizeIs(5));
  EXPECT_THAT(*openapi_.Operations("api"), SizeIs(5));
  EXPECT_THAT(http_.requests, SizeIs(1));
  EXPECT_EQ(http_.requests[0].max_body_bytes, 8u * 1024 * 1024);
  session_.services["api"].url = "http://127.0.0.1:4001";
  EXPECT_TRUE(openapi_.Operations("api"));
  EXPECT_EQ(http_.requests.back().url, "http://127.0.0.1:4001/openapi.json") << "an instance has a document of its own";
}

TEST_F(TargetOpenApiTest, ServiceWithoutDocumentIsNotAvailable) {
  target_.services["api"].openapi.clear();
  EXPECT_EQ(openapi_.Operations("api").error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(openapi_.Operations("nobody").error().kind, ErrorKind::kNotAvailable);
}

TEST_F(TargetOpenApiTest, BadDocumentsAreErrors) {
  for (const auto& [status, body] : {std::pair(404, "{}"), {200, "no JSON"}, {200, "{}"}, {200, R"({"paths": {}})"}}) {
    testing::FakeHttp http;
    http.Answer("GET", "/openapi.json", status, body);
    EXPECT_FALSE(TargetOpenApi(target_, session_, http, actions_, secrets_).Operations("api"));
  }
}

TEST_F(TargetOpenApiTest, FillsPathQueryHeadersAndCredential) {
  const HttpRequest request = Sent("GET /things/{thing_id}");
  EXPECT_EQ(request.url, "http://127.0.0.1:4000/things/a%2Fb?user_id=7&tags=a%20b")
      << "limit is optional and not stated";
  EXPECT_THAT(request.headers, ElementsAre(Pair("X-Kind", "k"), Pair("Cookie", "sid=a%3Bb"),
                                           Pair("Authorization", "Bearer token-of-the-owner-1234")));
  EXPECT_EQ(request.source_address, "127.9.9.9");
  EXPECT_THAT(request.body, IsEmpty());
}

TEST_F(TargetOpenApiTest, NobodyCarriesNoCredential) {
  ASSERT_TRUE(openapi_.Call(Named("POST /things"), Identity::Anonymous(), owner_));
  for (const auto& [name, value] : http_.requests.back().headers) EXPECT_NE(name, "Authorization");
  EXPECT_EQ(http_.requests.back().body, R"({"title":"T","user_id":7})") << "the subject is another than the sender";
}

TEST_F(TargetOpenApiTest, InputGoesFirstAndBeside) {
  OperationInput input;
  input.values = {{"user_id", 8}, {"thing_id", "x"}};
  input.query = {{"user_id", "9"}, {"owner", "1&2"}};
  input.headers = {{"x-kind", "other"}, {"X-User-Id", "7"}};
  const HttpRequest request = Sent("GET /things/{thing_id}", input);
  EXPECT_EQ(request.url, "http://127.0.0.1:4000/things/x?tags=a%20b&user_id=9&owner=1%262");
  EXPECT_THAT(request.headers, ElementsAre(Pair("Cookie", "sid=a%3Bb"), Pair("x-kind", "other"), Pair("X-User-Id", "7"),
                                           Pair("Authorization", "Bearer token-of-the-owner-1234")));
}

TEST_F(TargetOpenApiTest, BodiesAreJsonOrForms) {
  OperationInput input;
  input.values = {{"user_id", 8}};
  input.body = {{"owner_id", 7}};
  EXPECT_EQ(Sent("POST /things", input).body, R"({"owner_id":7,"title":"T","user_id":8})");
  const HttpRequest form = Sent("POST /login", {{}, {}, {}, {{"user_id", 7}}});
  EXPECT_EQ(form.body, "name=a%26b&user_id=7");
  EXPECT_EQ(form.headers[0].second, "application/x-www-form-urlencoded");
  EXPECT_EQ(Sent("POST /whole").body, "{}");
  const auto file = openapi_.Call(Named("POST /files"), owner_, owner_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, ErrorKind::kNotAvailable);
}

TEST_F(TargetOpenApiTest, OverridesGoBeforeCommonValues) {
  target_.operations.overrides["GET /things/{thing_id}"].values = {{"thing_id", "fixed"}, {"limit", 3}};
  target_.operations.overrides["POST /whole"].body = Json{{"points", {{{"user_id", "${user_id}"}, {"n", 1}}}}};
  EXPECT_EQ(Sent("GET /things/{thing_id}").url, "http://127.0.0.1:4000/things/fixed?limit=3&user_id=7&tags=a%20b");
  EXPECT_EQ(Sent("POST /whole").body, R"({"points":[{"n":1,"user_id":7}]})");
  EXPECT_EQ(Sent("POST /whole", {{{"user_id", 8}}, {}, {}, {}}).body, R"({"points":[{"n":1,"user_id":8}]})");
}

TEST_F(TargetOpenApiTest, WhatIsGivenFitsTheBodyThatIsStated) {
  target_.operations.overrides["POST /things"].body = Json{{"title", "T"}, {"user_id", "${user_id}"}, {"name", "n"}};
  target_.operations.overrides["POST /whole"].body = Json{{"username", "u"}};
  OperationInput input;
  input.values = {{"user_id", "8"}, {"title", 9}, {"name", 10}};
  EXPECT_EQ(Sent("POST /things", input).body, R"({"name":"10","title":"9","user_id":8})");
  EXPECT_EQ(Sent("POST /things", {{}, {}, {}, {{"user_id", "8"}, {"title", 9}}}).body,
            R"({"name":"n","title":"9","user_id":8})");
  EXPECT_EQ(Sent("POST /whole", {{}, {}, {}, {{"username", 7}}}).body, R"({"username":"7"})") << "as what stood there";
}

TEST_F(TargetOpenApiTest, FreshIsNewWithEachRequestAndTheSameWithinOne) {
  target_.operations.overrides["POST /whole"].body = Json{{"a", "t ${fresh}"}, {"b", "t ${fresh}"}};
  const Json first = Json::parse(Sent("POST /whole").body), second = Json::parse(Sent("POST /whole").body);
  EXPECT_EQ(first.at("a"), first.at("b"));
  EXPECT_NE(first.at("a"), second.at("a"));
  target_.operations.values["thing_id"] = "${fresh}";
  EXPECT_THAT(openapi_.SubjectPathParameters(Named("GET /things/{thing_id}")), IsEmpty())
      << "it addresses nothing that exists";
}

TEST_F(TargetOpenApiTest, PathParametersOfTheSubjectAreKnown) {
  const Operation operation = Named("GET /things/{thing_id}");
  EXPECT_THAT(openapi_.SubjectPathParameters(operation), ElementsAre("thing_id"));
  target_.operations.overrides[operation.Name()].values = {{"thing_id", "2026-01-15"}};
  EXPECT_THAT(openapi_.SubjectPathParameters(operation), IsEmpty());
  target_.operations = {};
  EXPECT_THAT(openapi_.SubjectPathParameters(operation), IsEmpty());
}

TEST_F(TargetOpenApiTest, WhatWouldChangeThePathIsRefused) {
  for (const char* value : {"..", ".", ""}) {
    owner_.values["thing_id"] = value;
    const auto exchange = openapi_.Call(Named("GET /things/{thing_id}"), owner_, owner_);
    ASSERT_FALSE(exchange) << value;
    EXPECT_EQ(exchange.error().kind, ErrorKind::kRefused);
  }
  EXPECT_THAT(http_.requests, SizeIs(1));
}

TEST_F(TargetOpenApiTest, MissingValueNamesThePlaceToStateIt) {
  owner_.values.erase("thing_id");
  const auto exchange = openapi_.Call(Named("GET /things/{thing_id}"), owner_, owner_);
  ASSERT_FALSE(exchange);
  EXPECT_EQ(exchange.error().kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(exchange.error().what, HasSubstr("operation GET /things/{thing_id}: parameter \"thing_id\" in path"));
  EXPECT_THAT(exchange.error().fix, HasSubstr("\"overrides\".\"GET /things/{thing_id}\" of target.json"));
}

TEST_F(TargetOpenApiTest, PopulateGivesEachActionItsOwnCanary) {
  target_.operations.populate = {"make_thing", "lacking", "note"};
  actions_.Answer("make_thing", "owner", 201).Captures("thing_id", 12);
  actions_.Answer("note", "owner", 201);
  actions_.Lacks("lacking");
  const auto populated = openapi_.Populate(owner_);
  ASSERT_TRUE(populated) << populated.error().Brief();
  EXPECT_EQ(populated->who.values.at("thing_id"), 12);
  ASSERT_THAT(actions_.calls, SizeIs(2));
  EXPECT_EQ(actions_.calls[1].who.values.at("thing_id"), 12) << "later actions know what earlier ones made";
  const std::string first = actions_.calls[0].arguments.at("canary");
  EXPECT_NE(first, actions_.calls[1].arguments.at("canary"));
  const std::string date = actions_.calls[0].arguments.at("date");
  EXPECT_TRUE(date.size() == 10 && date[0] == '2' && date[4] == '-' && date[7] == '-') << date;
  EXPECT_EQ(Describe(populated->canaries.FindIn("x" + first + "y rabc123x@readiness.example.com genuine-password")),
            "the owner's email (plain), the owner's mark (plain), the owner's text of make_thing (plain)");
}

TEST_F(TargetOpenApiTest, PopulateSaysWhatDidNotWork) {
  target_.operations.populate = {"make_thing"};
  actions_.Answer("make_thing", "owner", 500, "out of things");
  const auto populated = openapi_.Populate(owner_);
  ASSERT_FALSE(populated);
  EXPECT_EQ(populated.error().kind, ErrorKind::kTarget);
  EXPECT_THAT(RenderError(populated.error()), HasSubstr("out of things"));
  EXPECT_THAT(populated.error().what, HasSubstr("the owner got no objects by action make_thing"));
  actions_.FailWith("make_thing", "owner", testing::MakeError(ErrorKind::kTimeout));
}

}  // namespace
}  // namespace readiness
