#include "scenario.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

namespace readiness::standin {
namespace {

constexpr std::chrono::milliseconds kLatePatience{1500};
constexpr std::chrono::milliseconds kPoll{20};

/// Waits until `count` exceeds `before`, for as long as late rows may take.
int LateRows(const std::function<int()>& count, int before, bool wait) {
  const auto deadline = std::chrono::steady_clock::now() + (wait ? kLatePatience : std::chrono::milliseconds(0));
  int now = count();
  while (now == before && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPoll);
    now = count();
  }
  return now - before;
}

constexpr const char* kEvaluationSql =
    "WITH experiment AS (INSERT INTO experiments (user_id, intervention_id, primary_metric_key, expected_direction, "
    "baseline_window_days, intervention_window_days, status, started_at) VALUES ($1, 1, 'sleep_duration', 'up', 14, "
    "14, 'active', "
    "(now() AT TIME ZONE 'utc') - interval '12 days') RETURNING id, user_id) "
    "INSERT INTO evaluation_results (user_id, experiment_id, metric_key, verdict, summary, baseline_mean, "
    "baseline_std, "
    "intervention_mean, intervention_std, delta, percent_change, effect_size, coverage, adherence_rate, confidence, "
    "created_at) "
    "SELECT user_id, id, 'sleep_duration', 'helpful', 'seeded', 400, 5, 440, 5, 40, 10, 0.8, 0.9, 1, 0.9, now() AT "
    "TIME ZONE 'utc' "
    "FROM experiment RETURNING id";

}  // namespace

std::string SeedEvaluation(World& world, const TestUser& user) {
  const auto rows = world.database->Query(kEvaluationSql, {user.id});
  if (!rows) ADD_FAILURE() << rows.error().Brief();
  return rows && !rows->empty() ? rows->front().Text("id") : "0";
}

std::string PlaySync(World& world, bool wait_for_late_rows) {
  const auto rows_of = [&](const std::string& table, const TestUser& user) {
    return world.Number("SELECT count(*) AS n FROM " + table + " WHERE user_id = " + user.id);
  };
  const TestUser a = world.NewUser();
  const TestUser b = world.NewUser();
  const TestUser c = world.NewUser();
  world.Consent(a);
  for (const auto& [user, code] : {std::pair(a, "aaa"), std::pair(b, "bbb"), std::pair(c, "ccc")})
    EXPECT_EQ(world.Connect(user, code), 200);
  const Seen control = world.Sync(a);
  std::string line = fmt::format("A {} inserted {} rows {} | ", control.status, control.json().value("inserted", -1),
                                 rows_of("health_data", a));

  const Seen refused = world.Sync(b);
  const auto b_rows = [&] { return rows_of("health_data", b); };
  const int rows = b_rows();
  line += fmt::format("B {} data {} token {} rows {} prov {} none {}", refused.status, world.provider.DataCalls("bbb"),
                      world.provider.TokenCalls("bbb"), rows, rows_of("data_provenance", b),
                      world.Number("SELECT count(*) AS n FROM health_data WHERE user_id IS NULL"));
  line += fmt::format(" late {}", LateRows(b_rows, rows, wait_for_late_rows));
  line += fmt::format(" again {} | ", world.Sync(b).status);

  const auto false_consent = world.database->Query(
      "INSERT INTO consents (user_id, consent_version, consent_timestamp, understands_not_medical_advice, "
      "consents_to_data_analysis, "
      "understands_recommendations_experimental, understands_can_stop_anytime, onboarding_completed, created_at) "
      "VALUES "
      "($1, '1.0', now() AT TIME ZONE 'utc', true, false, true, true, false, now() AT TIME ZONE 'utc')",
      {c.id});
  EXPECT_TRUE(false_consent);
  line += fmt::format("C {} | ", world.Sync(c).status);

  EXPECT_EQ(world.Send("DELETE", "/api/v1/consent", a.token).status, 200);
  return line + fmt::format("W {}", world.Sync(a).status);
}

std::string PlayLoop(World& world, bool wait_for_late_rows) {
  const TestUser owner = world.NewUser();
  const TestUser stranger = world.NewUser();
  const std::string path = "/api/v1/loop/run/" + SeedEvaluation(world, owner);
  const auto rows_of = [&](const TestUser& user) {
    return world.Number("SELECT count(*) AS n FROM loop_decisions WHERE user_id = " + user.id);
  };
  const std::string payload =
      owner.token.substr(owner.token.find('.'), owner.token.rfind('.') - owner.token.find('.') + 1);
  // {"alg":"none","typ":"JWT"}
  const std::string unsigned_token = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0" + payload;
  const std::string expired = world.tokens.Issue(owner.id, std::chrono::seconds(-60)).value();
  const std::string foreign =
      TokenIssuer("another key, another key, another key").Issue(owner.id, std::chrono::minutes(5)).value();
  const std::vector<std::tuple<const char*, std::string, std::string>> attempts = {
      {"nobody", "", ""},
      {"garbage", "garbage", ""},
      {"unsigned", unsigned_token, ""},
      {"expired", expired, ""},
      {"foreign", foreign, ""},
      {"truncated", owner.token.substr(0, owner.token.size() - 10), ""},
      {"stranger", stranger.token, ""},
      {"claiming", stranger.token, "?user_id=" + owner.id},
      {"owner", owner.token, ""},
  };
  std::string line;
  for (const auto& [who, token, query] : attempts) {
    const int owners = rows_of(owner);
    const int strangers = rows_of(stranger);
    const int status = world.Send("POST", path + query, token).status;
    const bool may_be_late = wait_for_late_rows && who == std::string("stranger");
    const int added = LateRows([&] { return rows_of(owner); }, owners, may_be_late);
    line += fmt::format("{}{} {}+{}+{}", line.empty() ? "" : " | ", who, status, added, rows_of(stranger) - strangers);
  }
  return line;
}

std::string PlayConsent(World& world) {
  const TestUser owner = world.NewUser();
  const TestUser other = world.NewUser();
  const std::string path = "/api/v1/consent";
  const auto read = [&](const TestUser& user, const std::string& query) {
    return world.Send("GET", path + query, user.token);
  };
  std::string line = fmt::format("none {} | partial", read(owner, "").status);
  for (const char* unchecked : {"understands_not_medical_advice", "consents_to_data_analysis",
                                "understands_recommendations_experimental", "understands_can_stop_anytime"}) {
    Json body = {{"understands_not_medical_advice", true},
                 {"consents_to_data_analysis", true},
                 {"understands_recommendations_experimental", true},
                 {"understands_can_stop_anytime", true}};
    body[unchecked] = false;
    line += fmt::format(" {}", world.Send("POST", path, owner.token, Compact(body)).status);
  }
  line += fmt::format(" rows {}", world.Number("SELECT count(*) AS n FROM consents WHERE user_id = " + owner.id));
  world.Consent(owner);
  const Seen full = read(owner, "");
  return line + fmt::format(" | full {} version {} | other {} | claiming {}", full.status,
                            full.json().value("consent_version", ""), read(other, "").status,
                            read(other, "?user_id=" + owner.id).status);
}

}  // namespace readiness::standin
