// Resolver, document and generator: what is made of OpenAPI documents, also of hostile ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/openapi/document.h"
#include "capabilities/openapi/generate.h"
#include "capabilities/openapi/schema.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json Document(Json paths, Json schemas = Json::object()) {
  return {{"openapi", "3.1.0"}, {"paths", std::move(paths)}, {"components", {{"schemas", std::move(schemas)}}}};
}

Json Resolved(const Json& schema, const Json& schemas = Json::object()) {
  const Json document = Document(Json::object(), schemas);
  auto resolved = SchemaResolver(document).Resolve(schema);
  EXPECT_TRUE(resolved) << (resolved ? "" : resolved.error().Brief());
  return resolved ? *resolved : Json();
}

Json Ref(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}

struct SchemaCase {
  const char* name;
  Json schema;
  Json expected;
};

class SchemaTest : public ::testing::TestWithParam<SchemaCase> {};

TEST_P(SchemaTest, Resolves) {
  const Json schemas = {{"Id", {{"type", "integer"}, {"minimum", 1}, {"title", "left away"}}},
                        {"Base", {{"type", "object"}, {"properties", {{"id", Ref("Id")}}}, {"required", {"id"}}}},
                        {"Alias", Ref("Id")}};
  EXPECT_EQ(Resolved(GetParam().schema, schemas), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    , SchemaTest,
    ::testing::Values(
        SchemaCase{"Reference", Ref("Id"), {{"type", "integer"}, {"minimum", 1}}},
        SchemaCase{"Alias", Ref("Alias"), {{"type", "integer"}, {"minimum", 1}}},
        SchemaCase{"BesideAReference",
                   {{"$ref", "#/components/schemas/Id"}, {"default", 5}},
                   {{"type", "integer"}, {"minimum", 1}, {"default", 5}}},
        SchemaCase{"AllOf",
                   {{"allOf", {Ref("Base"), {{"properties", {{"a", {{"type", "string"}}}}}, {"required", {"a"}}}}}},
                   {{"type", "object"},
                    {"properties", {{"id", {{"type", "integer"}, {"minimum", 1}}}, {"a", {{"type", "string"}}}}},
                    {"required", {"id", "a"}}}},
        SchemaCase{"AnyOfWithNull",
                   {{"anyOf", {{{"type", "null"}}, {{"type", "string"}}, {{"type", "integer"}}}}},
                   {{"type", "string"}, {"nullable", true}}},
        SchemaCase{"OneOf", {{"oneOf", {Ref("Id"), {{"type", "string"}}}}}, {{"type", "integer"}, {"minimum", 1}}},
        SchemaCase{"OnlyNull", {{"anyOf", {{{"type", "null"}}}}}, {{"type", "null"}, {"nullable", true}}},
        SchemaCase{"ListOfTypes", {{"type", {"null", "string"}}}, {{"type", "string"}, {"nullable", true}}},
        SchemaCase{"Items",
                   {{"type", "array"}, {"items", Ref("Id")}},
                   {{"type", "array"}, {"items", {{"type", "integer"}, {"minimum", 1}}}}},
        SchemaCase{"DeadReference", Ref("Nobody"), Json::object()},
        SchemaCase{"ForeignReference", {{"$ref", "http://elsewhere/x.json#/a"}}, Json::object()},
        SchemaCase{"Boolean", true, Json::object()},
        SchemaCase{
            "Nonsense", {{"type", 7}, {"properties", 7}, {"required", 7}, {"items", 7}, {"allOf", 7}}, Json::object()}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Schema, CyclesEnd) {
  const Json schemas = {
      {"Self", Ref("Self")},
      {"A", {{"type", "object"}, {"properties", {{"b", Ref("B")}}}}},
      {"B", {{"type", "object"}, {"properties", {{"a", Ref("A")}, {"list", {{"items", Ref("B")}}}}}}}};
  EXPECT_EQ(Resolved(Ref("Self"), schemas), Json::object());
  const Json a = Resolved(Ref("A"), schemas);
  EXPECT_EQ(a["properties"]["b"]["properties"]["a"], Json::object());
  const Json document = Document(Json::object(), {{"P", Ref("Q")}, {"Q", Ref("P")}});
  const Json start = Ref("P");
  EXPECT_EQ(SchemaResolver(document).Follow(start), nullptr);
}

TEST(Schema, WhatExpandsToTooMuchIsRefused) {
  Json schemas = {{"S0", {{"type", "string"}}}};
  for (int i = 1; i < 22; ++i) {
    const Json before = Ref("S" + std::to_string(i - 1));
    schemas["S" + std::to_string(i)] = {{"properties", {{"a", before}, {"b", before}, {"c", before}}}};
  }
  const Json document = Document(Json::object(), schemas);
  const auto resolved = SchemaResolver(document).Resolve(Ref("S21"));
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().kind, ErrorKind::kLimit);

  const Json large = {{"type", "string"}, {"example", std::string(4'000'000, 'x')}};
  Json many = Json::object();
  for (int i = 0; i < 100; ++i) many["p" + std::to_string(i)] = Ref("L");
  const Json second = Document(Json::object(), {{"L", large}});
  EXPECT_EQ(SchemaResolver(second).Resolve({{"properties", many}}).error().kind, ErrorKind::kLimit);
}

Result<std::vector<Operation>> Read(const Json& paths) {
  return ReadOperations(Document(paths), "api");
}

TEST(OpenApiDocument, OperationsHaveEverythingThatIsDeclared) {
  const Json document = {
      {"openapi", "3.0.2"},
      {"security", {{{"bearer", Json::array()}}}},
      {"paths",
       {{"/things/{thing_id}",
         {{"parameters", {{{"$ref", "#/components/parameters/Thing"}}, {{"name", "q"}, {"in", "query"}}}},
          {"get", {{"operationId", "read"}, {"tags", {"a", "b"}}, {"security", Json::array()}}},
          {"put",
           {{"parameters", {{{"name", "q"}, {"in", "query"}, {"required", true}, {"example", "x"}}}},
            {"requestBody", {{"$ref", "#/components/requestBodies/Form"}}}}},
          {"trace", {{"operationId", "echo"}}}}},
        {"/other/{undeclared}",
         {{"$ref", "#/components/pathItems/Other"}, {"x-note", 7}, {"post", {{"operationId", "beside"}}}}}}},
      {"components",
       {{"parameters", {{"Thing", {{"name", "thing_id"}, {"in", "path"}, {"schema", {{"type", "integer"}}}}}}},
        {"pathItems", {{"Other", {{"delete", Json::object()}}}}},
        {"requestBodies",
         {{"Form",
           {{"content",
             {{"application/x-www-form-urlencoded", {{"schema", {{"properties", {{"a", Json::object()}}}}}}},
              {"text/plain", Json::object()}}}}}}}}}};
  const auto operations = ReadOperations(document, "api");
  ASSERT_TRUE(operations) << operations.error().Brief();
  ASSERT_EQ(operations->size(), 5u);
  EXPECT_EQ((*operations)[0].id, "beside") << "what stands beside a reference joins what it leads to";
  EXPECT_EQ((*operations)[4].Name(), "TRACE /things/{thing_id}");
  const Operation& other = (*operations)[1];
  EXPECT_EQ(other.Name(), "DELETE /other/{undeclared}");
  EXPECT_TRUE(other.Takes("path", "undeclared"));
  EXPECT_TRUE(other.declares_security);
  EXPECT_TRUE(other.body_type.empty());
  const Operation& get = (*operations)[2];
  EXPECT_EQ(get.Name(), "GET /things/{thing_id}");
  EXPECT_EQ(get.id, "read");
  EXPECT_THAT(get.tags, ElementsAre("a", "b"));
  EXPECT_FALSE(get.declares_security);
  EXPECT_TRUE(get.Takes("path", "thing_id"));
  EXPECT_TRUE(get.parameters[0].required) << "what is in a path is always required";
  const Operation& put = (*operations)[3];
  EXPECT_EQ(put.body_type, "application/x-www-form-urlencoded");
  EXPECT_TRUE(put.Takes("body", "a"));
  ASSERT_EQ(put.parameters.size(), 2u);
  EXPECT_TRUE(put.parameters[1].required) << "the operation's own replaces the path's";
  EXPECT_EQ(put.parameters[1].schema["example"], "x");
}

TEST(OpenApiDocument, OthersAreRefused) {
  const Json get = {{"get", Json::object()}};
  const std::vector<std::pair<Json, std::string>> documents = {
      {Json::array(), "no object"},
      {{{"swagger", "2.0"}, {"paths", {{"/a", get}}}}, "not OpenAPI 3"},
      {{{"openapi", 3}, {"paths", {{"/a", get}}}}, "not OpenAPI 3"},
      {{{"openapi", "3.1.0"}, {"paths", Json::array()}}, "no paths"},
      {Document({{"/a", Json::object()}}), "no operations"},
      {Document({{"no-slash", get}}), "is none"},
      {Document({{"/a?b", get}}), "is none"},
      {Document({{"/a b", get}}), "is none"},
      {Document({{"/a\r\nX: y", get}}), "is none"},
      {Document({{"/{a", get}}), "is none"},
      {Document({{"/a}", get}}), "is none"},
      {Document({{"/{}", get}}), "is none"},
      {Document({{"/{a{b}}", get}}), "is none"},
      {Document({{"/${a}", get}}), "is none"},
      {Document({{"/\xC3\xA9", get}}), "is none"},
  };
  for (const auto& [document, what] : documents) {
    const auto operations = ReadOperations(document, "api");
    ASSERT_FALSE(operations) << document.dump();
    EXPECT_EQ(operations.error().kind, ErrorKind::kMalformed);
    EXPECT_THAT(operations.error().what, HasSubstr(what));
  }
}

TEST(OpenApiDocument, NonsenseInsideIsPassedOver) {
  const auto operations = Read({{"/a",
                                 {{"get",
                                   {{"parameters", {7, {{"name", 7}, {"in", "query"}}, {{"name", "q"}}}},
                                    {"tags", {7}},
                                    {"operationId", {7}},
                                    {"requestBody", {{"content", {{"application/json", 7}}}}}}}}},
                                {"x-b", 7}});
  ASSERT_TRUE(operations);
  ASSERT_EQ(operations->size(), 1u);
  EXPECT_TRUE(operations->front().parameters.empty());
}

TEST(OpenApiDocument, NoOperationVanishes) {
  const Json get = {{"get", Json::object()}};
  const Json dead = {{"$ref", "#/nowhere"}};
  const std::vector<std::pair<Json, std::string>> items = {
      {7, "path \"/all\""},
      {Json::array({get}), "path \"/all\""},
      {{{"$ref", "paths/all.yaml"}}, "path \"/all\""},
      {{{"$ref", "#/paths/~1all"}}, "path \"/all\""},
      {{{"$ref", 7}}, "path \"/all\""},
      {dead, "path \"/all\""},
      {{{"$ref", "#/paths/~1me"}, {"get", Json::object()}}, "path \"/all\""},
      {{{"GET", Json::object()}}, "path \"/all\""},
      {{{"query", Json::object()}}, "path \"/all\""},
      {{{"get", 7}}, "\"get\" of path \"/all\""},
      {{{"get", dead}}, "\"get\" of path \"/all\""},
      {{{"get", {{"parameters", Json::array({dead})}}}}, "a parameter of GET /all"},
      {{{"get", {{"requestBody", dead}}}}, "the body of GET /all"},
  };
  for (const auto& [item, what] : items) {
    const auto operations = Read({{"/me", get}, {"/all", item}});
    ASSERT_FALSE(operations) << item.dump();
    EXPECT_EQ(operations.error().kind, ErrorKind::kMalformed);
    EXPECT_THAT(operations.error().what, HasSubstr(what));
  }
}

TEST(OpenApiDocument, NumbersAreBounded) {
  Json paths = Json::object();
  for (int i = 0; i < 100'000; ++i) paths["/p" + std::to_string(i)] = {{"get", Json::object()}};
  EXPECT_EQ(Read(paths).error().kind, ErrorKind::kLimit);

  Json parameters = Json::array();
  for (int i = 0; i < 10'000; ++i) parameters.push_back({{"name", "p" + std::to_string(i)}, {"in", "query"}});
  EXPECT_EQ(Read({{"/a", {{"get", {{"parameters", parameters}}}}}}).error().kind, ErrorKind::kLimit);
}

struct Made {
  const char* name;
  Json schema;
  Json expected;
};

class MakeForTest : public ::testing::TestWithParam<Made> {
 protected:
  Values given_, subject_;
  std::map<std::string, Json> common_;
  StatedValues stated_{&given_, nullptr, &common_, &subject_};
};

TEST_P(MakeForTest, Makes) {
  const auto made = MakeFor(GetParam().schema, stated_);
  ASSERT_TRUE(made) << made.error().Brief();
  EXPECT_EQ(*made, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    , MakeForTest,
    ::testing::Values(
        Made{"Example", {{"type", "string"}, {"example", "e"}, {"default", "d"}}, "e"},
        Made{"Examples", {{"type", "string"}, {"examples", {"e", "f"}}}, "e"},
        Made{"Default", {{"type", "string"}, {"default", "d"}, {"enum", {"x"}}}, "d"},
        Made{"NullDefault", {{"type", "integer"}, {"default", nullptr}}, 1}, Made{"Const", {{"const", 7}}, 7},
        Made{"Enum", {{"enum", {"x", "y"}}}, "x"},
        Made{"EmptyEnum", {{"type", "boolean"}, {"enum", Json::array()}}, true},
        Made{"Null", {{"type", "null"}}, nullptr}, Made{"Integer", {{"type", "integer"}}, 1},
        Made{"Minimum", {{"type", "integer"}, {"minimum", 7.0}}, 7},
        Made{"Maximum", {{"type", "integer"}, {"maximum", -3}}, -3},
        Made{"ExclusiveMinimum", {{"type", "integer"}, {"exclusiveMinimum", 7}}, 8},
        Made{"ExclusiveMinimumOf30", {{"type", "integer"}, {"minimum", 7}, {"exclusiveMinimum", true}}, 8},
        Made{"ExclusiveMaximum", {{"type", "number"}, {"exclusiveMaximum", 1}}, 0.5},
        Made{"MultipleOf", {{"type", "integer"}, {"minimum", 11}, {"multipleOf", 5}}, 15},
        Made{"HugeNumber", {{"type", "integer"}, {"minimum", 1e300}}, 1'000'000'000'000'000},
        Made{"Number", {{"type", "number"}}, 1.0},
        Made{"Duration", {{"type", "string"}, {"format", "duration"}}, "P1D"},
        Made{"Address", {{"type", "string"}, {"format", "ipv4"}}, "192.0.2.1"},
        Made{"Array", {{"type", "array"}, {"items", {{"type", "boolean"}}}}, {true}},
        Made{"ArrayOfTwo", {{"items", {{"type", "boolean"}}}, {"minItems", 2}}, {true, true}},
        Made{"ArrayOfAnything", {{"type", "array"}}, Json::array()},
        Made{"OnlyWhatIsRequired",
             {{"properties", {{"a", {{"type", "boolean"}}}, {"b", {{"type", "boolean"}}}}}, {"required", {"b"}}},
             {{"b", true}}},
        Made{"WhatOffersAValueWhereNothingIsRequired",
             {{"properties", {{"a", {{"type", "string"}, {"example", "e"}}}, {"b", {{"type", "boolean"}}}}}},
             {{"a", "e"}}},
        Made{"NoDefaultsBesideWhatIsRequired",
             {{"properties", {{"a", {{"default", "d"}}}, {"b", {{"type", "boolean"}}}}}, {"required", {"b"}}},
             {{"b", true}}},
        Made{"NothingBesideTheExampleOfTheWhole",
             {{"example", {{"a", 5}}}, {"properties", {{"a", {{"type", "integer"}}}, {"b", {{"default", "d"}}}}}},
             {{"a", 5}}},
        Made{"ExampleOfTheWhole",
             {{"type", "object"}, {"example", {{"a", 5}}}, {"properties", {{"a", {{"type", "integer"}}}}}},
             {{"a", 5}}}),
    [](const auto& test) { return std::string(test.param.name); });

Json MadeText(const Json& schema) {
  const Values none;
  const std::map<std::string, Json> common;
  const auto made = MakeFor(schema, {&none, nullptr, &common, &none});
  EXPECT_TRUE(made.has_value());
  return made ? *made : Json();
}

TEST(MakeFor, TextsFitTheirFormatAndLength) {
  const auto of_format = [](const char* format) {
    return MadeText({{"type", "string"}, {"format", format}}).get<std::string>();
  };
  EXPECT_EQ(of_format("date").size(), 10u);
  EXPECT_EQ(of_format("date-time").back(), 'Z');
  EXPECT_THAT(of_format("email"), HasSubstr("@readiness.example.com"));
  EXPECT_NE(of_format("email"), of_format("email"));
  EXPECT_EQ(of_format("uuid").size(), 36u);
  EXPECT_EQ(of_format("uuid")[14], '4');
  EXPECT_TRUE(of_format("uri").starts_with("https://readiness.example.com/"));
  EXPECT_EQ(MadeText({{"type", "string"}, {"minLength", 50}}).get<std::string>().size(), 50u);
  EXPECT_EQ(MadeText({{"type", "string"}, {"maxLength", 3}}).get<std::string>().size(), 3u);
  EXPECT_EQ(MadeText({{"type", "string"}, {"maxLength", 0}}), "");
  EXPECT_NE(MadeText({{"type", "string"}}), MadeText({{"type", "string"}})) << "nothing may collide";
  const Json user = {{"example", {{"email", "john.doe@example.com"}, {"name", "John"}}},
                     {"properties", {{"email", {{"type", "string"}, {"format", "email"}}}, {"name", Json::object()}}}};
  EXPECT_NE(MadeText(user)["email"], "john.doe@example.com") << "whoever came first has that address";
  EXPECT_EQ(MadeText(user)["name"], "John");
}

TEST(MakeFor, WhatDemandsTooMuchIsRefused) {
  const Values none;
  const std::map<std::string, Json> common;
  const StatedValues stated{&none, nullptr, &common, &none};
  EXPECT_EQ(MakeFor({{"type", "string"}, {"minLength", 100'000'000}}, stated).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(MakeFor({{"items", {{"type", "string"}}}, {"minItems", 1'000'000'000}}, stated).error().kind,
            ErrorKind::kLimit);
  Json nested = {{"type", "boolean"}};
  for (int i = 0; i < 50; ++i) nested = {{"type", "array"}, {"items", nested}};
  EXPECT_TRUE(MakeFor(nested, stated)) << "depth ends in null";
}

class MakeValueTest : public ::testing::Test {
 protected:
  Values given_{{"a", "given"}};
  std::map<std::string, Json> own_{{"a", "own"}, {"b", "own of ${user_id}"}};
  std::map<std::string, Json> common_{{"a", "common"}, {"b", "common"}, {"c", "${user_id}"}, {"d", "${nobody}"}};
  Values subject_{{"user_id", 7}};
  StatedValues stated_{&given_, &own_, &common_, &subject_};
};

TEST_F(MakeValueTest, NearerStatementsWin) {
  const Json any = Json::object();
  EXPECT_EQ(*MakeValue("a", any, stated_), "given");
  EXPECT_EQ(*MakeValue("b", any, stated_), "own of 7");
  EXPECT_EQ(*MakeValue("c", any, stated_), 7);
  EXPECT_EQ(*MakeValue("e", {{"type", "boolean"}}, stated_), true);
}

TEST_F(MakeValueTest, FitsTheTypeThatIsWanted) {
  EXPECT_EQ(*MakeValue("c", {{"type", "string"}}, stated_), "7");
  given_["n"] = "42";
  EXPECT_EQ(*MakeValue("n", {{"type", "integer"}}, stated_), 42);
  given_["n"] = "4x";
  EXPECT_EQ(*MakeValue("n", {{"type", "integer"}}, stated_), "4x");
}

TEST_F(MakeValueTest, MissingValuesAreNamed) {
  const auto made = MakeValue("d", Json::object(), stated_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(made.error().what, HasSubstr("\"d\""));
  EXPECT_THAT(made.error().what, HasSubstr("${nobody}"));
}

TEST_F(MakeValueTest, StatedPropertiesAreSentAtEveryDepth) {
  const Json schema = {
      {"type", "object"},
      {"properties",
       {{"c", {{"type", "integer"}}},
        {"optional", {{"type", "string"}}},
        {"list", {{"type", "array"}, {"items", {{"properties", {{"a", Json::object()}, {"z", Json::object()}}}}}}}}},
      {"required", {"list"}}};
  EXPECT_EQ(*MakeFor(schema, stated_), (Json{{"c", 7}, {"list", {{{"a", "given"}}}}}));
}

}  // namespace
}  // namespace readiness
