// No green without proof of work: whatever keeps a probe from looking makes its items red, for a reason that says what
// it was.

#include "conformance/vacuity.h"

#include <fstream>
#include <memory>

#include "judge/record_store.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::vector<std::string> kAll = {"C2", "M3", "STEP-R"};

// One change of a definition that leaves the target as it is.
struct Blind {
  const char* name;
  std::vector<std::string> items;  ///< that must notice
  Changes changes;
  std::string because;
  Outcome outcome = Outcome::kInconclusive;
};

void PrintTo(const Blind& blind, std::ostream* stream) {
  *stream << blind.name;
}

const std::vector<Blind>& Blinds() {
  static const std::vector<Blind> blinds = {
      {"LoginNamesAWrongField",
       kAll,
       {R"([{"op":"move","from":"/actions/login/steps/0/form/password","path":"/actions/login/steps/0/form/pass"}])",
        {},
        {}},
       "login"},
      {"LoginHasAWrongPassword",
       kAll,
       {R"([{"op":"replace","path":"/actions/login/steps/0/form/password","value":"not the password"}])", {}, {}},
       "status 401"},
      {"LoginSendsAWrongContentType",
       kAll,
       {R"([{"op":"move","from":"/actions/login/steps/0/form","path":"/actions/login/steps/0/json"}])", {}, {}},
       "login"},
      {"TokenIsNotWhereItIsLookedFor",
       kAll,
       {R"([{"op":"replace","path":"/actions/login/steps/0/capture/access_token","value":"/token"}])", {}, {}},
       "access_token"},
      {"AccountsAreMadeElsewhere",
       kAll,
       {R"([{"op":"replace","path":"/actions/register_user/steps/0/path","value":"/api/v1/user"}])", {}, {}},
       "register_user"},
      {"OpenApiIsMissing",
       {"C2"},
       {R"([{"op":"replace","path":"/services/api/openapi","value":"/open-api.json"}])", {}, {}},
       "penAPI"},
      {"SyncPathIsMistyped",
       {"C2"},
       {R"([{"op":"replace","path":"/actions/sync_provider/steps/0/path","value":"/api/v1/providers/whoop/snyc"}])",
        {},
        {}},
       "status 404"},
      {"SyncMethodIsWrong",
       {"C2"},
       {R"([{"op":"replace","path":"/actions/sync_provider/steps/0/method","value":"GET"}])", {}, {}},
       "status 405"},
      {"SyncArgumentIsInvalid",
       {"C2"},
       {R"([{"op":"replace","path":"/actions/sync_provider/steps/0/query/days","value":"a week"}])", {}, {}},
       "status 422"},
      {"MistypedPathsOftenAnswer404SoItIsNoRefusalOfADecision",
       {"M3"},
       {R"([{"op":"replace","path":"/actions/decide_loop/steps/0/path","value":"/api/v1/loop/rnu/${evaluation_id}"}])",
        {},
        {}},
       "status 404"},
      {"EvaluationSeedInsertsNothing",
       {"M3"},
       {R"([{"op":"replace","path":"/actions/seed_evaluation/steps/0/sql",
             "value":"UPDATE experiments SET status = 'active' WHERE user_id = $1 RETURNING id"}])",
        {},
        {}},
       "seed_evaluation"},
      {"OwnerColumnIsMisspelt",
       kAll,
       {R"([{"op":"replace","path":"/stores/main","value":{"owner_columns":["usr_id"]}}])", {}, {}},
       "owner column"},
      {"OwnerIsNobodyInTheStore",
       {"C2", "M3"},
       {R"([{"op":"replace","path":"/identities/user/owner","value":"4711471"}])", {}, {}},
       "control"},
      {"StoredInNamesATableThatNeverGains",
       {"C2"},
       {{}, R"([{"op":"replace","path":"/items/C2/parameters/stored_in","value":["experiments"]}])", {}},
       "control"},
      {"DecidedInNamesNoTable",
       {"M3"},
       {{}, R"([{"op":"replace","path":"/items/M3/parameters/decided_in","value":["loop_decision"]}])", {}},
       "decided_in"},
      {"MoreObservationsAreDemandedThanMade",
       kAll,
       {{},
        R"([{"op":"replace","path":"/items/C2/minimum_observations","value":900},
                {"op":"replace","path":"/items/M3/minimum_observations","value":900},
                {"op":"replace","path":"/items/STEP-R/minimum_observations","value":900}])",
        {}},
       "observations"},
      {"ItemHasNoTime",
       kAll,
       {{},
        R"([{"op":"replace","path":"/items/C2/timeout_ms","value":1},{"op":"replace","path":"/items/M3/timeout_ms","value":1},
                {"op":"replace","path":"/items/STEP-R/timeout_ms","value":1}])",
        {}},
       "timeout"},
  };
  return blinds;
}

// One healthy stand-in for all of them: only what is asked of it differs.
class BlindTest : public ::testing::TestWithParam<Blind> {
 protected:
  static void SetUpTestSuite() {
    trial_ = std::make_unique<Trial>(kTool, kSuite);
    const Ended up = trial_->Up(Changed(trial_->folder(), "healthy", {}));
    ASSERT_THAT(up.output, HasSubstr("is up"));
  }
  static void TearDownTestSuite() {
    ExpectCleanEnd(*trial_);
    trial_.reset();
  }
  static std::unique_ptr<Trial> trial_;
};
std::unique_ptr<Trial> BlindTest::trial_;

TEST_P(BlindTest, IsNoGreen) {
  const Blind& blind = GetParam();
  const Definitions definitions = Changed(trial_->folder(), blind.name, blind.changes);
  std::vector<std::string> only;
  for (const std::string& item : blind.items) only.push_back("--items=" + item);
  const std::string folder = std::string("suite-") + blind.name;
  const Ended resolved = trial_->Resolve(definitions, only, folder);
  ASSERT_EQ(resolved.code, 0) << resolved.output;
  ExpectNoGreen(*trial_, blind.items, blind.outcome, blind.because, folder);
}

INSTANTIATE_TEST_SUITE_P(Vacuity, BlindTest, ::testing::ValuesIn(Blinds()),
                         [](const auto& one) { return std::string(one.param.name); });

// A target that answers, and means nothing by it.
struct Hollow {
  const char* name;
  const char* mode;
  const char* because;
  std::vector<std::string> items = kAll;
};

void PrintTo(const Hollow& hollow, std::ostream* stream) {
  *stream << hollow.name;
}

class HollowTest : public ::testing::TestWithParam<Hollow> {
 protected:
  static void SetUpTestSuite() {
    trial_ = std::make_unique<Trial>(kTool, kSuite);
    const Definitions definitions = Changed(trial_->folder(), "hollow", {{}, {}, HostileService(ModeFile())});
    ASSERT_EQ(trial_->Resolve(definitions).code, 0);
    const Ended up = trial_->Up(definitions);
    ASSERT_THAT(up.output, HasSubstr("is up"));
  }
  static void TearDownTestSuite() {
    ExpectCleanEnd(*trial_);
    trial_.reset();
  }
  static fs::path ModeFile() { return trial_->folder() / "mode"; }
  static void Answer(const std::string& mode) { std::ofstream(ModeFile()) << mode; }
  void SetUp() override {
    std::error_code none;  // records of the previous mode would be further attempts of this run
    for (const std::string& item : kAll) fs::remove(trial_->ItemFile(item).parent_path() / "record.json", none);
  }
  static std::unique_ptr<Trial> trial_;
};
std::unique_ptr<Trial> HollowTest::trial_;

TEST_P(HollowTest, IsNoGreen) {
  Answer(GetParam().mode);
  ExpectNoGreen(*trial_, GetParam().items, Outcome::kInconclusive, GetParam().because);
}

INSTANTIATE_TEST_SUITE_P(
    Vacuity, HollowTest,
    ::testing::Values(Hollow{"Html", "html", "register_user"}, Hollow{"EmptyObject", "empty", "user_id"},
                      Hollow{"Malformed", "malformed", "register_user"}, Hollow{"Redirect", "redirect", "status 302"},
                      Hollow{"Unauthorised", "status 401", "status 401"},
                      Hollow{"Forbidden", "status 403", "status 403"}, Hollow{"NotFound", "status 404", "status 404"},
                      Hollow{"NotAllowed", "status 405", "status 405"}, Hollow{"MediaType", "status 415", "status 415"},
                      Hollow{"TooMany", "status 429", "status 429"}, Hollow{"Broken", "status 500", "status 500"},
                      Hollow{"Unavailable", "status 503", "status 503"},
                      Hollow{"NoContent", "status 204", "status 204"},
                      Hollow{"RefusesAllButAccounts", "no", "connect_provider", {"C2"}},
                      Hollow{"RefusesAllButAccountsAndStoresNone", "no", "store \"main\"", {"M3", "STEP-R"}},
                      Hollow{"AcceptsEverything", "yes", "store \"main\""}),
    [](const auto& one) { return std::string(one.param.name); });

// A target that cannot be judged because of how it is run.
struct Unstartable {
  const char* name;
  std::string deployment;
  std::string because;
  std::string defects;
};

std::string Hostile(const char* manner) {
  return HostileService("/dev/null", manner);
}

void PrintTo(const Unstartable& one, std::ostream* stream) {
  *stream << one.name;
}

class UnstartableTest : public ::testing::TestWithParam<Unstartable> {};

TEST_P(UnstartableTest, IsNoGreen) {
  Trial trial(kTool, kSuite);
  const Definitions definitions = Changed(trial.folder(), "d", {{}, {}, GetParam().deployment});
  ASSERT_EQ(trial.Resolve(definitions).code, 0);
  const Ended up = trial.Up(definitions, GetParam().defects);
  EXPECT_EQ(up.code, 0) << "a failed fixture makes CTest skip the items";
  EXPECT_THAT(up.output, HasSubstr("did not start"));
  EXPECT_NE(trial.Tool({"started", "--state-directory", trial.StateDirectory()}).code, 0);
  ExpectNoGreen(trial, kAll, Outcome::kInconclusive, GetParam().because);
  ExpectCleanEnd(trial);
}

INSTANTIATE_TEST_SUITE_P(
    Vacuity, UnstartableTest,
    ::testing::Values(Unstartable{"ProgramIsMissing",
                                  R"([{"op":"replace","path":"/services/api/command","value":["/nowhere/service"]}])",
                                  "/nowhere/service",
                                  {}},
                      Unstartable{"ProgramEndsAtOnce", Hostile("exits"), "exited with code 9", {}},
                      Unstartable{
                          "ServiceListensAndNeverAnswers", Hostile("silent"), "api was not ready within 1500 ms", {}},
                      Unstartable{"DefectIsUnknown", {}, "ai-health.C2:no-such", "ai-health.C2:no-such"}),
    [](const auto& one) { return std::string(one.param.name); });

// The double is silent because the target asks somebody else.
TEST(VacuityTest, ASilentDoubleIsNoGreen) {
  Trial trial(kTool, kSuite);
  const Definitions definitions = Changed(
      trial.folder(), "d",
      {{}, {}, R"([{"op":"replace","path":"/services/api/environment/WHOOP_BASE_URL","value":"http://127.0.0.1:9"}])"});
  ASSERT_EQ(trial.Resolve(definitions, {"--items=C2"}).code, 0);
  ASSERT_THAT(trial.Up(definitions).output, HasSubstr("is up"));
  ExpectNoGreen(trial, {"C2"}, Outcome::kInconclusive, "connect_provider");
  ExpectCleanEnd(trial);
}

// Items that log in oftener than the target lets them.
TEST(VacuityTest, AnExhaustedRateLimitIsNoGreen) {
  Trial trial(kTool, kSuite);
  const Definitions definitions =
      Changed(trial.folder(), "d",
              {R"([{"op":"copy","from":"/actions/login/steps/0","path":"/actions/login/steps/1"}])",
               {},
               R"([{"op":"add","path":"/services/api/environment/RATE_LIMIT_AUTH","value":"1/minute"}])"});
  ASSERT_EQ(trial.Resolve(definitions).code, 0);
  ASSERT_THAT(trial.Up(definitions).output, HasSubstr("is up"));
  ExpectNoGreen(trial, kAll, Outcome::kInconclusive, "status 429");
  ExpectCleanEnd(trial);
}

// The database that is looked at is not the one that the service uses.
TEST(VacuityTest, AnEmptyStoreIsNoGreen) {
  Trial trial(kTool, kSuite);
  const Definitions definitions =
      Changed(trial.folder(), "d",
              {R"([{"op":"add","path":"/stores/other","value":{"owner_columns":["user_id"]}}])",
               {},
               R"([{"op":"add","path":"/stores/other","value":"postgresql"},
           {"op":"replace","path":"/services/api/environment/DATABASE_URL","value":"${store.other.url}"}])"});
  ASSERT_EQ(trial.Resolve(definitions).code, 0);
  const Ended up = trial.Up(definitions);
  ASSERT_THAT(up.output, HasSubstr("is up"));
  ExpectNoGreen(trial, kAll, Outcome::kInconclusive, "store \"main\"");
  ExpectCleanEnd(trial);
}

}  // namespace
}  // namespace readiness::conformance
