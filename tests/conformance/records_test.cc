// A verdict needs the records of this run, whole and of these items; a suite needs items.

#include <fstream>
#include <memory>
#include <sstream>

#include "conformance/vacuity.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

void Write(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

// A passed item and a GO, which each test then takes the ground from.
class RecordsTest : public ::testing::Test {
 protected:
  static constexpr const char* kItem = "STEP-R";

  static void SetUpTestSuite() {
    trial_ = std::make_unique<Trial>(kTool, kSuite);
    definitions_ = Changed(trial_->folder(), "d", {});
    ASSERT_EQ(trial_->Resolve(definitions_, {std::string("--items=") + kItem}).code, 0);
    ASSERT_THAT(trial_->Up(definitions_).output, HasSubstr("is up"));
    const ItemResult result = trial_->RunItem(kItem);
    ASSERT_EQ(result.code, 0) << result.output;
    record_ = Read(RecordFile());
    ASSERT_EQ(trial_->Report().code, 0);
  }
  static void TearDownTestSuite() {
    EXPECT_THAT(trial_->Leftovers(), Not(::testing::IsEmpty()))
        << "what lives is not seen, so what is left would not be either";
    ExpectCleanEnd(*trial_);
    trial_.reset();
  }
  void TearDown() override { Write(RecordFile(), record_); }

  static fs::path RecordFile() { return trial_->ItemFile(kItem).parent_path() / "record.json"; }
  static void ExpectNoGo(const std::string& because) {
    const Ended report = trial_->Report();
    EXPECT_THAT(report.code, AnyOf(2, 3)) << report.output;
    EXPECT_THAT(report.output, HasSubstr(because));
  }
  static std::string Replaced(std::string text, const std::string& what, const std::string& with, bool last = false) {
    const std::size_t at = last ? text.rfind(what) : text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    if (at != std::string::npos) text.replace(at, what.size(), with);
    return text;
  }

  static std::unique_ptr<Trial> trial_;
  static Definitions definitions_;
  static std::string record_;
};
std::unique_ptr<Trial> RecordsTest::trial_;
Definitions RecordsTest::definitions_;
std::string RecordsTest::record_;

TEST_F(RecordsTest, ADeletedRecordIsNoGreen) {
  fs::remove(RecordFile());
  ExpectNoGo(kItem);
}

TEST_F(RecordsTest, ATruncatedRecordIsNoGreen) {
  Write(RecordFile(), record_.substr(0, record_.size() / 2));
  ExpectNoGo("record.json");
}

TEST_F(RecordsTest, AnEmptyRecordIsNoGreen) {
  Write(RecordFile(), "");
  ExpectNoGo("record.json");
}

TEST_F(RecordsTest, ARecordOfAnotherRunIsNoGreen) {
  const std::string run = Json::parse(record_).at("run_id");
  Write(RecordFile(), Replaced(record_, run, std::string(run.size(), 'a')));
  ExpectNoGo(kItem);
}

TEST_F(RecordsTest, ARecordOfAnotherItemIsNoGreen) {
  Write(RecordFile(), Replaced(record_, "\"STEP-R\"", "\"C2\""));
  ExpectNoGo("record.json");
}

TEST_F(RecordsTest, AnOutcomeThatNoAttemptSupportsIsNoGreen) {
  Json json = Json::parse(record_);
  json["attempts"][0]["outcome"] = "inconclusive";
  Write(RecordFile(), json.dump());
  ExpectNoGo("record.json");
}

TEST_F(RecordsTest, AMissingStateIsNoGreen) {
  const fs::path aside = trial_->folder() / "state-aside";
  fs::rename(trial_->StateDirectory(), aside);
  const ItemResult result = trial_->RunItem(kItem);
  const Ended report = trial_->Report();
  fs::rename(aside, trial_->StateDirectory());
  EXPECT_THAT(result.code, AnyOf(2, 3)) << result.output;
  EXPECT_THAT(result.output, HasSubstr("INCONCLUSIVE"));
  EXPECT_THAT(report.code, AnyOf(2, 3)) << report.output;
}

TEST_F(RecordsTest, AnUnregisteredSuiteIsNoGreen) {
  const Ended report = trial_->Report("never-resolved");
  EXPECT_EQ(report.code, 2) << report.output;
  const ItemResult result = trial_->RunItem("C2", "never-resolved");
  EXPECT_THAT(result.code, AnyOf(2, 3)) << result.output;
  EXPECT_THAT(result.output, HasSubstr("build the project"));
}

// A new run starts without the verdict and the records of the one before.
TEST_F(RecordsTest, RecordsOfTheRunBeforeAreNoGreen) {
  Trial again(kTool, kSuite);
  ASSERT_EQ(again.Resolve(definitions_, {std::string("--items=") + kItem}).code, 0);
  fs::create_directories(again.ItemFile(kItem).parent_path());
  fs::copy_file(RecordFile(), again.ItemFile(kItem).parent_path() / "record.json");
  const Ended report = again.Report();
  EXPECT_THAT(report.code, AnyOf(2, 3)) << report.output;
}

// Suites that would have nothing to say.
struct NoItems {
  const char* name;
  std::string suite;
  std::vector<std::string> options;
  std::string because;
};

void PrintTo(const NoItems& one, std::ostream* stream) {
  *stream << one.name;
}

std::vector<std::string> ExcludingAll() {
  std::vector<std::string> options;
  for (const std::string& item : AllItems()) options.push_back("--exclude=" + item);
  return options;
}

class NoItemsRecordsTest : public ::testing::TestWithParam<NoItems> {};

TEST_P(NoItemsRecordsTest, IsADefinitionError) {
  Trial trial(kTool, kSuite);
  const Definitions definitions = Changed(trial.folder(), "d", {{}, GetParam().suite, {}});
  const Ended resolved = trial.Resolve(definitions, GetParam().options);
  EXPECT_EQ(resolved.code, 2) << resolved.output;
  EXPECT_THAT(resolved.output, HasSubstr(GetParam().because));
  EXPECT_FALSE(fs::exists(trial.SuiteDirectory() / "tests.cmake"));
  EXPECT_EQ(trial.Report().code, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Vacuity, NoItemsRecordsTest,
    ::testing::Values(
        NoItems{"EmptySuite", R"([{"op":"replace","path":"/items","value":[]}])", {}, "items"},
        NoItems{"ItemsMatchNone", {}, {"--items=C22"}, "did you mean C2?"},
        NoItems{"EverythingIsExcluded", {}, ExcludingAll(), "leave no item"},
        NoItems{"UnknownProbe",
                R"([{"op":"replace","path":"/items/C2/probe","value":"sync_needs_consnt"}])",
                {},
                "sync_needs_consent"},
        NoItems{"UnknownParameter",
                R"([{"op":"move","from":"/items/C2/parameters/cases","path":"/items/C2/parameters/case"}])",
                {},
                "case"},
        NoItems{"NoObservationDemanded",
                R"([{"op":"replace","path":"/items/C2/minimum_observations","value":0}])",
                {},
                "minimum_observations"},
        NoItems{
            "NothingGates", R"([{"op":"replace","path":"/gating_severities","value":[]}])", {}, "gating_severities"}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace readiness::conformance
