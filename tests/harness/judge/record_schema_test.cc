// schema/record.schema.json and the code say the same: same keys in both directions, all required, none beside them.

#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "base/located_json.h"
#include "judge/record.h"
#include "sample_record.h"

namespace readiness {
namespace {

const Json& Schema() {
  static const Json schema = [] {
    const std::string file = std::string(READINESS_SCHEMA_DIRECTORY) + "/record.schema.json";
    const Result<std::string> text = ReadFile(file);
    return text ? ParseStrictJson(*text, file).value_or(Json()) : Json();
  }();
  return schema;
}

std::set<std::string> Keys(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

Json WholeRecord() {
  Record record = SampleRecord(Outcome::kFail);
  record.defects = {"ai-health.C2"};
  return Json::parse(Serialize(record));
}

struct Level {
  const char* in_schema;
  const char* in_record;
};
const Level kLevels[] = {{"", ""},
                         {"/$defs/attempt", "/attempts/0"},
                         {"/$defs/control", "/controls/0"},
                         {"/$defs/observation", "/observations/0"},
                         {"/$defs/violation", "/violations/0"},
                         {"/$defs/evidence", "/evidence/0"}};

TEST(RecordSchema, HasTheKeysThatAreWritten) {
  const Json record = WholeRecord();
  for (const Level& level : kLevels) {
    const Json& schema = Schema().at(Json::json_pointer(level.in_schema));
    const std::set<std::string> properties = Keys(schema.at("properties"));
    EXPECT_EQ(properties, Keys(record.at(Json::json_pointer(level.in_record)))) << level.in_schema;
    const auto required = schema.at("required").get<std::set<std::string>>();
    EXPECT_EQ(required, properties) << level.in_schema;
    EXPECT_EQ(schema.at("required").size(), required.size()) << level.in_schema;
    EXPECT_EQ(schema.at("additionalProperties"), false) << level.in_schema;
  }
}

TEST(RecordSchema, EveryKeyIsRequiredByTheParser) {
  const Json record = WholeRecord();
  ASSERT_TRUE(ParseRecord(record.dump(), "record.json"));
  for (const Level& level : kLevels) {
    const Json::json_pointer place(level.in_record);
    for (const std::string& key : Keys(Schema().at(Json::json_pointer(level.in_schema)).at("properties"))) {
      Json without = record;
      without[place].erase(key);
      EXPECT_FALSE(ParseRecord(without.dump(), "record.json")) << level.in_record << "/" << key;
    }
    Json with = record;
    with[place]["another"] = "x";
    EXPECT_FALSE(ParseRecord(with.dump(), "record.json")) << level.in_record;
  }
}

// A value of the wrong type for a schema node, by the little of JSON Schema that record.schema.json uses.
Json WrongFor(const Json& node) {
  if (node.contains("$ref")) return 0;  // all that is referred to are texts
  if (node.contains("const")) return "1";
  const std::string type = node.at("type").get<std::string>();
  return type == "string" ? Json(0) : Json("x");
}

TEST(RecordSchema, TypesAreThoseOfTheParser) {
  const Json record = WholeRecord();
  for (const Level& level : kLevels) {
    for (const auto& [key, node] : Schema().at(Json::json_pointer(level.in_schema)).at("properties").items()) {
      Json wrong = record;
      wrong[Json::json_pointer(level.in_record)][key] = WrongFor(node);
      EXPECT_FALSE(ParseRecord(wrong.dump(), "record.json")) << level.in_record << "/" << key;
    }
  }
}

TEST(RecordSchema, ListsTheOutcomes) {
  for (const Json& word : Schema().at("/$defs/outcome/enum"_json_pointer))
    EXPECT_TRUE(ParseOutcome(word.get<std::string>())) << word;
  EXPECT_EQ(Schema().at("/$defs/outcome/enum"_json_pointer).size(), 5u);
  EXPECT_EQ(Schema().at("/properties/schema_version/const"_json_pointer), WholeRecord().at("schema_version"));
}

}  // namespace
}  // namespace readiness
