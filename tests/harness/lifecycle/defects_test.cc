#include "lifecycle/defects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "temporary_directory.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using Set = std::set<std::string>;

constexpr const char* kCatalogue = R"({
  "defects": [
    {"id": "x.A", "what": "a", "reddens": ["A"]},
    {"id": "x.A:other", "what": "b", "reddens": ["A"]},
    {"id": "x.B", "what": "c", "reddens": ["B"]}
  ],
  "sets": {"as-audited": ["x.A", "x.B"]}
})";

class DefectsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
    return directory_ / name;
  }
  TemporaryDirectory directory_;
};

TEST_F(DefectsTest, RequestIsFilteredAndExpanded) {
  const std::string file = Write("defects.json", kCatalogue);
  const struct {
    std::string given;
    std::string variable;
    Set expected;
  } cases[] = {
      {"", "", {}},
      {" , ", "", {}},
      {"x.A", "x.A", {"x.A"}},
      {" x.A , x.A:other ", "x.A,x.A:other", {"x.A", "x.A:other"}},
      {"x.as-audited", "x.as-audited", {"x.A", "x.B"}},
      {"x.as-audited,x.A", "x.as-audited,x.A", {"x.A", "x.B"}},
      {"y.Z", "y.Z", {}},
      {"xx.A,x.B", "xx.A,x.B", {"x.B"}},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.given);
    const Result<DefectsRequest> request = PlanDefects(test.given, "x", file);
    ASSERT_TRUE(request) << request.error().Brief();
    EXPECT_EQ(request->variable, test.variable);
    EXPECT_EQ(request->expected, test.expected);
  }
}

TEST_F(DefectsTest, UnknownDefectIsAnErrorWithTheNearest) {
  const Result<DefectsRequest> request = PlanDefects("x.as-auditd", "x", Write("defects.json", kCatalogue));
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().fix, HasSubstr("x.as-audited"));
}

TEST_F(DefectsTest, DeploymentWithoutDefectsRefusesOnlyItsOwn) {
  EXPECT_FALSE(PlanDefects("x.A", "x", ""));
  const Result<DefectsRequest> others = PlanDefects("y.A", "x", "");
  ASSERT_TRUE(others);
  EXPECT_EQ(others->variable, "");
}

TEST_F(DefectsTest, MalformedCataloguesAreErrors) {
  for (const std::string text :
       {"", "[]", "{}", R"({"defects": {}})", R"({"defects": [{}]})", R"({"defects": [], "sets": []})",
        R"({"defects": [], "sets": {"s": "x.A"}})", R"({"defects": [], "sets": {"s": ["x.A"]}})"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(PlanDefects("x.A", "x", Write("defects.json", text)));
  }
  EXPECT_FALSE(PlanDefects("x.A", "x", directory_ / "missing.json"));
}

TEST_F(DefectsTest, AcknowledgementsAreRead) {
  EXPECT_EQ(ReadAcknowledged(directory_ / "missing").value(), Set());
  EXPECT_EQ(ReadAcknowledged(Write("empty", " \n")).value(), Set());
  EXPECT_EQ(ReadAcknowledged(Write("none", "[]")).value(), Set());
  EXPECT_EQ(ReadAcknowledged(Write("two", R"(["x.A", "x.B"])")).value(), (Set{"x.A", "x.B"}));
  EXPECT_FALSE(ReadAcknowledged(Write("object", "{}")));
  EXPECT_FALSE(ReadAcknowledged(Write("numbers", "[1]")));
  EXPECT_FALSE(ReadAcknowledged(Write("cut", R"(["x.A")")));
  EXPECT_FALSE(ReadAcknowledged(Write("large", std::string(300 * 1024, ' '))));
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(ReadAcknowledged(directory_ / "fifo"));
}

TEST_F(DefectsTest, AcknowledgedMustEqualRequested) {
  EXPECT_TRUE(CheckAcknowledged({"", {}}, {}));
  EXPECT_TRUE(CheckAcknowledged({"x.A", {"x.A"}}, {"x.A"}));
  const Result<void> missing = CheckAcknowledged({"x.A,x.B", {"x.A", "x.B"}}, {"x.A"});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().actual, HasSubstr("missing: x.B"));
  const Result<void> unasked = CheckAcknowledged({"", {}}, {"x.A"});
  ASSERT_FALSE(unasked);
  EXPECT_THAT(unasked.error().actual, HasSubstr("not asked for: x.A"));
}

}  // namespace
}  // namespace readiness
