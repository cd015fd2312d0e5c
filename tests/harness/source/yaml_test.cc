#include "readiness/source_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::HasSubstr;

std::string Shown(const YamlNode& node) {
  std::string shown;
  switch (node.type) {
    case YamlNode::Type::kNull:
      return "~";
    case YamlNode::Type::kScalar:
      return node.plain ? node.text : "'" + node.text + "'";
    case YamlNode::Type::kSequence:
      for (const YamlNode& item : node.items) shown += (shown.empty() ? "" : ", ") + Shown(item);
      return "[" + shown + "]";
    case YamlNode::Type::kMapping:
      for (const auto& [key, value] : node.members) shown += (shown.empty() ? "" : ", ") + key + ": " + Shown(value);
      return "{" + shown + "}";
  }
  return shown;
}

std::string Shown(const std::vector<YamlNode>& documents) {
  std::string shown;
  for (const YamlNode& document : documents) shown += (shown.empty() ? "" : " --- ") + Shown(document);
  return shown;
}

TEST(YamlTest, IsReadWithAllItsDocuments) {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"", ""},
      {"# only a comment\n", ""},
      {"a: 1\n", "{a: 1}"},
      {"a: 1\r\nb:\r\n  - x\r\n  - 'y'\r\n", "{a: 1, b: [x, 'y']}"},
      {"a: 1\n---\nb: 2\n---\n", "{a: 1} --- {b: 2} --- ~"},
      {"on:\n  push:\n", "{on: {push: ~}}"},
      {"a: &x {b: 1}\nc: *x\n", "{a: {b: 1}, c: {b: 1}}"},
      {"a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n", "{a: {b: 1, c: 2}, d: {c: 3, b: 1}}"},
      {"d:\n  <<: [{b: 1}, {b: 2, c: 3}]\n", "{d: {b: 1, c: 3}}"},
      {"a: |\n  one\n  two\n", "{a: 'one\ntwo\n'}"},
      {"a: !Ref b\n", "{a: 'b'}"},
      {"[a, {b: c}]\n", "[a, {b: c}]"},
      {"a: ~\nb: null\nc: ''\n", "{a: ~, b: ~, c: ''}"},
      {"\"8000\": x\n", "{8000: x}"},
      {"\xef\xbb\xbf"
       "a: 1\n",
       "{a: 1}"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    const auto documents = ParseYaml(test.text, "x.yaml");
    ASSERT_TRUE(documents) << documents.error().Brief();
    EXPECT_EQ(Shown(*documents), test.shown);
  }
}

TEST(YamlTest, PartsHavePlaces) {
  const auto documents = ParseYaml("a:\n  b:\n    - x\n    - c: 1\n", "x.yaml");
  ASSERT_TRUE(documents);
  const YamlNode* list = documents->front().At({"a", "b"});
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->items.at(1).line, 4);
  EXPECT_EQ(list->items.at(1).Find("c")->column, 10);
  EXPECT_EQ(list->items.at(1).TextAt({"c"}), "1");
  EXPECT_EQ(documents->front().At({"a", "none", "b"}), nullptr);
  EXPECT_EQ(documents->front().TextAt({"a"}), "");
}

std::string AliasBomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  return text;
}

std::string MergeBomb() {
  std::string text = "a0: &a0 {k: v}\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {b: " + last + ", c: " + last + "}\n";
  }
  return text;
}

std::string Deep(const char* open, int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += open;
  return text;
}

std::string DeepBlocks(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  return text;
}

TEST(YamlTest, WhatIsWrongOrHostileIsAnError) {
  const struct {
    const char* name;
    std::string text;
    ErrorKind kind;
    int line;
  } cases[] = {
      {"no YAML", "a: [1\nb: 2\n", ErrorKind::kMalformed, 2},
      {"a tab", "a:\n\t- b\n", ErrorKind::kMalformed, 2},
      {"a template", "a: 1\n{{- if x }}\nb: 2\n", ErrorKind::kMalformed, 2},
      {"a key twice", "a: 1\nb: 2\na: 3\n", ErrorKind::kMalformed, 3},
      {"a list as key", "? [a, b]\n: c\n", ErrorKind::kMalformed, 1},
      {"an unknown alias", "a: 1\nb: *x\n", ErrorKind::kMalformed, 2},
      {"an alias of itself", "a: &x\n  b: *x\n", ErrorKind::kMalformed, 2},
      {"a NUL byte", std::string("a: 1\nb: \0\n", 10), ErrorKind::kMalformed, 2},
      {"10 MB", std::string(10 * 1024 * 1024, 'a'), ErrorKind::kLimit, 0},
      {"an alias bomb", AliasBomb(), ErrorKind::kLimit, 0},
      {"a merge bomb", MergeBomb(), ErrorKind::kLimit, 0},
      {"deep lists", Deep("[", 2000), ErrorKind::kMalformed, 0},
      {"deep mappings", DeepBlocks(1000), ErrorKind::kMalformed, 0},
      {"100,000 deep lists", Deep("- ", 100'000), ErrorKind::kMalformed, 0},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto begun = std::chrono::steady_clock::now();
    const auto documents = ParseYaml(test.text, "x.yaml");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
    ASSERT_FALSE(documents);
    if (test.line > 0) {
      EXPECT_EQ(documents.error().kind, test.kind) << documents.error().Brief();
      ASSERT_TRUE(documents.error().place);
      EXPECT_EQ(documents.error().place->line, test.line) << documents.error().Brief();
    }
  }
}

}  // namespace
}  // namespace readiness
