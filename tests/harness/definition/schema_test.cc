// The JSON Schemas for editors say the same as the loaders: both directions, from the loaders' own tables of keys and
// words.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.h"
#include "base/located_json.h"
#include "definition/shapes.h"

namespace readiness {
namespace {

const Json& Schema(const std::string& name) {
  static std::map<std::string, Json> schemas;
  if (const auto known = schemas.find(name); known != schemas.end()) return known->second;
  const std::string file = std::string(READINESS_SOURCE_DIRECTORY) + "/harness/schema/" + name + ".schema.json";
  const auto text = ReadFile(file);
  EXPECT_TRUE(text) << file;
  const auto parsed = ParseStrictJson(text ? *text : "{}", file);
  EXPECT_TRUE(parsed) << (parsed ? "" : RenderError(parsed.error()));
  return schemas.emplace(name, parsed ? *parsed : Json::object()).first->second;
}

// What `schema` says once its reference is followed.
const Json& Followed(const std::string& name, const Json& schema) {
  const auto reference = schema.find("$ref");
  if (reference == schema.end()) return schema;
  const std::string text = reference->get<std::string>();
  return Schema(name).at(Json::json_pointer(text.substr(1)));
}

TEST(Schemas, EveryKeyOfTheLoadersIsInThemAndRequiredAlike) {
  for (const Shape* shape : AllShapes()) {
    SCOPED_TRACE(shape->schema + shape->pointer);
    const Json::json_pointer pointer(shape->pointer);
    ASSERT_TRUE(Schema(shape->schema).contains(pointer));
    const Json& schema = Schema(shape->schema).at(pointer);
    EXPECT_EQ(schema.at("additionalProperties"), false);
    std::set<std::string> loader, loader_required, editor, editor_required;
    for (const Key& key : shape->keys) {
      loader.insert(key.name);
      if (key.required) loader_required.insert(key.name);
    }
    for (const auto& [name, ignored] : schema.at("properties").items()) editor.insert(name);
    if (schema.contains("required")) editor_required = schema.at("required").get<std::set<std::string>>();
    EXPECT_EQ(loader, editor);
    EXPECT_EQ(loader_required, editor_required);
  }
}

TEST(Schemas, WordsAndBoundsAreTheLoaders) {
  for (const Shape* shape : AllShapes()) {
    const Json& schema = Schema(shape->schema).at(Json::json_pointer(shape->pointer));
    for (const Key& key : shape->keys) {
      SCOPED_TRACE(shape->schema + shape->pointer + "/" + key.name);
      const Json& property = Followed(shape->schema, schema.at("properties").at(key.name));
      EXPECT_EQ(property.contains("minimum") && property.contains("maximum"), key.bounds.has_value());
      if (key.bounds) {
        EXPECT_EQ(property.at("type"), "integer");
        EXPECT_EQ(property.at("minimum"), key.bounds->least);
        EXPECT_EQ(property.at("maximum"), key.bounds->most);
      }
      EXPECT_EQ(property.contains("enum"), key.words != nullptr);
      if (key.words != nullptr) {
        EXPECT_EQ(property.at("enum").get<Words>(), *key.words);
      }
    }
  }
  EXPECT_EQ(Schema("probe").at("/properties/needs/items/enum"_json_pointer).get<Words>(), shapes::kNeeds);
  EXPECT_EQ(Schema("deployment").at("/properties/stores/additionalProperties/anyOf/0/enum"_json_pointer).get<Words>(),
            shapes::kStoreEngines);
  for (const char* name : {"target", "deployment"}) {
    const Json& status = Schema(name).at("/definitions/statuses/items"_json_pointer);
    EXPECT_EQ(status.at("minimum"), shapes::kStatuses.least);
    EXPECT_EQ(status.at("maximum"), shapes::kStatuses.most);
  }
}

// Every object with a closed set of keys in `schema`, by pointer.
void CollectObjects(const Json& schema, const std::string& pointer, std::set<std::string>& found) {
  if (schema.is_object()) {
    const bool names_its_keys = schema.value("type", Json()) == "object" && schema.contains("properties");
    if (names_its_keys && !schema.value("additionalProperties", Json()).is_object()) found.insert(pointer);
    for (const auto& [key, value] : schema.items()) CollectObjects(value, pointer + "/" + key, found);
  } else if (schema.is_array()) {
    for (std::size_t i = 0; i < schema.size(); ++i) CollectObjects(schema[i], pointer + "/" + std::to_string(i), found);
  }
}

TEST(Schemas, EveryObjectOfThemIsReadByALoader) {
  for (const char* name : {"suite", "target", "deployment", "probe"}) {
    std::set<std::string> editor, loader;
    CollectObjects(Schema(name), "", editor);
    for (const Shape* shape : AllShapes()) {
      if (shape->schema == name) loader.insert(shape->pointer);
    }
    EXPECT_EQ(editor, loader) << name;
  }
}

TEST(Schemas, EveryKeyIsDescribed) {
  for (const Shape* shape : AllShapes()) {
    const Json& schema = Schema(shape->schema).at(Json::json_pointer(shape->pointer));
    for (const auto& [name, property] : schema.at("properties").items()) {
      EXPECT_TRUE(Followed(shape->schema, property).contains("description"))
          << shape->schema << shape->pointer << "/" << name;
    }
  }
}

TEST(Schemas, EveryReferenceLeadsSomewhere) {
  for (const char* name : {"suite", "target", "deployment", "probe"}) {
    const std::string text = Schema(name).dump();
    const std::string before = "\"$ref\":\"#";
    for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
      const std::size_t start = at + before.size();
      const std::string pointer = text.substr(start, text.find('"', start) - start);
      EXPECT_TRUE(Schema(name).contains(Json::json_pointer(pointer))) << name << pointer;
    }
  }
}

}  // namespace
}  // namespace readiness
