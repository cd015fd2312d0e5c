#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "evidence_text.h"
#include "readiness/testing.h"

READINESS_DECLARE_PROBE(insights_are_explained);

namespace readiness::testing {
namespace {

using probes::explanation_parts::Mentions;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Json ExplanationParameters() {
  return Json::parse(R"json({
    "identity": "user", "store": "main",
    "insights": [
      {"name": "heart rate", "make": ["ingest_heart_rate", "run_insights"]},
      {"name": "variability", "make": ["ingest_variability", "run_insights"]}
    ],
    "find": "find_insight", "id_as": "insight_id", "feed": "insight_feed", "feed_items_at": "/items", "feed_id_at": "/id",
    "explain": "explain_insight", "explained_with": [200],
    "sources_at": "/explanation/edges", "source_type_at": "/source_type", "source_content_at": ["/description"],
    "texts_at": ["/explanation/summary"],
    "sources": {"metric": ["metric_key"], "baseline": ["baseline_mean"]}, "differ_by": "metric_key",
    "unauthenticated_with": [401], "stranger_refused_with": [403, 404], "unknown_with": [404],
    "may_change": ["audit_events"], "late_effects_within_ms": 0
  })json");
}

Json Edge(const std::string& type, const Json& description) {
  return {{"id", 1}, {"source_type", type}, {"contribution_weight", 0.5}, {"description", description}};
}

Json EdgesOf(const Json& id) {
  if (id == 7) return {Edge("metric", "resting_hr rose"), Edge("baseline", "baseline mean 60.3")};
  return {Edge("metric", "hrv_rmssd fell"), Edge("baseline", "baseline mean 50.0")};
}

// A target in a few lines. Insight 7 is the owner's, 8 the stranger's.
class InsightsAreExplainedTest : public ::testing::Test {
 protected:
  struct Answer {
    int status = 200;
    std::string body;
  };
  using Explain = std::function<Answer(const Identity& who, const Json& id)>;

  explicit InsightsAreExplainedTest(Json parameters = ExplanationParameters()) : t(std::move(parameters)) {
    t.store.Declare({"insights", "health_data", "audit_events"});
  }

  class Target : public Actions {
   public:
    explicit Target(InsightsAreExplainedTest& test) : test_(test) {}
    Result<bool> Has(const std::string&) override { return true; }
    StatusSet RefusalStatuses(const std::string&) const override { return {}; }
    Result<ActionResult> Run(const std::string& name, const Identity& who, const Values& arguments) override {
      return test_.Play(name, who, arguments);
    }

   private:
    InsightsAreExplainedTest& test_;
  };

  static std::string Body(const Json& edges, const std::string& summary = "Based on what was measured.") {
    return Json{{"insight_id", 7}, {"explanation", {{"edges", edges}, {"summary", summary}}}}.dump();
  }
  static bool Owns(const Identity& who, const Json& id) {
    return (who.label == "owner" && id == 7) || (who.label == "stranger" && id == 8);
  }
  static Answer Healthy(const Identity& who, const Json& id) {
    if (who.label != "owner" && who.label != "stranger") return {401, R"({"detail":"Missing bearer token"})"};
    if (!Owns(who, id)) return {404, R"({"detail":"Insight not found"})"};
    return {200, Body(EdgesOf(id))};
  }

  Result<ActionResult> Play(const std::string& name, const Identity& who, const Values& arguments) {
    ActionResult result;
    result.action = name;
    result.as_expected = true;
    const bool first = who.label == "owner";
    if (name == "find_insight") {
      if (made) {
        result.captured = {{"insight_id", first ? 7 : 8},
                           {"metric_key", first ? "resting_hr" : "hrv_rmssd"},
                           {"baseline_mean", first ? Json(60.27) : Json(50)}};
      }
      result.as_expected = made;
    } else if (name == "insight_feed") {
      result.exchange.emplace();
      result.exchange->response = {feed_status, {}, Json{{"items", {{{"id", first ? 7 : 8}}}}}.dump()};
      result.as_expected = feed_status == 200;
    } else if (name == "explain_insight") {
      const Answer answer = explain(who, arguments.at("insight_id"));
      asked.push_back(who.label);
      result.exchange.emplace();
      result.exchange->response = {answer.status, {}, answer.body};
      result.as_expected = answer.status == 200;
    }
    return result;
  }

  Result<void> Run() {
    Target target(*this);
    const Context& c = t.context();
    Context context{c.parameters, c.findings, c.identities, target,     c.http,     c.stores,     c.doubles,
                    c.tokens,     c.logs,     c.openapi,    c.services, c.commands, c.source_tree};
    return probes::insights_are_explained(context);
  }
  std::vector<std::string> Headlines() const {
    std::vector<std::string> whats;
    for (const Violation& violation : t.findings.violations()) whats.push_back(violation.what);
    return whats;
  }
  // The owner of each is shown these edges.
  void Shows(std::function<Json(const Json& id)> edges) {
    explain = [edges](const Identity& who, const Json& id) {
      if (!Owns(who, id)) return Healthy(who, id);
      return Answer{200, Body(edges(id))};
    };
  }

  TestContext t;
  Explain explain = Healthy;
  bool made = true;
  int feed_status = 200;
  std::vector<std::string> asked;
};

TEST_F(InsightsAreExplainedTest, Holds) {
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
  for (const char* control : {"insights_exist", "feed_shows_them", "stranger_is_genuine"}) {
    EXPECT_TRUE(t.Satisfied(control)) << control;
  }
  // Two explanations; both as strangers, anonymous, forgeries, unknown.
  EXPECT_THAT(t.findings.observations(), SizeIs(2 + 2 + 1 + t.tokens.forgeries.size() + 1));
}

TEST_F(InsightsAreExplainedTest, HoldsWithSourcesOfOtherTypesAndAnAuditTrail) {
  explain = [this](const Identity& who, const Json& id) {
    t.store.AddRows(t.OwnerOf("owner"), "audit_events", 1);
    Answer answer = Healthy(who, id);
    if (answer.status == 200) {
      Json edges = EdgesOf(id);
      edges.push_back(Edge("season", "winter"));
      answer.body = Body(edges);
    }
    return answer;
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
}

TEST_F(InsightsAreExplainedTest, Violated) {
  Shows([](const Json&) { return Json::array(); });
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), ElementsAre("an explanation has no sources", "an explanation has no sources"));
}

TEST_F(InsightsAreExplainedTest, ViolatedWhenTheOperationIsMissing) {
  for (const int status : {404, 405, 501, 403}) {
    explain = [status](const Identity&, const Json&) { return Answer{status, "{}"}; };
    const std::size_t before = t.findings.violations().size();
    ASSERT_TRUE(Run());
    ASSERT_EQ(t.findings.violations().size(), before + 2);
    EXPECT_EQ(t.findings.violations().back().what, "an insight cannot be explained to its owner");
  }
}

TEST_F(InsightsAreExplainedTest, ViolatedAlsoWhenTheFeedIsBroken) {
  feed_status = 500;
  Shows([](const Json&) { return Json::array(); });
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("feed_shows_them"));
  EXPECT_THAT(Headlines(), SizeIs(2));
}

struct SlyExplanation {
  const char* name;
  std::function<Json(const Json& id)> edges;
  const char* headline;
};

class SlyExplanationsTest : public InsightsAreExplainedTest, public ::testing::WithParamInterface<SlyExplanation> {};

TEST_P(SlyExplanationsTest, AreSeen) {
  Shows(GetParam().edges);
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), Contains(GetParam().headline));
}

constexpr const char* kEmptySource = "a source of an explanation is empty";
constexpr const char* kMismatch = "a source of an explanation does not match the stored evidence";
constexpr const char* kNoMatch = "an explanation has no source that matches the stored evidence";
constexpr const char* kConstant = "different insights have the same explanation";

INSTANTIATE_TEST_SUITE_P(
    InsightsAreExplained, SlyExplanationsTest,
    ::testing::Values(
        SlyExplanation{"ConstantThatFitsOne", [](const Json&) { return Json{Edge("metric", "resting_hr rose")}; },
                       kMismatch},
        SlyExplanation{"ConstantThatNamesEverything",
                       [](const Json&) { return Json{Edge("metric", "resting_hr, hrv_rmssd, sleep_duration")}; },
                       kConstant},
        SlyExplanation{"Blank", [](const Json&) { return Json{Edge("metric", "  ")}; }, kEmptySource},
        SlyExplanation{"Null", [](const Json&) { return Json{Edge("metric", Json())}; }, kEmptySource},
        SlyExplanation{"WithoutType", [](const Json&) { return Json{Edge("", "resting_hr rose")}; }, kEmptySource},
        SlyExplanation{"NotAnObject", [](const Json&) { return Json{"resting_hr"}; }, kEmptySource},
        SlyExplanation{"OfAnUnknownType",
                       [](const Json& id) { return Json{Edge("magic", id == 7 ? "resting_hr" : "x")}; }, kNoMatch},
        SlyExplanation{"WrongBaseline",
                       [](const Json& id) {
                         Json edges = EdgesOf(id);
                         edges[1]["description"] = "baseline mean 61";
                         return edges;
                       },
                       kMismatch},
        SlyExplanation{"Object",
                       [](const Json&) {
                         return Json{{"metric", "resting_hr"}};
                       },
                       "an explanation has no sources"}),
    [](const auto& tried) { return tried.param.name; });

TEST_F(InsightsAreExplainedTest, ViolatedByAnEmptySummary) {
  explain = [](const Identity& who, const Json& id) {
    return Owns(who, id) ? Answer{200, Body(EdgesOf(id), " ")} : Healthy(who, id);
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), Contains("an explanation is empty"));
}

TEST_F(InsightsAreExplainedTest, ViolatedWhenOthersMayRead) {
  for (const std::string reader : {"stranger", "anonymous", "forged: expired"}) {
    SCOPED_TRACE(reader);
    explain = [reader](const Identity& who, const Json& id) {
      return who.label == reader ? Answer{200, Body(EdgesOf(id))} : Healthy(who, id);
    };
    ASSERT_TRUE(Run());
    EXPECT_THAT(t.findings.violations(),
                Contains(AllOf(Field(&Violation::what, "somebody was shown another's explanation"),
                               Field(&Violation::did, HasSubstr(reader)))));
  }
}

TEST_F(InsightsAreExplainedTest, ViolatedByARefusalThatTellsAndByA200ThatTellsNothing) {
  explain = [](const Identity& who, const Json& id) {
    if (who.label == "anonymous") return Answer{401, "not yours: resting_hr rose"};
    if (who.label == "stranger" && id == 7) return Answer{200, "{}"};
    return Healthy(who, id);
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), ElementsAre("an explanation was not refused", "somebody was shown another's explanation"));
}

TEST_F(InsightsAreExplainedTest, ViolatedWhenAnythingIsExplained) {
  explain = [](const Identity& who, const Json& id) {
    return who.label == "owner" && id > 1000 ? Answer{200, Body(EdgesOf(7))} : Healthy(who, id);
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), ElementsAre("an insight that does not exist is explained"));
}

TEST_F(InsightsAreExplainedTest, ViolatedWhenReadingWrites) {
  explain = [this](const Identity& who, const Json& id) {
    if (who.label == "anonymous") t.store.ChangeRows(t.OwnerOf("owner"), "insights");
    return Healthy(who, id);
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), ElementsAre("reading an explanation changed rows"));
}

TEST_F(InsightsAreExplainedTest, UndecidableWithoutInsights) {
  made = false;
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("insights_exist"));
  EXPECT_THAT(asked, IsEmpty());
  EXPECT_THAT(Headlines(), IsEmpty());
}

TEST_F(InsightsAreExplainedTest, UndecidableAnswers) {
  for (const Answer& odd : {Answer{500, "{}"}, Answer{429, "{}"}, Answer{200, "not JSON"}}) {
    explain = [odd](const Identity& who, const Json& id) { return Owns(who, id) ? odd : Healthy(who, id); };
    EXPECT_FALSE(Run());
    EXPECT_THAT(Headlines(), IsEmpty());
  }
  for (const int status : {500, 429, 415, 307}) {
    explain = [status](const Identity& who, const Json& id) {
      return who.label == "anonymous" ? Answer{status, "{}"} : Healthy(who, id);
    };
    EXPECT_FALSE(Run());
    EXPECT_THAT(Headlines(), IsEmpty());
  }
}

TEST(InsightsAreExplainedParameters, WrongOnesAreDefinitionErrors) {
  const struct {
    const char* key;
    const char* value;
    const char* says;
  } cases[] = {{"insights", R"([{"name": "a", "make": ["b"]}])", "too few"},
               {"insights", R"([{"name": "a", "mak": ["b"]}])", "/insights/0"},
               {"sources", "{}", "/sources"},
               {"sources", R"({"metric": []})", "/sources/metric"},
               {"source_content_at", "[]", "/source_content_at"}};
  for (const auto& test : cases) {
    Json parameters = ExplanationParameters();
    parameters[test.key] = Json::parse(test.value);
    TestContext t(std::move(parameters));
    const auto ran = probes::insights_are_explained(t.context());
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
    EXPECT_THAT(ran.error().Brief(), HasSubstr(test.says));
  }
}

TEST(InsightsAreExplainedMentions, WordsAndRoundedNumbers) {
  const struct {
    const char* text;
    Json value;
    bool mentions;
  } cases[] = {{"Resting HR rose", "resting_hr", true},
               {"resting_hr_max rose", "resting_hr", false},
               {"footsteps", "steps", false},
               {"steps.", "steps", true},
               {"anything", "", false},
               {"anything", Json(), false},
               {"mean 60.3 bpm", 60.27, true},
               {"mean 60 bpm", 60.27, true},
               {"mean 60.2 bpm", 60.27, false},
               {"mean 61", 60.27, false},
               {"z=-1.73", -1.734, true},
               {"v60.3x", 60.27, true},
               {"160.3", 60.27, false},
               {"in 2026.", 2026, true}};
  for (const auto& test : cases) EXPECT_EQ(Mentions(test.text, test.value), test.mentions) << test.text;
}

class MisspeltInsightsAreExplainedTest : public InsightsAreExplainedTest {
 protected:
  static Json Misspelt() {
    Json parameters = ExplanationParameters();
    parameters["sources"]["baseline"] = {"base_line_mean"};
    return parameters;
  }
  MisspeltInsightsAreExplainedTest() : InsightsAreExplainedTest(Misspelt()) {}
};

TEST_F(MisspeltInsightsAreExplainedTest, UndecidableWhenASourceMentionsWhatNothingCaptures) {
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(ran.error().Brief(), HasSubstr("base_line_mean"));
}

}  // namespace
}  // namespace readiness::testing
