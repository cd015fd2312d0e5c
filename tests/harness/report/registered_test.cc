#include "report/registered.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/files.h"
#include "sample_suite.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Registered : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "registered-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }
  std::string directory_;
};

TEST_F(Registered, RoundTrips) {
  RegisteredSuite suite = MixedSuite();
  suite.items[0].title = "\"quoted\" \xC3\xA4 \x1b";
  ASSERT_TRUE(WriteRegistered(directory_ + "/new/folder", suite));
  const Result<RegisteredSuite> read = ReadRegistered(directory_ + "/new/folder");
  ASSERT_TRUE(read) << RenderError(read.error());
  EXPECT_EQ(read->items.size(), suite.items.size());
  EXPECT_EQ(read->items[0].title, suite.items[0].title);
  EXPECT_EQ(read->items[7].id, "C6");
  EXPECT_EQ(read->severity_weights, suite.severity_weights);
  EXPECT_EQ(read->gating_severities, suite.gating_severities);
  EXPECT_EQ(read->audit_items, 97);
  EXPECT_EQ(read->target_state_directory, suite.target_state_directory);
}

TEST_F(Registered, RefusesWhatCannotBeReportedOn) {
  const struct {
    const char* name;
    std::function<void(RegisteredSuite&)> change;
  } cases[] = {
      {"no items", [](RegisteredSuite& suite) { suite.items.clear(); }},
      {"item twice", [](RegisteredSuite& suite) { suite.items.push_back(suite.items[0]); }},
      {"item that climbs", [](RegisteredSuite& suite) { suite.items[0].id = ".."; }},
      {"item with a slash", [](RegisteredSuite& suite) { suite.items[0].id = "a/b"; }},
      {"unknown severity", [](RegisteredSuite& suite) { suite.items[0].severity = "grave"; }},
      {"unknown gating severity", [](RegisteredSuite& suite) { suite.gating_severities = {"grave"}; }},
      {"nothing gates", [](RegisteredSuite& suite) { suite.gating_severities.clear(); }},
      {"unsafe suite", [](RegisteredSuite& suite) { suite.suite = "a b"; }},
  };
  for (const auto& c : cases) {
    RegisteredSuite suite = MixedSuite();
    c.change(suite);
    const Result<void> written = WriteRegistered(directory_, suite);
    ASSERT_FALSE(written) << c.name;
    EXPECT_EQ(written.error().kind, ErrorKind::kDefinition) << c.name;
  }
}

TEST_F(Registered, ReadsStrictly) {
  const Result<RegisteredSuite> absent = ReadRegistered(directory_);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, ErrorKind::kNotAvailable);

  ASSERT_TRUE(WriteRegistered(directory_, MixedSuite()));
  const std::string file = directory_ + "/registered.json";
  const std::string text = *ReadFile(file);
  const struct {
    const char* from;
    const char* to;
    const char* says;
  } cases[] = {{"\"schema_version\": 1", "\"schema_version\": 2", "schema_version"},
               {"\"title\": \"Functional", "\"titel\": \"Functional", "title"},
               {"\"severity\": \"low\"", "\"severity\": 1", "wrong type"},
               {"\"items\": 97", "\"items\": -97", "out of range"},
               {"\"critical\": 10", "\"critical\": -10", "out of range"},
               {"\"critical\": 10", "\"critical\": 1e9", "out of range"},
               {"\"id\": \"A2\"", "\"id\": \"A1\"", "twice"}};
  for (const auto& c : cases) {
    std::string changed = text;
    const std::size_t at = changed.find(c.from);
    ASSERT_NE(at, std::string::npos) << c.from;
    changed.replace(at, std::string(c.from).size(), c.to);
    ASSERT_TRUE(WriteFileAtomically(file, changed));
    const Result<RegisteredSuite> read = ReadRegistered(directory_);
    ASSERT_FALSE(read) << c.to;
    EXPECT_THAT(RenderError(read.error()), HasSubstr(c.says));
  }
  ASSERT_TRUE(WriteFileAtomically(file, text.substr(0, text.size() / 2)));
  EXPECT_FALSE(ReadRegistered(directory_));
}

TEST(Gating, InfoNeverGatesAndWeighsNothing) {
  RegisteredSuite suite = MixedSuite();
  suite.gating_severities = {"critical", "info"};
  suite.severity_weights["info"] = 7;
  EXPECT_TRUE(Gates(suite, "critical"));
  EXPECT_FALSE(Gates(suite, "high"));
  EXPECT_FALSE(Gates(suite, "info"));
  EXPECT_EQ(WeightOf(suite, "info"), 0);
  EXPECT_EQ(WeightOf(suite, "high"), 5);
  EXPECT_EQ(WeightOf(suite, "unheard of"), 0);
}

}  // namespace
}  // namespace readiness
