// Insights, explanations, translation and decisions of the AI health stand-in: healthy as they should be, and every
// defect of theirs shows where it says and nowhere else.

#include <gtest/gtest.h>

#include <map>

#include "base/files.h"
#include "fake_model.h"
#include "scenario.h"

namespace readiness::standin {
namespace {

constexpr const char* kRun = "/api/v1/insights/api/v1/insights/run";
constexpr const char* kFeed = "/api/v1/insights/api/v1/insights/feed";
constexpr const char* kBatch = "/api/v1/api/v1/health-data/batch";

/// Days of sleep of `user` up to now: 480 minutes, the last seven of them 300.
Seen Sleep(World& world, const TestUser& user) {
  const Rows days = world.database
                        ->Query(
                            "SELECT to_char(now() AT TIME ZONE 'utc' - make_interval(days => d, mins => 5), "
                            "'YYYY-MM-DD\"T\"HH24:MI:SS') AS day, CASE WHEN d < 7 THEN 300 ELSE 480 END + d % 3 AS "
                            "minutes FROM generate_series(0, 27) d")
                        .value();
  Json points = Json::array();
  for (const Row& row : days)
    points.push_back(
        {{"metric_key", "sleep_duration"}, {"value", row.Number("minutes")}, {"timestamp", row.Text("day")}});
  return world.Send("POST", kBatch, user.token, Compact({{"user_id", 999}, {"points", points}}));
}

std::string Explain(World& world, const std::string& id, const std::string& token) {
  const Seen seen = world.Send("GET", "/api/v1/explain/insight/" + id, token);
  std::string line = std::to_string(seen.status);
  if (seen.status != 200) return line;
  const Json body = seen.json();
  for (const Json& edge : body["explanation"]["edges"])
    line += " " + edge.value("source_type", "") +
            (edge.value("description", "").find("sleep_duration") == std::string::npos ? "" : "*");
  return line;
}

/// Who is told what about one insight.
std::string PlayExplanations(World& world) {
  const TestUser owner = world.NewUser();
  const TestUser stranger = world.NewUser();
  EXPECT_EQ(Sleep(world, owner).body, R"({"inserted":28,"rejected":0,"rejected_reasons":[]})");
  EXPECT_EQ(world.Send("POST", kRun, owner.token).json().value("created", 0), 1);
  const std::string id = std::to_string(world.Number("SELECT max(id) AS n FROM insights"));
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM audit_events WHERE entity_type = 'insight' AND entity_id = " + id),
            1);
  return "owner " + Explain(world, id, owner.token) + " | stranger " + Explain(world, id, stranger.token) +
         " | nobody " + Explain(world, id, "") + " | unknown " + Explain(world, "987654", owner.token);
}

constexpr const char* kSoundExplanations =
    "owner 200 metric* baseline* detector threshold | stranger 404 | nobody 401 | unknown 404";

const std::map<std::string, std::string> kExplanationDefects = {
    {"M5:absent", "owner 404 | stranger 404 | nobody 401 | unknown 404"},
    {"M5", "owner 200 | stranger 404 | nobody 401 | unknown 404"},
    {"M5:constant", "owner 200 health_data | stranger 404 | nobody 401 | unknown 404"},
    {"M5:wrong-metric", "owner 200 metric baseline detector threshold | stranger 404 | nobody 401 | unknown 404"},
    {"M5:readable-by-others",
     "owner 200 metric* baseline* detector threshold | stranger 200 metric* baseline* detector threshold | nobody 401 "
     "| unknown 404"},
    {"M5:open-to-anonymous",
     "owner 200 metric* baseline* detector threshold | stranger 404 | nobody 200 metric* baseline* detector threshold "
     "| unknown 404"},
    {"M5:unknown-is-200", "owner 200 metric* baseline* detector threshold | stranger 404 | nobody 401 | unknown 200"},
};

/// The actions for helpful evaluations by confidence, then for the other verdicts, then stored against returned.
std::string PlayDecisions(World& world) {
  const TestUser user = world.NewUser();
  const std::string evaluation = SeedEvaluation(world, user);
  const auto decide = [&](const std::string& verdict, const std::string& confidence, const std::string& details) {
    EXPECT_TRUE(world.database->Query("UPDATE evaluation_results SET verdict = $2, confidence = " + confidence +
                                          ", details_json = $3::json WHERE id = $1",
                                      {evaluation, verdict, details}));
    const std::string action =
        world.Send("POST", "/api/v1/loop/run/" + evaluation, user.token).json().value("action", "");
    const Rows stored = world.database->Query("SELECT action FROM loop_decisions ORDER BY id DESC LIMIT 1").value();
    return action.substr(0, 1) + (stored.front().Text("action") == action ? "" : "!");
  };
  std::string line = "helpful";
  for (const char* confidence : {"null", "0", "0.05", "0.3", "0.5", "0.59", "0.6", "0.9"})
    line += " " + decide("helpful", confidence, "{}");
  line += " | worsened " + decide("helpful", "0.3", R"({"attribution":{"direction":"worsened","effect_size":0.1}})");
  for (const char* verdict : {"unclear", "not_helpful", "insufficient_data"})
    line += std::string(" | ") + verdict + " " + decide(verdict, "null", "{}") + " " + decide(verdict, "0.9", "{}");
  return line;
}

constexpr const char* kSoundDecisions =
    "helpful e e e e a a c c | worsened e | unclear e a | not_helpful s s | insufficient_data e e";

const std::map<std::string, std::string> kDecisionDefects = {
    {"H3", "helpful c c c c c c c c | worsened c | unclear e a | not_helpful s s | insufficient_data e e"},
    {"H3:unclear-continues",
     "helpful e e e e a a c c | worsened e | unclear c c | not_helpful s s | insufficient_data e e"},
    {"H3:not-helpful-continues",
     "helpful e e e e a a c c | worsened e | unclear e a | not_helpful c s | insufficient_data e e"},
    {"H3:insufficient-continues",
     "helpful e e e e a a c c | worsened e | unclear e a | not_helpful s s | insufficient_data c e"},
    {"H3:stored-differs",
     "helpful e e e e a a c c | worsened e | unclear e! a! | not_helpful s! s! | insufficient_data e! e!"},
    {"H3:worsened-continues",
     "helpful e e e e a a c c | worsened c | unclear e a | not_helpful s s | insufficient_data e e"},
    {"H3:null-is-certain",
     "helpful c e e e a a c c | worsened e | unclear a a | not_helpful s s | insufficient_data e e"},
    {"H3:never-continues",
     "helpful e e e e a a a a | worsened e | unclear e a | not_helpful s s | insufficient_data e e"},
    {"W2-10", "helpful e e e c c c c c | worsened c | unclear e a | not_helpful s s | insufficient_data e e"},
    {"W2-10:low-bound", "helpful e e e e a c c c | worsened e | unclear e a | not_helpful s s | insufficient_data e e"},
    {"W2-10:rounds", "helpful e e e e a c c c | worsened e | unclear e a | not_helpful s s | insufficient_data e e"},
    {"W2-10:zero-is-missing",
     "helpful e c e e a a c c | worsened e | unclear e a | not_helpful s s | insufficient_data e e"},
    {"W2-10:own-computation",
     "helpful c c c c c c c c | worsened c | unclear a a | not_helpful s s | insufficient_data e e"},
};

/// What the feed shows of what the model says: "+" the model's words, "-" other words, or the status.
std::string PlayTranslations(World& world, FakeModel& model) {
  const TestUser user = world.NewUser();
  Sleep(world, user);
  model.Answer(R"({"explanation":"proves it","uncertainty":"u","suggested_next_step":"s"})");
  world.Send("POST", kRun, user.token);
  const auto reply = [](const std::string& explanation, const std::string& uncertainty, const std::string& step) {
    return Compact({{"explanation", explanation}, {"uncertainty", uncertainty}, {"suggested_next_step", step}});
  };
  const std::pair<const char*, std::string> cases[] = {
      {"explanation", reply("It causes this.", "u", "s")},
      {"uncertainty", reply("e", "It proves this.", "s")},
      {"step", reply("e", "u", "It guarantees rest.")},
      {"capitals", reply("IT CAUSES THIS.", "u", "s")},
      {"invisible", reply("It ca\u200buses this.", "u", "s")},
      {"look-alike", reply("It c\u0430uses this.", "u", "s")},
      {"advice", reply("e", "u", "Take 400 mg of magnesium.")},
      {"types", R"({"explanation":5,"uncertainty":["u"],"suggested_next_step":{}})"},
      {"prose", "It causes this."},
      {"extra", R"({"explanation":"e","uncertainty":"u","suggested_next_step":"s","diagnosis":"d"})"},
  };
  std::string line;
  const auto feed = [&](const std::string& content, int status) -> std::string {
    model.Answer(content, status);
    const Seen seen = world.Send("GET", kFeed, user.token);
    if (seen.status != 200) return std::to_string(seen.status);
    const Json item = seen.json()["items"][0];
    if (item.contains("diagnosis")) return "extra";
    const Json sent = ParseJson(content).value_or(Json::object());
    const bool shown =
        item["explanation"] == sent.value("explanation", Json(content)) || item["explanation"] == "proves it";
    return shown ? "+" : "-";
  };
  for (const auto& [name, content] : cases) line += std::string(name) + " " + feed(content, 200) + " | ";
  return line + "error " + feed("", 503) + " | compliant " +
         feed(reply("Your sleep may be shorter.", "It is uncertain.", "Keep recording."), 200);
}

using Line = std::map<std::string, std::string>;

constexpr const char* kSoundTranslations =
    "explanation - | uncertainty - | step - | capitals - | invisible - | look-alike - | advice - | types - | prose - | "
    "extra + | error - | compliant +";

/// The sound line with some cases changed.
std::string Translations(const Line& changed) {
  std::string line = kSoundTranslations;
  for (const auto& [name, value] : changed) {
    const std::size_t at = line.find(name + " ") + name.size() + 1;
    line.replace(at, line.find_first_of(" ", at) - at, value);
  }
  return line;
}

const std::map<std::string, Line> kTranslationDefects = {
    {"H4",
     {{"explanation", "+"},
      {"uncertainty", "+"},
      {"step", "+"},
      {"capitals", "+"},
      {"invisible", "+"},
      {"look-alike", "+"},
      {"advice", "+"}}},
    {"H4:explanation-unguarded", {{"explanation", "+"}, {"capitals", "+"}, {"invisible", "+"}, {"look-alike", "+"}}},
    {"H4:uncertainty-unguarded", {{"uncertainty", "+"}}},
    {"H4:next-step-unguarded", {{"step", "+"}, {"advice", "+"}}},
    {"H4:lower-case-only", {{"capitals", "+"}, {"invisible", "+"}, {"look-alike", "+"}}},
    {"H4:zero-width", {{"invisible", "+"}}},
    {"H4:look-alikes", {{"invisible", "+"}, {"look-alike", "+"}}},
    {"H4:advice-unguarded", {{"advice", "+"}}},
    {"H4:extra-keys", {{"extra", "extra"}}},
    {"H4:wrong-types", {{"types", "+"}}},
    {"H4:malformed-as-text", {{"types", "-"}, {"prose", "+"}}},
    {"H4:malformed-is-500", {{"types", "500"}, {"prose", "500"}}},
    {"H4:errors-are-500", {{"error", "500"}}},
    {"H4:never-shown", {{"extra", "-"}, {"compliant", "-"}}},
    {"S20:never-called", {{"extra", "-"}, {"compliant", "-"}}},
    {"H4:second-read",
     {{"uncertainty", "+"},
      {"step", "+"},
      {"capitals", "+"},
      {"invisible", "+"},
      {"look-alike", "+"},
      {"advice", "+"}}},
    {"H4:kept-for-later", {{"step", "+"}}},  // whose first text is that of the reply before
};

std::map<std::string, std::string> WithModel(const FakeModel& model, const std::string& flag) {
  std::map<std::string, std::string> environment = {{"OPENAI_BASE_URL", model.url()}, {"OPENAI_API_KEY", "key"}};
  if (!flag.empty()) environment["ENABLE_LLM_TRANSLATION"] = flag;
  return environment;
}

std::map<std::string, std::string> Defective(const std::string& defect, std::map<std::string, std::string> more = {}) {
  more["READINESS_DEFECTS"] = "ai-health." + defect;
  return more;
}

TEST(AiHealthInsights, SoundByDefault) {
  FakeModel model;
  World world(STANDIN_AI_HEALTH, WithModel(model, "true"));
  EXPECT_EQ(PlayExplanations(world), kSoundExplanations);
  EXPECT_EQ(PlayDecisions(world), kSoundDecisions);
  EXPECT_EQ(PlayTranslations(world, model), kSoundTranslations);
}

TEST(AiHealthInsights, DefectsOfTheExplanation) {
  for (const auto& [defect, line] : kExplanationDefects) {
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, Defective(defect));
    EXPECT_EQ(PlayExplanations(world), line);
    EXPECT_EQ(PlayDecisions(world), kSoundDecisions);
  }
}

TEST(AiHealthInsights, DefectsOfTheDecision) {
  for (const auto& [defect, line] : kDecisionDefects) {
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, Defective(defect));
    EXPECT_EQ(PlayDecisions(world), line);
    EXPECT_EQ(PlayExplanations(world), kSoundExplanations);
  }
}

TEST(AiHealthInsights, DefectsOfTheTranslation) {
  for (const auto& [defect, changed] : kTranslationDefects) {
    SCOPED_TRACE(defect);
    FakeModel model;
    World world(STANDIN_AI_HEALTH, Defective(defect, WithModel(model, "true")));
    EXPECT_EQ(PlayTranslations(world, model), Translations(changed));
    EXPECT_EQ(PlayExplanations(world), kSoundExplanations);
  }
}

TEST(AiHealthInsights, ModelIsAskedOnlyWhenSwitchedOn) {
  struct Case {
    const char* defect;  ///< empty: none
    const char* flag;
    const char* mode;
    int calls;
    bool stated;
  };
  const Case cases[] = {{"", "", "production", 0, false},
                        {"", "", "staging", 0, false},
                        {"", "false", "dev", 0, false},
                        {"", "1", "production", 0, false},
                        {"", "true", "production", 1, true},
                        {"S20", "", "production", 1, true},
                        {"S20:staging-default", "", "staging", 1, true},
                        {"S20:staging-default", "", "production", 0, false},
                        {"S20:any-value", "false", "production", 1, true},
                        {"S20:run-calls", "", "production", 1, false},
                        {"S20:status-says-off", "true", "production", 1, false},
                        {"S20:status-says-on", "", "production", 0, true},
                        {"S20:never-called", "true", "production", 0, true}};
  for (const auto& [defect, flag, mode, calls, stated] : cases) {
    SCOPED_TRACE(std::string(defect) + " " + flag + " " + mode);
    FakeModel model;
    model.Answer("{}");
    auto environment = WithModel(model, flag);
    environment["ENV_MODE"] = mode;
    World world(STANDIN_AI_HEALTH, *defect == '\0' ? environment : Defective(defect, environment));
    const TestUser user = world.NewUser();
    Sleep(world, user);
    world.Send("POST", kRun, user.token);
    EXPECT_EQ(world.Send("GET", kFeed, user.token).status, 200);
    EXPECT_EQ(model.calls(), calls);
    const Json status = world.Send("GET", "/api/v1/system/status").json();
    EXPECT_EQ(status.value("enable_llm", !stated), stated);
    EXPECT_EQ(status.value("env_mode", ""), mode);
  }
}

TEST(AiHealthInsights, RunSurvivesMissingBaselines) {
  struct Case {
    const char* defect;
    int status;
    bool logged;
    int after;
  };
  const Case cases[] = {{"", 200, true, 200},
                        {"C1.runtime", 500, true, 200},
                        {"C1.runtime:silent", 200, false, 200},
                        {"C1.runtime:undefined-result", 200, true, 200},
                        {"C1.runtime:stays-broken", 500, true, 500}};
  for (const auto& [defect, status, logged, after] : cases) {
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, *defect == '\0' ? std::map<std::string, std::string>{} : Defective(defect));
    const TestUser user = world.NewUser();
    Sleep(world, user);
    ASSERT_TRUE(world.database->Query("ALTER TABLE baselines RENAME TO baselines_away"));
    EXPECT_EQ(Sleep(world, user).status, 200) << "the points are stored all the same";
    const Seen run = world.Send("POST", kRun, user.token);
    EXPECT_EQ(run.status, status);
    EXPECT_EQ(run.json().is_object(), std::string_view(defect) != "C1.runtime:undefined-result");
    ASSERT_TRUE(world.database->Query("ALTER TABLE baselines_away RENAME TO baselines"));
    EXPECT_EQ(world.Send("POST", kRun, user.token).status, after);
    EXPECT_EQ(ReadFile(world.log_file).value().find("baseline_retrieval_failed") != std::string::npos, logged);
  }
}

TEST(AiHealthInsights, EvaluationStoresTheConfidenceItComputed) {
  for (const char* defect : {"", "W2-10:not-stored"}) {
    World world(STANDIN_AI_HEALTH, *defect == '\0' ? std::map<std::string, std::string>{} : Defective(defect));
    const TestUser user = world.NewUser();
    SeedEvaluation(world, user);
    EXPECT_EQ(world.Send("POST", "/api/v1/experiments/1/evaluate", user.token).status, 200);
    EXPECT_EQ(world.Number("SELECT count(confidence) AS n FROM evaluation_results"), *defect == '\0' ? 2 : 1)
        << "beside the seeded one";
  }
}

TEST(AiHealthInsights, AllOfTheseItemsAreTriedHere) {
  const auto catalogue = ParseJson(ReadFile(DEFECTS_JSON).value());
  ASSERT_TRUE(catalogue);
  for (const Json& defect : (*catalogue)["defects"]) {
    const auto name = defect["id"].get<std::string>().substr(std::string("ai-health.").size());
    const std::string item = name.substr(0, name.find(':'));
    if (item == "M5") EXPECT_TRUE(kExplanationDefects.contains(name)) << name;
    if (item == "H3") EXPECT_TRUE(kDecisionDefects.contains(name)) << name;
    if (item == "H4") EXPECT_TRUE(kTranslationDefects.contains(name)) << name;
    if (item == "W2-10") EXPECT_TRUE(kDecisionDefects.contains(name) || name == "W2-10:not-stored") << name;
  }
}

}  // namespace
}  // namespace readiness::standin
