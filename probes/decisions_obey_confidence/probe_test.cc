#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(decisions_obey_confidence);

namespace readiness::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Json PolicyParameters() {
  return Json::parse(R"json({
    "identity": "user", "prepare": [], "store_evaluation": "store_evaluation", "decide": "decide_loop",
    "decided_with": [200], "decision_at": "/action", "used_confidence_at": ["/metadata", "/confidence"],
    "read_decisions": "read_decisions", "decisions_as": "decisions", "late_effects_within_ms": 0,
    "meaning": {"continue": "continue_protocol", "adjust": "suggest_experiment", "extend": "monitor", "stop": "monitor"},
    "policy": [
      {"from": 0, "allowed": ["monitor"]},
      {"from": 0.4, "allowed": ["monitor", "suggest_experiment"]},
      {"from": 0.6, "allowed": ["monitor", "suggest_experiment", "continue_protocol"]}
    ],
    "cases": [{"verdict": ["helpful", "unclear"], "confidence": [0.05, 0.3, 0.5, 0.59, 0.6, null], "direction": ["improved", "worsened"]}],
    "trusted": [{"verdict": "helpful", "confidence": 0.9, "direction": "improved", "decisions": ["continue"]}]
  })json");
}

Json With(Json parameters, const std::string& key, Json value) {
  parameters[key] = std::move(value);
  return parameters;
}

Json WithComputed() {
  return With(PolicyParameters(), "computed",
              {{"prepare", {"seed_data"}},
               {"evaluate", "evaluate"},
               {"confidence_at", "/details/confidence_score"},
               {"read", "read_evaluation"},
               {"read_as", "computed_confidence"}});
}

// A target in a few lines: what it decides is a function of the evaluation, which each test replaces by a sly one.
class DecisionsObeyConfidenceTest : public ::testing::Test {
 protected:
  struct Evaluation {
    std::string verdict;
    Json confidence;
    std::string direction;
    double Number() const { return confidence.is_null() ? 0.0 : confidence.get<double>(); }
  };
  struct Decision {
    std::string returned;
    std::string stored;
    Json used;
    int status = 200;
  };

  explicit DecisionsObeyConfidenceTest(Json parameters = PolicyParameters()) : t(std::move(parameters)) {}

  // Fakes answer from a queue; this one asks `decides` at the time of the call.
  class Target : public Actions {
   public:
    explicit Target(DecisionsObeyConfidenceTest& test) : test_(test) {}
    Result<bool> Has(const std::string&) override { return true; }
    StatusSet RefusalStatuses(const std::string&) const override { return {}; }
    Result<ActionResult> Run(const std::string& name, const Identity& who, const Values& arguments) override {
      return test_.Play(name, who, arguments);
    }

   private:
    DecisionsObeyConfidenceTest& test_;
  };

  static Decision Obeys(const Evaluation& evaluation) {
    std::string word = evaluation.Number() < 0.4 ? "extend" : evaluation.Number() < 0.6 ? "adjust" : "continue";
    if (evaluation.verdict != "helpful" && word == "continue") word = "adjust";
    return {word, word, evaluation.Number()};
  }

  Result<ActionResult> Play(const std::string& name, const Identity&, const Values& arguments) {
    ActionResult result;
    result.action = name;
    result.as_expected = true;
    if (name == "store_evaluation") {
      if (broken_store) return Fail(MakeError(ErrorKind::kTarget));
      evaluations.push_back({arguments.at("verdict"), arguments.at("confidence"), arguments.at("direction")});
      stored.emplace_back();
      result.captured["evaluation_id"] = evaluations.size() - 1;
    } else if (name == "decide_loop") {
      const auto id = arguments.at("evaluation_id").get<std::size_t>();
      const Decision decision = decides(evaluations[id]);
      stored[id] = decision.stored;
      Json body{{"action", decision.returned}, {"metadata", Json{{"confidence", decision.used}}.dump()}};
      if (decision.used.is_discarded()) body.erase("metadata");
      Answer(result, decision.status, body);
    } else if (name == "read_decisions") {
      result.captured["decisions"] = stored[arguments.at("evaluation_id").get<std::size_t>()];
      if (reads++ == change_at) stored[0] = "continue";
    } else if (name == "evaluate") {
      evaluations.push_back({"helpful", stored_confidence, "improved"});
      stored.emplace_back();
      Answer(result, evaluate_status, {{"details", {{"confidence_score", answered_confidence}}}});
      result.as_expected = evaluate_status == 200;
    } else if (name == "read_evaluation") {
      result.captured = {{"evaluation_id", evaluations.size() - 1}, {"computed_confidence", computed_confidence}};
    }
    return result;
  }
  static void Answer(ActionResult& result, int status, const Json& body) {
    result.exchange.emplace();
    result.exchange->response.status = status;
    result.exchange->response.body = body.dump();
    result.as_expected = status == 200;
  }

  Result<void> Run() {
    Target target(*this);
    const Context& c = t.context();
    Context context{c.parameters, c.findings, c.identities, target,     c.http,     c.stores,     c.doubles,
                    c.tokens,     c.logs,     c.openapi,    c.services, c.commands, c.source_tree};
    return probes::decisions_obey_confidence(context);
  }
  std::vector<std::string> Headlines() const {
    std::vector<std::string> whats;
    for (const Violation& violation : t.findings.violations()) whats.push_back(violation.what);
    return whats;
  }

  TestContext t;
  std::function<Decision(const Evaluation&)> decides = Obeys;
  std::vector<Evaluation> evaluations;
  std::vector<std::string> stored;
  int reads = 0;
  int change_at = -1;
  bool broken_store = false;
  int evaluate_status = 200;
  Json answered_confidence = 0.8, stored_confidence = 0.8, computed_confidence = 0.8;
};

constexpr const char* kBeyond = "a decision goes beyond what its confidence allows";
constexpr const char* kNotStored = "the stored decision is not the one that was returned";
constexpr const char* kOtherConfidence = "a decision was taken with another confidence than the evaluation has";
constexpr const char* kNothing = "a well supported evaluation leads to nothing";

TEST_F(DecisionsObeyConfidenceTest, Holds) {
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("trusted_evaluation_leads_on"));
  EXPECT_THAT(t.findings.observations(), SizeIs(2 * 6 * 2 + 1));
}

TEST_F(DecisionsObeyConfidenceTest, EvaluationsAreStoredAsTheCasesSay) {
  ASSERT_TRUE(Run());
  ASSERT_THAT(evaluations, SizeIs(25));
  EXPECT_TRUE(evaluations[10].confidence.is_null());
  EXPECT_EQ(evaluations.back().verdict, "helpful");
  EXPECT_EQ(evaluations.back().confidence, 0.9);
}

TEST_F(DecisionsObeyConfidenceTest, HoldsWhenNoConfidenceIsCalledNull) {
  decides = [](const Evaluation& evaluation) {
    Decision decision = Obeys(evaluation);
    decision.used = evaluation.confidence;
    return decision;
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
}

TEST_F(DecisionsObeyConfidenceTest, Violated) {
  decides = [](const Evaluation& evaluation) {
    const std::string word = evaluation.verdict == "helpful" ? "continue" : "extend";
    return Decision{word, word, evaluation.Number()};
  };
  ASSERT_TRUE(Run());
  ASSERT_THAT(t.findings.violations(), SizeIs(2));  // one for each set of allowed words
  EXPECT_EQ(t.findings.violations()[0].what, kBeyond);
  EXPECT_THAT(t.findings.violations()[0].did, AllOf(HasSubstr("helpful with confidence 0.05, improved"),
                                                    HasSubstr("helpful without confidence, worsened")));
  EXPECT_THAT(t.findings.violations()[0].did, Not(HasSubstr("unclear")));
  EXPECT_EQ(t.findings.violations()[0].expected, "an action that is one of: monitor");
  EXPECT_EQ(t.findings.violations()[0].actual, "returned continue, which is continue_protocol");
}

// What a sly system decides, and what shows it.
struct Sly {
  const char* name;
  std::function<std::pair<std::string, Json>(const std::string& verdict, const Json& confidence)> decides;
  const char* headline;
  const char* in_case;
};

class SlyDecisionsTest : public DecisionsObeyConfidenceTest, public ::testing::WithParamInterface<Sly> {};

TEST_P(SlyDecisionsTest, IsSeen) {
  decides = [](const Evaluation& evaluation) {
    const auto [word, used] = GetParam().decides(evaluation.verdict, evaluation.confidence);
    return Decision{word, word, used};
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(AllOf(Field(&Violation::what, GetParam().headline),
                                                      Field(&Violation::did, HasSubstr(GetParam().in_case)))));
}

std::string ByNumber(double confidence) {
  return confidence < 0.4 ? "extend" : confidence < 0.6 ? "adjust" : "continue";
}
double Confidence(const Json& confidence) {
  return confidence.is_null() ? 0.0 : confidence.get<double>();
}

INSTANTIATE_TEST_SUITE_P(
    DecisionsObeyConfidence, SlyDecisionsTest,
    ::testing::Values(Sly{"ClampsNull",
                          [](const std::string&, const Json& c) {
                            return std::pair<std::string, Json>(c.is_null() ? "continue" : ByNumber(Confidence(c)),
                                                                Confidence(c));
                          },
                          kBeyond, "without confidence"},
                      Sly{"SaysThatNullIsOne",
                          [](const std::string&, const Json& c) {
                            return std::pair<std::string, Json>(ByNumber(Confidence(c)), c.is_null() ? Json(1.0) : c);
                          },
                          kOtherConfidence, "without confidence"},
                      Sly{"Rounds",
                          [](const std::string&, const Json& c) {
                            return std::pair<std::string, Json>(ByNumber(std::round(Confidence(c) * 10) / 10), c);
                          },
                          kBeyond, "confidence 0.59"},
                      Sly{"SaysTheRounded",
                          [](const std::string&, const Json& c) {
                            return std::pair<std::string, Json>(ByNumber(Confidence(c)),
                                                                std::round(Confidence(c) * 10) / 10);
                          },
                          kOtherConfidence, "confidence 0.59"},
                      Sly{"AsksThePolicyForOneVerdictOnly",
                          [](const std::string& verdict, const Json& c) {
                            return std::pair<std::string, Json>(
                                verdict == "helpful" ? ByNumber(Confidence(c)) : "adjust", c);
                          },
                          kBeyond, "unclear with confidence 0.3"},
                      Sly{"NeverContinues",
                          [](const std::string&, const Json& c) { return std::pair<std::string, Json>("extend", c); },
                          kNothing, "helpful with confidence 0.9"}),
    [](const auto& tried) { return tried.param.name; });

TEST_F(DecisionsObeyConfidenceTest, ViolatedWhenAnotherDecisionIsStored) {
  decides = [](const Evaluation& evaluation) {
    Decision decision = Obeys(evaluation);
    if (evaluation.Number() < 0.4) decision.stored = "continue";
    return decision;
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), Contains(kNotStored));
  EXPECT_THAT(t.findings.violations(), Contains(AllOf(Field(&Violation::what, kBeyond),
                                                      Field(&Violation::actual, HasSubstr("stored continue")))));
}

TEST_F(DecisionsObeyConfidenceTest, ViolatedWhenNothingOrMoreIsStored) {
  for (const char* kept : {"", "extend, extend"}) {
    TestContext fresh(PolicyParameters());
    decides = [&](const Evaluation& evaluation) {
      Decision decision = Obeys(evaluation);
      if (decision.returned == "extend") decision.stored = kept;
      return decision;
    };
    const std::size_t before = t.findings.violations().size();
    ASSERT_TRUE(Run());
    ASSERT_GT(t.findings.violations().size(), before);
    EXPECT_EQ(t.findings.violations().back().what, kNotStored);
  }
}

TEST_F(DecisionsObeyConfidenceTest, ViolatedByADecisionStoredBehindAnError) {
  decides = [](const Evaluation& evaluation) {
    Decision decision = Obeys(evaluation);
    if (evaluation.Number() == 0.05) decision = {"", "continue", 0, 500};
    return decision;
  };
  EXPECT_FALSE(Run());
  EXPECT_THAT(Headlines(), Contains(kBeyond));
}

TEST_F(DecisionsObeyConfidenceTest, ViolatedWhenAStoredDecisionChangesLater) {
  change_at = 4;
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), Contains("what is stored of a decision changed afterwards"));
}

TEST_F(DecisionsObeyConfidenceTest, UndecidableWords) {
  decides = [](const Evaluation& evaluation) {
    Decision decision = Obeys(evaluation);
    if (evaluation.Number() == 0.3) decision.returned = decision.stored = "Continue";
    return decision;
  };
  const auto ran = Run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().Brief(), AllOf(HasSubstr("meaning"), HasSubstr("Continue"), HasSubstr("0.3")));
  EXPECT_THAT(Headlines(), IsEmpty());
}

TEST_F(DecisionsObeyConfidenceTest, UndecidableAnswers) {
  for (const int status : {201, 404, 422, 500}) {
    decides = [&](const Evaluation& evaluation) {
      Decision decision = Obeys(evaluation);
      if (evaluation.Number() == 0.3) decision = {"extend", "", 0.3, status};
      return decision;
    };
    EXPECT_FALSE(Run());
    EXPECT_THAT(Headlines(), IsEmpty());
  }
}

TEST_F(DecisionsObeyConfidenceTest, UndecidableWhenTheTrustedCaseFails) {
  decides = [](const Evaluation& evaluation) {
    Decision decision = Obeys(evaluation);
    if (evaluation.Number() == 0.9) decision = {"", "", 0, 500};
    return decision;
  };
  EXPECT_FALSE(Run());
  EXPECT_FALSE(t.Satisfied("trusted_evaluation_leads_on"));
  EXPECT_THAT(Headlines(), IsEmpty());
}

TEST_F(DecisionsObeyConfidenceTest, UndecidableWithoutEvaluationsOrStatedConfidence) {
  decides = [](const Evaluation& evaluation) {
    Decision decision = Obeys(evaluation);
    decision.used = Json(Json::value_t::discarded);
    return decision;
  };
  EXPECT_FALSE(Run());
  broken_store = true;
  EXPECT_FALSE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
}

class ComputedDecisionsTest : public DecisionsObeyConfidenceTest {
 protected:
  ComputedDecisionsTest() : DecisionsObeyConfidenceTest(WithComputed()) {}
};

TEST_F(ComputedDecisionsTest, Holds) {
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("evaluation_is_computed"));
}

TEST_F(ComputedDecisionsTest, ViolatedWhenTheDecisionUsesAnother) {
  stored_confidence = nullptr;
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(AllOf(Field(&Violation::what, kOtherConfidence),
                                                      Field(&Violation::did, HasSubstr("computed by evaluate")))));
}

TEST_F(ComputedDecisionsTest, ViolatedAlsoWhenTheOperationFailsAndItsRowStays) {
  evaluate_status = 500;
  stored_confidence = nullptr;
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), Contains(kOtherConfidence));
  EXPECT_TRUE(t.Satisfied("evaluation_is_computed"));
}

TEST_F(ComputedDecisionsTest, ViolatedWhenTheAnswerDiffers) {
  answered_confidence = 0.95;
  ASSERT_TRUE(Run());
  EXPECT_THAT(Headlines(), Contains("an evaluation is stored with another confidence than was computed"));
}

TEST_F(ComputedDecisionsTest, UndecidableWithoutAConfidenceThatTells) {
  for (const Json& computed : {Json(), Json(0.0), Json("0.8")}) {
    computed_confidence = computed;
    ASSERT_TRUE(Run());
    EXPECT_FALSE(t.Satisfied("evaluation_is_computed"));
    EXPECT_THAT(Headlines(), IsEmpty());
  }
}

struct Nonsense {
  const char* name;
  const char* key;
  const char* value;
  const char* says;
};

class DecisionParametersTest : public ::testing::TestWithParam<Nonsense> {};

TEST_P(DecisionParametersTest, AreDefinitionErrors) {
  TestContext t(With(PolicyParameters(), GetParam().key, Json::parse(GetParam().value)));
  const auto ran = probes::decisions_obey_confidence(t.context());
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(ran.error().Brief(), HasSubstr(GetParam().says));
  EXPECT_THAT(t.actions.calls, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    DecisionsObeyConfidence, DecisionParametersTest,
    ::testing::Values(
        Nonsense{"NoCases", "cases", "[]", "/cases"},
        Nonsense{"MisspeltKey", "cases", R"([{"verdict": "a", "confidence": 0.1, "direction": "b", "verdct": "a"}])",
                 "/cases/0/verdct"},
        Nonsense{"PercentInsteadOfPart", "cases", R"([{"verdict": "a", "confidence": 50, "direction": "b"}])",
                 "/cases/0/confidence"},
        Nonsense{"NoMeaning", "meaning", "{}", "/meaning"},
        Nonsense{"MeaningThatNothingAllows", "meaning", R"({"continue": "continue_protokol"})", "continue_protokol"},
        Nonsense{"PolicyFromTheMiddle", "policy", R"([{"from": 0.4, "allowed": ["monitor"]}])", "/policy/0/from"},
        Nonsense{"PolicyThatAllowsAll", "policy",
                 R"([{"from": 0, "allowed": ["monitor", "suggest_experiment", "continue_protocol"]}])",
                 "allows everything"},
        Nonsense{"NoTrustedCase", "trusted", "[]", "/trusted"},
        Nonsense{"TrustedCaseThatThePolicyForbids", "trusted",
                 R"([{"verdict": "a", "confidence": 0.1, "direction": "b", "decisions": ["continue"]}])", "/trusted"}),
    [](const auto& tried) { return tried.param.name; });

}  // namespace
}  // namespace readiness::testing
