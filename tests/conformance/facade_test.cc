// No green without proof of work, behind a facade: the healthy stand-in with one thing in front of it that means
// nothing (service.cc). What the rules leave alone is real, so that nothing else keeps an item from its pass.

#include <cctype>
#include <fstream>
#include <memory>

#include "conformance/vacuity.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr Outcome kFail = Outcome::kFail;
constexpr Outcome kOpen = Outcome::kInconclusive;

// The facade as service "api" before the stand-in, which logs everybody in as often as they like. Services are started
// by name, one after the other.
Changes FacadeChanges(const fs::path& mode_file) {
  const Json environment = {{"PORT", "${port.api}"}, {"MODE_FILE", mode_file.string()}, {"UPSTREAM", "${url.actual}"}};
  const Json command = {{"command", {kService, "judges"}}, {"environment", {{"MODE_FILE", mode_file.string()}}}};
  const Json variants = {{"json-logs", {{"services", {{"api", {{"environment", {{"LOG_JSON", "true"}}}}}}}}}};
  const Json deployment = {
      {{"op", "remove"}, {"path", "/defects"}},
      {{"op", "copy"}, {"from", "/services/api"}, {"path", "/services/actual"}},
      {{"op", "replace"}, {"path", "/services/actual/environment/PORT"}, {"value", "${port.actual}"}},
      {{"op", "add"}, {"path", "/services/actual/environment/ENABLE_RATE_LIMITING"}, {"value", "false"}},
      {{"op", "replace"}, {"path", "/services/api/command"}, {"value", {kService}}},
      {{"op", "replace"}, {"path", "/services/api/environment"}, {"value", environment}},
      {{"op", "replace"}, {"path", "/commands/check_claim"}, {"value", command}},
      {{"op", "replace"}, {"path", "/services/api/ready/0/http/path"}, {"value", "/api/v1/health/live"}},
      {{"op", "replace"}, {"path", "/variants"}, {"value", variants}}};
  return {R"([{"op":"add","path":"/services/actual","value":{}}])", {}, deployment.dump()};
}

// One run for all that follows.
class Facade {
 public:
  Facade() : trial(kTool, kSuite), changes(FacadeChanges(trial.folder() / "mode")) {
    Answer("[]");
    const Ended up = trial.Up(Changed(trial.folder(), "facade", changes));
    EXPECT_THAT(up.output, HasSubstr("is up"));
  }
  ~Facade() { ExpectCleanEnd(trial); }
  void Answer(const std::string& mode) const { std::ofstream(trial.folder() / "mode") << mode; }

  // Beside what makes the facade.
  Changes With(const std::string& suite, const std::string& target) const {
    Json patch = Json::parse(changes.target);
    for (const Json& operation : Json::parse(target.empty() ? "[]" : target)) patch.push_back(operation);
    return {patch.dump(), suite, changes.deployment};
  }

  Trial trial;
  const Changes changes;
};

// A rule that has the target declare just these, such as "GET /things"; none of them takes anything.
Json Declares(const std::vector<std::string>& operations) {
  Json paths = Json::object();
  for (const std::string& operation : operations) {
    const std::size_t space = operation.find(' ');
    std::string method = operation.substr(0, space);
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    paths[operation.substr(space + 1)][method] = {{"responses", {{"200", {{"description", "done"}}}}}};
  }
  const Json document = {{"openapi", "3.1.0"}, {"info", {{"title", "facade"}, {"version", "1"}}}, {"paths", paths}};
  return {{"path", "/openapi.json"}, {"status", 200}, {"body", document.dump()}};
}

constexpr const char* kAccount = "/api/v1/auth/me";
constexpr const char* kExplain = "/api/v1/explain/insight/";
constexpr const char* kDecide = "/api/v1/loop/run/";
constexpr const char* kReady = "/api/v1/health/ready";

Json Says(const std::string& path, int status, const std::string& body = "{}") {
  return {{"path", path}, {"status", status}, {"body", body}};
}

Json SaysToNobody(const std::string& path, int status, const std::string& body = "{}") {
  return {{"path", path}, {"status", status}, {"body", body}, {"anonymous", true}};
}

Json Patches(const std::string& path, const Json& patch) {
  return {{"path", path}, {"patch", patch}};
}

Json Replaces(const std::string& pointer, const Json& value) {
  return Json::array({{{"op", "replace"}, {"path", pointer}, {"value", value}}});
}

// The suite's patch that replaces one parameter.
std::string Parameter(const std::string& item, const std::string& name, const Json& value) {
  return Json::array({{{"op", "add"}, {"path", "/items/" + item + "/parameters/" + name}, {"value", value}}}).dump();
}

std::string Joined(const std::string& one, const std::string& other) {
  Json patch = Json::parse(one);
  for (const Json& operation : Json::parse(other)) patch.push_back(operation);
  return patch.dump();
}

// So that few operations and cases would do.
std::string Few(const std::string& item) {
  Json patch = {{{"op", "add"}, {"path", "/items/" + item + "/minimum_observations"}, {"value", 1}}};
  if (item == "S1.tenants")
    patch.push_back({{"op", "add"}, {"path", "/items/S1.tenants/parameters/canaries_seen_in_at_least"}, {"value", 1}});
  if (item == "H3") {
    const Json cases = {{{"verdict", "helpful"}, {"confidence", {0.05, 0.9}}, {"direction", "improved"}}};
    patch.push_back({{"op", "replace"}, {"path", "/items/H3/parameters/cases"}, {"value", cases}});
  }
  if (item == "STEP-O.health") {
    patch.push_back({{"op", "add"}, {"path", "/items/STEP-O.health/parameters/deadline_ms"}, {"value", 1000}});
    patch.push_back({{"op", "add"}, {"path", "/items/STEP-O.health/parameters/faults"}, {"value", {"stopped"}}});
  }
  return patch.dump();
}

struct Front {
  const char* name;
  const char* item;
  Json rules;
  Outcome outcome;
  const char* because;
  std::string suite = {};
  std::string target = {};
};

void PrintTo(const Front& front, std::ostream* stream) {
  *stream << front.name;
}

Json Noted(const std::string& operation) {
  return Json::array({{{"operation", operation}, {"reason", "nobody looks at it"}}});
}

const std::string kNoOwners = R"([{"op":"replace","path":"/stores/main","value":{}}])";

std::vector<Front> TokenFronts() {
  const char* item = "S1.tokens";
  const Json account = Declares({"GET /api/v1/auth/me"});
  std::vector<Front> fronts = {
      {"TokensNothingIsDeclared", item, {Declares({})}, kOpen, "operation"},
      {"TokensDocumentIsEmptyObject", item, {Says("/openapi.json", 200)}, kOpen, "penAPI"},
      {"TokensDocumentIsAPage", item, {Says("/openapi.json", 200, "<!doctype html>")}, kOpen, "strict JSON"},
      {"TokensDocumentIsMissing", item, {Says("/openapi.json", 404)}, kOpen, "404"},
      {"TokensOnlyPublicOnesAreDeclared", item, {Declares({"GET /health"})}, kOpen, "every operation is public"},
      {"TokensAllArePublic",
       item,
       {account},
       kOpen,
       "every operation is public",
       Parameter(item, "public", Noted("GET /api/v1/auth/me"))},
      {"TokensAllAreLeftOut",
       item,
       {account},
       kOpen,
       "every operation is public or left out",
       Parameter(item, "left_out", Noted("GET /api/v1/auth/me"))},
      {"TokensDeclaredOnesDoNotExist", item, {Declares({"GET /api/v1/ghost"})}, kOpen, "owner_succeeds"},
      {"TokensDeclaredOnesDoNotExistAndRefuse",
       item,
       {Declares({"GET /api/v1/ghost"}), Says("/api/v1/ghost", 401)},
       kOpen,
       "owner_succeeds"},
      {"TokensEverybodyIsRefused", item, {account, Says(kAccount, 401)}, kOpen, "owner_succeeds"},
      {"TokensEverybodyIsForbidden", item, {account, Says(kAccount, 403)}, kOpen, "owner_succeeds"},
      {"TokensEverybodyIsServedNothing", item, {account, Says(kAccount, 200)}, kFail, "answers without a valid"},
      {"TokensNobodyIsServedNothing", item, {account, SaysToNobody(kAccount, 204, "")}, kFail, "answers without"},
      {"TokensRefusalsAreNone", item, {account}, kOpen, "refusals", Parameter(item, "refusals", {401, 405, 429})},
      {"TokensStoreHasNoOwners", item, {account}, kOpen, "owner", "[]", kNoOwners},
      {"TokensPopulateIsRefused",
       item,
       {Declares({"GET /api/v1/auth/me", "POST /api/v1/symptoms/"}), Says("/api/v1/symptoms/", 403)},
       kOpen,
       "log_symptom"}};
  Json hidden = Json::array();
  for (const char* path : {"~1api~1v1~1checkins~1upsert", "~1api~1v1~1symptoms~1", "~1api~1v1~1consent"})
    hidden.push_back({{"op", "remove"}, {"path", std::string("/paths/") + path}});
  fronts.push_back({"TokensSomeAreHidden", item, {Patches("/openapi.json", hidden)}, kOpen, "owner_succeeds"});
  for (const auto& [name, status] : std::vector<std::pair<const char*, int>>{{"TokensNobodyIsSentElsewhere", 302},
                                                                             {"TokensNobodyFindsIt", 404},
                                                                             {"TokensNobodyIsLimited", 429},
                                                                             {"TokensNobodyBreaksIt", 500}}) {
    fronts.push_back({name, item, {account, SaysToNobody(kAccount, status)}, kOpen, "attempts_are_decided"});
  }
  return fronts;
}

std::vector<Front> TenantFronts() {
  const char* item = "S1.tenants";
  const Json account = Declares({"GET /api/v1/auth/me"});
  return {
      {"TenantsNothingIsDeclared", item, {Declares({})}, kOpen, "operation"},
      {"TenantsAllAreLeftOut",
       item,
       {account},
       kOpen,
       "every operation is left out",
       Parameter(item, "left_out", Noted("GET /api/v1/auth/me"))},
      {"TenantsDeclaredOnesDoNotExist", item, {Declares({"GET /api/v1/ghost"})}, kOpen, "stranger_is_genuine"},
      {"TenantsEverybodyIsServedNothing", item, {account, Says(kAccount, 200)}, kOpen, "stranger_is_genuine"},
      {"TenantsEverybodyIsRefused", item, {account, Says(kAccount, 404)}, kOpen, "stranger_is_genuine"},
      {"TenantsEverythingBreaks", item, {account, Says(kAccount, 500)}, kOpen, "stranger_is_genuine"},
      {"TenantsNobodyReadsTheAccountToo", item, {account, SaysToNobody(kAccount, 200)}, kOpen, "stranger_is_genuine"},
      {"TenantsCanariesAreSeenTooSeldom",
       item,
       {account},
       kOpen,
       "canaries_are_seen",
       Parameter(item, "canaries_seen_in_at_least", 2)},
      {"TenantsCanariesProveNothing",
       item,
       {account},
       kOpen,
       "canaries_seen_in_at_least",
       Parameter(item, "canaries_seen_in_at_least", 0)},
      {"TenantsNothingIsMadeToBeSeen",
       item,
       {Declares({"GET /api/v1/symptoms/"})},
       kOpen,
       "stranger_is_genuine",
       "[]",
       R"([{"op":"replace","path":"/operations/populate","value":[]}])"},
      {"TenantsStoreHasNoOwners", item, {account}, kOpen, "owner", "[]", kNoOwners}};
}

std::vector<Front> ExplanationFronts() {
  const char* item = "M5";
  const Json constant = {
      {"insight_title", "x"},
      {"explanation", {{"summary", "Because."}, {"edges", {{{"source_type", "metric"}, {"description", "data"}}}}}}};
  return {
      {"ExplanationIsBlank", item, {Patches(kExplain, Replaces("/explanation/summary", "  "))}, kFail, "is empty"},
      {"SourceIsBlank", item, {Patches(kExplain, Replaces("/explanation/edges/0/description", ""))}, kFail, "empty"},
      {"SourcesAreNone", item, {Patches(kExplain, Replaces("/explanation/edges", Json::array()))}, kFail, "no sources"},
      {"ExplanationIsEmptyObject", item, {Says(kExplain, 200)}, kFail, "an explanation is empty"},
      {"ExplanationIsAConstant", item, {Says(kExplain, 200, constant.dump())}, kFail, "does not match the stored"},
      {"ExplanationIsMissing", item, {Says(kExplain, 404)}, kFail, "cannot be explained"},
      {"ExplanationIsAPage", item, {Says(kExplain, 200, "<!doctype html>")}, kOpen, "not answered with JSON"},
      {"ExplanationBreaks", item, {Says(kExplain, 500)}, kOpen, "neither answered nor refused"},
      {"ExplanationIsLimited", item, {Says(kExplain, 429)}, kOpen, "neither answered nor refused"},
      {"ExplanationIsElsewhere", item, {Says(kExplain, 302)}, kOpen, "neither answered nor refused"},
      {"StrangersBreakTheExplanation", item, {SaysToNobody(kExplain, 500)}, kOpen, "neither done nor refused"},
      {"FeedIsEmpty",
       item,
       {Says("/api/v1/insights/api/v1/insights/feed", 200, R"({"items":[]})")},
       kOpen,
       "feed_shows_them"},
      {"InsightsAreClaimedOnly",
       item,
       {Says("/api/v1/insights/api/v1/insights/run", 200, R"({"created":1,"insights":[{"id":1}]})")},
       kOpen,
       "insights_exist"}};
}

std::vector<Front> DecisionFronts() {
  std::vector<Front> fronts;
  for (const char* item : {"H3", "W2-10"}) {
    const bool first = std::string(item) == "H3";
    const auto add = [&](const char* name, const char* other, const Json& rule, Outcome outcome, const char* because) {
      fronts.push_back({first ? name : other, item, Json::array({rule}), outcome, because});
    };
    add("DecisionIsAlwaysToWait", "LowDecisionIsAlwaysToWait", Says(kDecide, 200, R"({"action":"extend"})"), kFail,
        "stored");
    add("DecisionIsShownAsWaiting", "LowDecisionIsShownAsWaiting", Patches(kDecide, Replaces("/action", "extend")),
        kFail, "decision");
    add("DecisionIsEmptyObject", "LowDecisionIsEmptyObject", Says(kDecide, 200), kOpen, "did not decide");
    add("DecisionIsRefused", "LowDecisionIsRefused", Says(kDecide, 403), kOpen, "did not decide");
    add("DecisionBreaks", "LowDecisionBreaks", Says(kDecide, 500), kOpen, "did not decide");
  }
  fronts.push_back({"ConfidenceIsNotSaid",
                    "W2-10",
                    {Patches(kDecide, Json::array({{{"op", "remove"}, {"path", "/metadata"}}}))},
                    kOpen,
                    "which confidence it used"});
  fronts.push_back({"EvaluationIsClaimedOnly",
                    "W2-10",
                    {{{"path", "/api/v1/experiments/"}, {"method", "POST"}, {"status", 200}, {"body", "{}"}}},
                    kOpen,
                    "evaluation_is_computed"});
  return fronts;
}

std::vector<Front> HealthAndLogFronts() {
  const char* health = "STEP-O.health";
  const char* logs = "STEP-O.logs";
  const Json line = {{"path", "/"}, {"logs", R"({"level":"info","message":"somebody asked"})"}};
  const Json text = {{"path", "/"}, {"logs", "somebody asked"}};
  return {{"HealthIsAConstant", health, {Says(kReady, 200, R"({"status":"ok"})")}, kFail, "its answer is a constant"},
          {"ContainerHealthIsAConstant", health, {Says("/health", 200)}, kFail, "its answer is a constant"},
          {"HealthIsAlwaysRed", health, {Says(kReady, 503)}, kOpen, "green_before"},
          {"HealthIsLimited", health, {Says(kReady, 429)}, kOpen, "did not look at the request"},
          {"HealthyServiceDoesNotWork", health, {Says(kAccount, 500)}, kOpen, "works_before"},
          {"LogIsEmpty", logs, Json::array(), kOpen, "requests_are_logged"},
          {"LogIsOfSomethingElse", logs, {line}, kFail, "no log line carries the id"},
          {"LogIsText", logs, {text}, kFail, "no log line carries the id"},
          {"LoggedRequestsAreAllServed", logs, {line, Says(kAccount, 200)}, kFail, "log line"}};
}

std::vector<Front> AllFronts() {
  std::vector<Front> all;
  for (const auto& some :
       {TokenFronts(), TenantFronts(), ExplanationFronts(), DecisionFronts(), HealthAndLogFronts()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

class FacadeTest : public ::testing::TestWithParam<Front> {
 protected:
  static void SetUpTestSuite() { facade_ = std::make_unique<Facade>(); }
  static void TearDownTestSuite() { facade_.reset(); }
  static std::unique_ptr<Facade> facade_;
};
std::unique_ptr<Facade> FacadeTest::facade_;

TEST_P(FacadeTest, IsNoGreen) {
  const Front& front = GetParam();
  facade_->Answer(front.rules.dump());
  const std::string suite = front.suite.empty() ? Few(front.item) : Joined(Few(front.item), front.suite);
  ExpectNoGreenAlone(facade_->trial, front.name, front.item, facade_->With(suite, front.target), front.outcome,
                     front.because);
}

INSTANTIATE_TEST_SUITE_P(Vacuity, FacadeTest, ::testing::ValuesIn(AllFronts()),
                         [](const auto& one) { return std::string(one.param.name); });

// A command that judges sentences, and how it does so.
struct Verdicts {
  const char* name;
  const char* mode;
  const char* because;
  Outcome outcome = kOpen;
};

void PrintTo(const Verdicts& verdicts, std::ostream* stream) {
  *stream << verdicts.name;
}

class JudgeTest : public ::testing::TestWithParam<Verdicts> {
 protected:
  static void SetUpTestSuite() { facade_ = std::make_unique<Facade>(); }
  static void TearDownTestSuite() { facade_.reset(); }
  static std::unique_ptr<Facade> facade_;
};
std::unique_ptr<Facade> JudgeTest::facade_;

TEST_P(JudgeTest, IsNoGreen) {
  facade_->Answer(GetParam().mode);
  ExpectNoGreenAlone(facade_->trial, GetParam().name, "W2-4", facade_->With(Few("W2-4"), {}), GetParam().outcome,
                     GetParam().because);
}

INSTANTIATE_TEST_SUITE_P(Vacuity, JudgeTest,
                         ::testing::Values(Verdicts{"EmptyList", "empty list", "not understood"},
                                           Verdicts{"EmptyObject", "empty object", "not understood"},
                                           Verdicts{"NoVerdicts", "no verdicts", "0 verdicts"},
                                           Verdicts{"OneTooFew", "one too few", "verdicts"},
                                           Verdicts{"OneTooMany", "one too many", "verdicts"},
                                           Verdicts{"WordsForVerdicts", "says yes", "not understood"},
                                           Verdicts{"Text", "text", "JSON"},
                                           Verdicts{"GoodAnswerAndFailure", "accepts and fails", "exit code 1"},
                                           Verdicts{"SaysNothing", "silent", "not understood"},
                                           Verdicts{"SaysItElsewhere", "complains only", "not understood"},
                                           Verdicts{"AcceptsEverything", "accepts", "is accepted", kFail},
                                           Verdicts{"RejectsEverything", "rejects", "is rejected", kFail}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace readiness::conformance
