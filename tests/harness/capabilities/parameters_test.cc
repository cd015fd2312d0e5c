#include "readiness/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Parameters& Sample() {
  static const Parameters kSample(Json{{"text", "main"},
                                       {"count", 7},
                                       {"huge", 18446744073709551615ULL},
                                       {"ratio", 0.5},
                                       {"flag", true},
                                       {"tables", {"a", "b"}},
                                       {"none", Json::array()},
                                       {"mixed", {"a", 1}},
                                       {"statuses", {403, 401}},
                                       {"odd_statuses", {99}},
                                       {"window_ms", 250},
                                       {"negative", -1},
                                       {"object", {{"k", 1}}}});
  return kSample;
}

TEST(Parameters, GivesValuesByType) {
  EXPECT_EQ(Sample().String("text").value(), "main");
  EXPECT_EQ(Sample().Integer("count").value(), 7);
  EXPECT_TRUE(Sample().Boolean("flag").value());
  EXPECT_THAT(Sample().StringList("tables").value(), ElementsAre("a", "b"));
  EXPECT_THAT(Sample().StringList("none").value(), ElementsAre());
  EXPECT_THAT(Sample().Statuses("statuses").value(), ElementsAre(401, 403));
  EXPECT_EQ(Sample().Duration("window_ms").value(), std::chrono::milliseconds(250));
  EXPECT_EQ(Sample().Raw("object").value(), Json({{"k", 1}}));
  EXPECT_TRUE(Sample().Has("text"));
  EXPECT_FALSE(Sample().Has("missing"));
}

TEST(Parameters, ARefusalIsAnAnswerToTheRequestItself) {
  EXPECT_THAT(Sample().Refusals("statuses").value(), ElementsAre(401, 403));
  for (const int status : {200, 204, 301, 405, 408, 415, 425, 429, 431, 500, 503}) {
    const Parameters parameters(Json{{"refused_with", {403, status}}});
    const auto refusals = parameters.Refusals("refused_with");
    ASSERT_FALSE(refusals) << status;
    EXPECT_EQ(refusals.error().actual, std::to_string(status));
  }
}

template <class T>
std::optional<Error> ErrorOf(const Result<T>& result) {
  return result ? std::nullopt : std::optional<Error>(result.error());
}

TEST(Parameters, RefusesWhatIsMissingOrOfAnotherType) {
  const Parameters& p = Sample();
  const std::vector<std::pair<std::string, std::optional<Error>>> cases = {
      {"missing", ErrorOf(p.String("missing"))},  {"count", ErrorOf(p.String("count"))},
      {"missing", ErrorOf(p.Integer("missing"))}, {"ratio", ErrorOf(p.Integer("ratio"))},
      {"flag", ErrorOf(p.Integer("flag"))},       {"huge", ErrorOf(p.Integer("huge"))},
      {"count", ErrorOf(p.Boolean("count"))},     {"missing", ErrorOf(p.Boolean("missing"))},
      {"text", ErrorOf(p.StringList("text"))},    {"mixed", ErrorOf(p.StringList("mixed"))},
      {"count", ErrorOf(p.Statuses("count"))},    {"mixed", ErrorOf(p.Statuses("mixed"))},
      {"text", ErrorOf(p.Duration("text"))},      {"odd_statuses", ErrorOf(p.Statuses("odd_statuses"))},
      {"ratio", ErrorOf(p.Duration("ratio"))},    {"negative", ErrorOf(p.Duration("negative"))},
      {"huge", ErrorOf(p.Duration("huge"))},      {"text", ErrorOf(p.Raw("text"))},
      {"missing", ErrorOf(p.Raw("missing"))},
  };
  for (const auto& [name, error] : cases) {
    ASSERT_TRUE(error) << name;
    EXPECT_EQ(error->kind, ErrorKind::kDefinition) << name;
    EXPECT_THAT(error->what, HasSubstr("\"" + name + "\""));
    EXPECT_FALSE(error->expected.empty() || error->actual.empty()) << name;
  }
}

TEST(Parameters, RefusesEverythingWhenThereIsNoObject) {
  EXPECT_FALSE(Parameters(Json()).String("text"));
}

}  // namespace
}  // namespace readiness
