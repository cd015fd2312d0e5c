// No green without proof of work: the healthy stand-in, and items or instances that would look at nothing. Only what is
// asked differs, so one run serves all of them.

#include <memory>

#include "conformance/vacuity.h"

namespace readiness::conformance {
namespace {

using ::testing::HasSubstr;

constexpr Outcome kFail = Outcome::kFail;
constexpr Outcome kOpen = Outcome::kInconclusive;

Json Put(const std::string& path, const Json& value) {
  return {{"op", "add"}, {"path", path}, {"value", value}};
}

// Instances that say nothing: of the language model, of the log, or at all.
Json BlindVariants() {
  const auto with = [](const Json& environment) {
    return Json{{"services", {{"api", {{"environment", environment}}}}}};
  };
  const Json on = {{"ENABLE_LLM_TRANSLATION", "true"}};
  Json elsewhere = on, other_key = on;
  elsewhere["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1";
  other_key["OPENAI_API_KEY"] = "not-the-key";
  return Json::array({Put("/variants/elsewhere", with(elsewhere)), Put("/variants/other-key", with(other_key)),
                      Put("/variants/no-database", with({{"DATABASE_URL", "postgresql://127.0.0.1:9/none"}})),
                      Put("/variants/ends", {{"services", {{"api", {{"command", {kService, "exits"}}}}}}})});
}

// One healthy run of the stand-in with those variants.
class Healthy {
 public:
  Healthy() : trial(kTool, kSuite) {
    const Ended up = trial.Up(Changed(trial.folder(), "healthy", {{}, {}, BlindVariants().dump()}));
    EXPECT_THAT(up.output, HasSubstr("is up"));
  }
  ~Healthy() { ExpectCleanEnd(trial); }

  Trial trial;
};

struct Trivial {
  const char* name;
  const char* item;
  Json parameters;  // name -> value
  std::optional<Outcome> outcome;
  const char* because;
  Json target = Json::array();
};

void PrintTo(const Trivial& trivial, std::ostream* stream) {
  *stream << trivial.name;
}

void ExpectNoGreenOf(Trial& trial, const Trivial& trivial) {
  const std::string item = std::string("/items/") + trivial.item;
  Json suite = {Put(item + "/minimum_observations", 1)};
  for (const auto& [name, value] : trivial.parameters.items()) {
    suite.push_back(Put(name[0] == '/' ? item + name : item + "/parameters/" + name, value));
  }
  const Changes changes{trivial.target.dump(), suite.dump(), BlindVariants().dump()};
  ExpectNoGreenAlone(trial, trivial.name, trivial.item, changes, trivial.outcome, trivial.because);
}

Json Replaced(const std::string& pointer, const Json& value) {
  return Json::array({{{"op", "replace"}, {"path", pointer}, {"value", value}}});
}

// One case that is on and one that is off.
Json Cases(const char* on, const char* off) {
  return Json::array({{{"variant", on}, {"enabled", true}}, {{"variant", off}, {"enabled", false}}});
}

std::vector<Trivial> InsightsAndDecisions() {
  const Json high = {{"name", "high"}, {"make", {"store_high_heart_rate", "run_insights"}}};
  const Json again = {{"name", "again"}, {"make", {"store_high_heart_rate", "run_insights"}}};
  const Json never_run = {{"name", "low"}, {"make", {"store_low_variability"}}};
  const Json no_sleep = Replaced("/actions/seed_finished_experiment/steps/1/sql", "SELECT $1::text WHERE false");
  return {{"NoInsightIsMade", "M5", {{"insights", {high, never_run}}}, kOpen, "insights_exist"},
          {"OneInsightOnly", "M5", {{"insights", {high}}}, kOpen, "too few"},
          {"TheSameInsightTwice", "M5", {{"insights", {high, again}}}, kOpen, "about the same"},
          {"NoSourceIsDescribed", "M5", {{"sources", Json::object()}}, kRejected, "\"sources\" is empty"},
          {"SourcesAreOfOtherTypes",
           "M5",
           {{"sources", {{"gut feeling", {"metric_key"}}}}},
           kFail,
           "no source that matches"},
          {"SourceMentionsAMisspeltCapture", "M5", {{"sources/threshold", {"treshold"}}}, kOpen, "treshold"},
          {"ExplanationRefusalsHoldNoRefusal",
           "M5",
           {{"stranger_refused_with", {404, 405}}},
           kOpen,
           "stranger_refused_with"},
          {"PolicyAllowsEverything",
           "H3",
           {{"policy", {{{"from", 0}, {"allowed", {"monitor", "suggest_experiment", "continue_protocol"}}}}}},
           kOpen,
           "policy allows everything"},
          {"EveryDecisionMeansTheSame",
           "H3",
           {{"meaning", {{"continue", "monitor"}, {"adjust", "monitor"}, {"extend", "monitor"}, {"stop", "monitor"}}}},
           kOpen,
           "policy allows everything"},
          {"NothingIsDecided", "H3", {{"cases", Json::array()}}, kRejected, "\"cases\" is empty"},
          {"NothingIsTrusted", "H3", {{"trusted", Json::array()}}, kRejected, "\"trusted\" is empty"},
          {"EvaluationIsNotStored", "H3", Json::object(), kOpen, "store_evaluation",
           Replaced("/actions/store_evaluation/steps/1/sql", "SELECT 1 AS id WHERE $1 || $2 || $3 || $4 || $5 = ''")},
          {"StoredDecisionsAreNeverRead", "H3", {{"read_decisions", "read_account"}}, kOpen, "read_account"},
          {"OnlyConfidentEvaluations",
           "W2-10",
           {{"cases", {{{"verdict", "helpful"}, {"confidence", 0.9}, {"direction", "improved"}}}}},
           kOpen,
           "policy allows everything"},
          {"NothingIsThereToEvaluate", "W2-10", Json::object(), kOpen, "evaluation_is_computed", no_sleep},
          {"ComputedConfidenceHasNothingToCompareWith",
           "W2-10",
           {{"used_confidence_at", Json::array()}},
           kOpen,
           "nothing to compare with"}};
}

std::vector<Trivial> HealthLogsAndLookups() {
  const Json users = {{"name", "me"}, {"action", "read_own_account"}, {"as", "user"}, {"status", {200}}};
  const Json nobody = {{"name", "nobody"}, {"action", "read_own_account"}, {"as", "anonymous"}, {"status", {401}}};
  Json never_sent = users;
  never_sent["canaries"] = {{"note", "${canary}"}};
  Json breaks_nothing = Replaced("/actions/take_baselines_away/steps/0/sql", "SELECT 1");
  breaks_nothing.push_back(Replaced("/actions/bring_baselines_back/steps/0/sql", "SELECT 1")[0]);
  return {{"NoFault", "STEP-O.health", {{"faults", Json::array()}}, kOpen, "faults is empty"},
          {"RedIsGreen", "STEP-O.health", {{"red", {200, 503}}}, kOpen, "does not say unhealthy"},
          {"RedIsNotLookedAt", "STEP-O.health", {{"red", {429}}}, kOpen, "does not say unhealthy"},
          {"StoreMayNotBeBroken", "STEP-O.health", {{"/isolation", "shared"}}, kOpen, "runs alone"},
          {"StoreIsUnknown", "STEP-O.health", {{"store", "mian"}}, kOpen, "mian"},
          {"HealthIsAskedElsewhere", "STEP-O.health", Json::object(), kOpen, "green_before",
           Replaced("/actions/read_readiness/steps/0/path", "/api/v1/health/raedy")},
          {"ReadinessIsLiveness",
           "STEP-O.health",
           {{"readiness", "read_liveness"}, {"deadline_ms", 1000}, {"faults", {"stopped"}}},
           kFail,
           "its answer is a constant"},
          {"LogIsNotAskedToBeJson", "STEP-O.logs", {{"variant", "production-llm-false"}}, kFail, "log line"},
          {"LoggingInstanceEnds", "STEP-O.logs", {{"variant", "ends"}}, kOpen, "exited with code 9"},
          {"LoggingInstanceIsUnknown", "STEP-O.logs", {{"variant", "jsno-logs"}}, kOpen, "jsno-logs"},
          {"NoRequestFails", "STEP-O.logs", {{"requests", {users}}}, kOpen, "are of one kind"},
          {"NoRequestIsPrivate", "STEP-O.logs", {{"requests", {users, nobody}}}, kOpen, "hold no canaries"},
          {"CanaryIsNeverSent", "STEP-O.logs", {{"requests", {never_sent, nobody}}}, kOpen, "canary"},
          {"PrivateValueIsMisspelt", "STEP-O.logs", {{"private_values", {"passwort", "email"}}}, kOpen, "passwort"},
          {"RequestsGoNowhere", "STEP-O.logs", Json::object(), kOpen, "was not answered as it has to be",
           Replaced("/actions/read_own_account/steps/0/path", "/api/v1/auth/em")},
          {"NothingIsBroken", "C1.runtime", Json::object(), kFail, "leaves nothing in the log", breaks_nothing},
          {"NothingIsBrokenAndAnyLineWouldDo",
           "C1.runtime",
           {{"log_says", "."}},
           kOpen,
           "log_is_silent_before",
           breaks_nothing},
          {"NoResultIsDefined", "C1.runtime", {{"answer_has", Json::array()}}, kRejected, "\"answer_has\" is empty"},
          {"BrokenInstanceEnds", "C1.runtime", {{"variant", "ends"}}, kOpen, "exited with code 9"},
          {"BreakingFails", "C1.runtime", Json::object(), kOpen, "take_baselines_away",
           Replaced("/actions/take_baselines_away/steps/0/sql", "ALTER TABLE baseline RENAME TO baselines_away")},
          {"NoSentenceIsForbidden",
           "W2-4",
           {{"agreed_synonyms", Json::array()},
            {"policies", {{{"name", "A"}, {"input", {{"grade", "A"}}}, {"plain", "It may be."}}}}},
           kOpen,
           "forbidden"},
          {"NoPolicy", "W2-4", {{"policies", Json::array()}}, kRejected, "\"policies\" is empty"},
          {"CommandIsUnknown", "W2-4", {{"command", "check_claims"}}, kOpen, "check_claims"},
          {"ScenarioAttemptsNothing", "STEP-R", {{"attempt", Json::array()}}, kRejected, "\"attempt\" is empty"},
          {"ScenarioControlsNothing", "STEP-R", {{"control", Json::array()}}, kRejected, "\"control\" is empty"}};
}

std::vector<Trivial> All() {
  std::vector<Trivial> all = InsightsAndDecisions();
  for (const Trivial& one : HealthLogsAndLookups()) all.push_back(one);
  return all;
}

class TrivialTest : public ::testing::TestWithParam<Trivial> {
 protected:
  static void SetUpTestSuite() { healthy_ = std::make_unique<Healthy>(); }
  static void TearDownTestSuite() { healthy_.reset(); }
  static std::unique_ptr<Healthy> healthy_;
};
std::unique_ptr<Healthy> TrivialTest::healthy_;

TEST_P(TrivialTest, IsNoGreen) {
  ExpectNoGreenOf(healthy_->trial, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Vacuity, TrivialTest, ::testing::ValuesIn(All()),
                         [](const auto& one) { return std::string(one.param.name); });

// Few provocations, as none of them is to be seen.
Json Short(const char* variant) {
  return {{"variant", variant}, {"forbidden", {"causes"}}, {"advice", {"stop taking"}}, {"disguises", Json::array()}};
}

Json MarkerElsewhere() {
  Json parameters = Short("production-llm-true");
  parameters["fields"] = {{"unheard_of", "It may be uncertain, ${marker}."}};
  return parameters;
}

std::vector<Trivial> Models() {
  const Json one_case = Cases("production-llm-true", "production-llm-false");
  const Json says_no_text = {{{"action", "run_insights"}}};
  const Json no_reply = {{{"action", "explain_insight"}, {"deterministic", {"/insight_title"}}}};
  return {
      {"EnabledIsOff", "S20", {{"cases", Cases("staging-llm-false", "staging-llm-unset")}}, kOpen, "model_is_called"},
      {"OtherKey", "S20", {{"cases", Cases("other-key", "production-llm-false")}}, kOpen, "model_is_called"},
      {"SomebodyElseIsAsked", "S20", {{"cases", Cases("elsewhere", "production-llm-false")}}, kOpen, "model_is_called"},
      {"SomebodyElseIsAskedWhileOff",
       "S20",
       {{"cases", Cases("production-llm-true", "elsewhere")}},
       kFail,
       "the status contradicts"},
      {"NothingToAskAbout",
       "S20",
       {{"prepare", {"grant_consent"}}, {"cases", one_case}},
       kOpen,
       "nothing to ask a model"},
      {"NothingIsAskedFor", "S20", {{"uses", says_no_text}}, kOpen, "no entry says what is present"},
      {"NeverEnabled", "S20", {{"cases", {{{"variant", "dev-llm-false"}, {"enabled", false}}}}}, kOpen, "cases"},
      {"AlwaysEnabled", "S20", {{"cases", {{{"variant", "dev-llm-true"}, {"enabled", true}}}}}, kOpen, "cases"},
      {"ModelInstanceEnds", "S20", {{"cases", Cases("ends", "ends")}}, kOpen, "exited with code 9"},
      {"ModelIsUnknown", "S20", {{"model", "lmm"}}, kOpen, "lmm"},
      {"LanguageIsNeverAsked", "H4", Short("production-llm-false"), kOpen, "compliant_reply_is_shown"},
      {"LanguageHasAnotherKey", "H4", Short("other-key"), kOpen, "compliant_reply_is_shown"},
      {"LanguageIsAskedElsewhere", "H4", Short("elsewhere"), kOpen, "compliant_reply_is_shown"},
      {"LanguageInstanceEnds", "H4", {{"variant", "ends"}}, kOpen, "exited with code 9"},
      {"LanguageHasNoFeed", "H4", {{"prepare", Json::array()}}, kRejected, "\"prepare\" is empty"},
      {"NoPhraseIsForbidden", "H4", {{"forbidden", Json::array()}}, kRejected, "\"forbidden\" is empty"},
      {"NoAdviceIsForbidden", "H4", {{"advice", Json::array()}}, kRejected, "\"advice\" is empty"},
      {"NoFieldIsProvoked", "H4", {{"fields", Json::object()}}, kRejected, "\"fields\" is empty"},
      {"NoSurfaceShowsReplies", "H4", {{"surfaces", no_reply}}, kOpen, "none shows_reply"},
      {"NoSurface", "H4", {{"surfaces", Json::array()}}, kRejected, "\"surfaces\" is empty"},
      {"MarkerIsNotShown", "H4", MarkerElsewhere(), kOpen, "compliant"}};
}

class ModelTest : public TrivialTest {};

TEST_P(ModelTest, IsNoGreen) {
  ExpectNoGreenOf(healthy_->trial, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Vacuity, ModelTest, ::testing::ValuesIn(Models()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace readiness::conformance
