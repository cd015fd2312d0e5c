// Logs and health checks of the AI health stand-in, and the policy as a command: healthy as they should be, and every
// defect of theirs shows.

#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "base/files.h"
#include "scenario.h"

namespace readiness::standin {
namespace {

using Environment = std::map<std::string, std::string>;

Environment With(const std::string& defect, Environment more = {}) {
  if (!defect.empty()) more["READINESS_DEFECTS"] = "ai-health." + defect;
  return more;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string LogOf(World& world, const std::string& last) {
  // The engine passes the program's output on when it comes to it.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::string log;
  while (!Has(log, last) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    log = ReadFile(world.log_file).value();
  }
  return log;
}

/// What the log of a few requests is like: "echo|work|access|json|clean", each word only when it is so.
std::string PlayLog(World& world) {
  const TestUser user = world.NewUser();
  const httplib::Headers id = {{"X-Request-Id", "request-0815"}};
  const Seen feed = world.Send("GET", "/api/v1/insights/api/v1/insights/feed", user.token, "", "", id);
  world.Send("POST", "/api/v1/users/", "", R"({"name":"U","email":"no","password":"canary-password"})");
  world.Send("POST", "/api/v1/auth/login", "", "username=canary@example.com&password=canary-password",
             "application/x-www-form-urlencoded");
  world.Send("GET", "/the-last-one");
  const std::string log = LogOf(world, "/the-last-one");

  const auto echoed = feed.headers.find("X-Request-Id");
  std::string line = echoed != feed.headers.end() && echoed->second == "request-0815" ? "echo " : "";
  bool json = true, work = false, access = false;
  for (std::size_t begin = 0, end; (end = log.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string each = log.substr(begin, end - begin);
    json = json && ParseJson(each).has_value();
    if (Has(each, "feed_read")) work = Has(each, "request-0815");
    if (Has(each, "insights/feed HTTP")) access = Has(each, "request-0815");
  }
  const std::string base64 = "InBhc3N3b3JkIjoiY2FuYXJ5";  // "password":"canary
  const bool clean =
      !Has(log, "canary") && !Has(log, user.token) && !Has(log, base64.substr(0, 12)) && !Has(log, "eyJuYW1lIjoiVSIs");
  return line + (work ? "work " : "") + (access ? "access " : "") + (json ? "json " : "") + (clean ? "clean" : "");
}

TEST(AiHealthOperations, Logs) {
  const std::pair<const char*, const char*> cases[] = {{"", "echo work access json clean"},
                                                       {"STEP-O.logs", "json clean"},
                                                       {"STEP-O.logs:own-id", "json clean"},
                                                       {"STEP-O.logs:no-id-in-lines", "echo json clean"},
                                                       {"STEP-O.logs:access-line-only", "echo access json clean"},
                                                       {"STEP-O.logs:plain-lines", "echo work access clean"},
                                                       {"STEP-O.logs:json-ignored", "echo work access clean"},
                                                       {"STEP-O.logs:rejected-input", "echo work access json "},
                                                       {"STEP-O.logs:token-at-debug", "echo work access json "},
                                                       {"STEP-O.logs:body-base64", "echo work access json "},
                                                       {"STEP-O.logs:email-in-clear", "echo work access json "}};
  for (const auto& [defect, line] : cases) {
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, With(defect, {{"LOG_JSON", "true"}}));
    EXPECT_EQ(PlayLog(world), line);
  }
}

/// Statuses of /health, liveness and readiness.
std::string Health(World& world) {
  std::string line;
  for (const char* path : {"/health", "/api/v1/health/live", "/api/v1/health/ready"})
    line += (line.empty() ? "" : " ") + std::to_string(world.Send("GET", path).status);
  return line;
}

/// The checks with the database, without it, and with it again.
std::string PlayHealth(World& world) {
  const std::string name = world.database_url.substr(world.database_url.rfind('/') + 1);
  const std::string beside = world.database_url.substr(0, world.database_url.rfind('/')) + "/postgres";
  const auto administration = Database::Connect(beside, 1, std::chrono::seconds(5)).value().release();
  const std::unique_ptr<Database> owned(administration);
  std::string line = Health(world);
  EXPECT_TRUE(owned->Query("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false"));
  EXPECT_TRUE(owned->Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", {name}));
  line += " | " + Health(world);
  EXPECT_TRUE(owned->Query("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true"));
  return line + " | " + Health(world);
}

TEST(AiHealthOperations, HealthChecks) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "200 200 200 | 503 200 503 | 200 200 200"},
      {"STEP-O.health", "200 200 200 | 200 200 200 | 200 200 200"},
      {"STEP-O.health:root-constant", "200 200 200 | 200 200 503 | 200 200 200"},
      {"STEP-O.health:checks-once", "200 200 200 | 200 200 200 | 200 200 200"},
      {"STEP-O.health:never-recovers", "200 200 200 | 503 200 503 | 503 200 200"},
      {"STEP-O.health:liveness-depends", "200 200 200 | 503 503 503 | 200 200 200"},
      {"STEP-O.health:error-inside-200", "200 200 200 | 200 200 200 | 200 200 200"},
      {"STEP-O.health:slow", "200 200 200 | 200 200 200 | 200 200 200"},
      {"STEP-O.health:hanging-is-green", "200 200 200 | 503 200 503 | 200 200 200"}};
  for (const auto& [defect, line] : cases) {
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, With(defect));
    EXPECT_EQ(PlayHealth(world), line);
  }
}

/// The verdicts of check-claim, "+" for allowed.
std::string CheckClaims(const std::string& defect) {
  const Json sentences = {{{"text", "Sleep improves with rest."}, {"grade", "A"}},
                          {{"text", "Rest causes sleep and shows it."}, {"grade", "A"}},
                          {{"text", "REST CAUSES SLEEP AND SHOWS IT."}, {"grade", "A"}},
                          {{"text", "It shows what rest causes."}, {"grade", "A"}},
                          {{"text", "It shows that rest leads\nto sleep"}, {"grade", "A"}},
                          {{"text", "It shows that rest cures sleep."}, {"grade", "A"}},
                          {{"text", "Rest possibly improves sleep."}, {"grade", "C"}},
                          {{"text", "Rest might improve sleep."}, {"grade", "C"}},
                          {{"text", "Rest is a recommend."}, {"level", 1}},
                          {{"text", "Rest is associated with sleep."}, {"level", 2}}};
  const std::string input = Cluster::Instance().directory() + "/sentences.json";
  std::FILE* file = std::fopen(input.c_str(), "w");
  std::fputs(Compact({{"sentences", sentences}}).c_str(), file);
  std::fclose(file);
  const std::string command = (defect.empty() ? "" : "READINESS_DEFECTS=ai-health." + defect + " ") +
                              std::string(STANDIN_AI_HEALTH) + " check-claim < " + input;
  std::FILE* pipe = popen(command.c_str(), "r");
  char output[16 * 1024] = {};
  const std::size_t size = std::fread(output, 1, sizeof output - 1, pipe);
  EXPECT_EQ(pclose(pipe), 0);
  std::string line;
  const Json answer = ParseJson(std::string_view(output, size)).value_or(Json::object());
  for (const Json& verdict : answer.value("verdicts", Json::array())) line += verdict["accepted"] == true ? "+" : "-";
  return line;
}

TEST(AiHealthOperations, ClaimPolicyAsACommand) {
  const std::pair<const char*, const char*> cases[] = {{"", "+------+-+"},
                                                       {"W2-4", "-------+-+"},
                                                       {"W2-4:case-sensitive", "+-+----+-+"},
                                                       {"W2-4:punctuation", "+-++---+++"},
                                                       {"W2-4:line-breaks", "+---+--+-+"},
                                                       {"W2-4:no-synonyms", "+---++-+-+"},
                                                       {"W2-4:levels-ignored", "+------+++"},
                                                       {"W2-4:one-lexicon", "+-----+--+"},
                                                       {"W2-4:everything-allowed", "++++++++++"},
                                                       {"W2-4:everything-refused", "----------"}};
  for (const auto& [defect, line] : cases) EXPECT_EQ(CheckClaims(defect), line) << defect;
}

}  // namespace
}  // namespace readiness::standin
