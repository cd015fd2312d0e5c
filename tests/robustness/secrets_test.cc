// A target that shows every credential it was ever given to everybody, in bodies, headers and its log, in every
// encoding: none of them is in anything that an audit leaves behind.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "encodings.h"
#include "sandbox.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLiteral = "pä\"ss<w>'o r&d%2F\\1/x";
constexpr const char* kFromEnvironment = "env;secret=\"$HOME\" `x` +/?#";
constexpr const char* kBase64Like = "QUJDREVGR0hJSktMTU5PUA==";
constexpr std::size_t kTornBytes = 10;

Json TargetJson() {
  return Json::parse(R"({
    "target": "x", "title": "X", "services": { "api": {} }, "stores": { "main": {} },
    "credential": { "header": "Authorization", "value": "Bearer ${token}" },
    "identities": { "user": {
      "attributes": { "email": "${unique}@example.com", "password": "${password}" },
      "create": ["login"], "owner": "${user_id}", "token": "${access_token}" } },
    "actions": {
      "login": { "description": "obtains a token", "steps": [{
        "service": "api", "method": "POST", "path": "/login", "authorised": false,
        "json": { "email": "${email}", "password": "${password}" },
        "expect": { "status": [200] }, "capture": { "user_id": "/id", "access_token": "/token" } }] },
      "read": { "description": "reads", "steps": [{
        "service": "api", "method": "GET", "path": "/me", "expect": { "status": [200] } }], "refused": { "status": [403] } }
    } })");
}

Json DeploymentJson(const std::string& out) {
  Json deployment = Json::parse(R"({
    "deployment": "local", "target": "x", "engine": "process", "stores": { "main": "postgresql" },
    "secrets": { "generated": "generated:24", "environment": "${env.TEST_SECRET}" },
    "token": { "algorithm": "HS256", "signing_key": "${secret.generated}" },
    "services": { "api": {
      "environment": {
        "PORT": "${port.api}", "MODE": "echo", "DATABASE_URL": "${store.main.url}",
        "LITERAL": { "secret": "${secret.literal}" }, "GENERATED": { "secret": "${secret.generated}" },
        "FROM_ENVIRONMENT": { "secret": "${secret.environment}" }, "BASE64_LIKE": { "secret": "${secret.base64}" } },
      "ready": [{ "http": { "path": "/", "status": [200] } }] } } })");
  deployment["secrets"]["literal"] = kLiteral;
  deployment["secrets"]["base64"] = kBase64Like;
  deployment["services"]["api"]["command"] = {BAD_SERVICE};
  deployment["services"]["api"]["environment"]["OUT"] = out;
  return deployment;
}

Json Item(const std::string& id, const Json& expect) {
  const Json legitimate{{"as", "owner"}, {"action", "read"}, {"expect", {{"status", {200}}}}};
  const Json attempt{{"as", "owner"}, {"action", "read"}, {"expect", expect}};
  return {{"id", id},
          {"title", id},
          {"severity", "high"},
          {"category", "security"},
          {"section", "A"},
          {"source", {{"line", 1}, {"sha256", std::string(64, '0')}}},
          {"probe", "scenario"},
          {"parameters",
           {{"identities", {{"owner", "user"}}},
            {"fix", "none"},
            {"control", Json::array({legitimate})},
            {"attempt", Json::array({attempt})}}},
          {"minimum_observations", 1},
          {"timeout_ms", 60000}};
}

Json SuiteJson() {
  const Json passes{{"status", {200}}, {"json", Json::array({{{"at", "/id"}, {"type", "string"}}})}};
  const Json shows{{"status", {200}}, {"json", Json::array({{{"at", "/echo/0"}, {"equals", "nothing"}}})}};
  const Json contains{{"status", {200}}, {"json", Json::array({{{"at", "/echo"}, {"equals", "nothing"}}})}};
  const Json refused{{"status", {403}}, {"headers", Json::array({{{"name", "X-Raw"}, {"equals", "nothing"}}})}};
  return {{"suite", "x"},
          {"title", "X"},
          {"target", "x"},
          {"audit", {{"document", "x.md"}, {"verdict", "NO-GO"}, {"items", 5}}},
          {"severity_weights", {{"critical", 10}, {"high", 5}, {"medium", 3}, {"low", 1}, {"info", 0}}},
          {"gating_severities", {"critical", "high"}},
          {"items", Json::array({Item("PASS1", passes), Item("FAIL1", shows), Item("FAIL2", contains),
                                 Item("FAIL3", refused), Item("PASS2", passes)})}};
}

std::set<std::string> SecretsIn(const std::string& out) {
  std::set<std::string> secrets;
  std::ifstream lines(out);
  for (std::string line; std::getline(lines, line);) secrets.insert(Json::parse(line).get<std::string>());
  return secrets;
}

/// Everything of `secret` that is in `text`, by the names of the encodings.
std::string Shown(const std::string& text, const std::string& secret) {
  std::string shown;
  for (const auto& [name, encoded] : EncodingsOf(secret)) {
    std::string core = encoded;
    while (!core.empty() && core.back() == '=') core.pop_back();
    // The first characters of an embedded base64 text depend on what precedes the secret, the last on what follows.
    if (name.starts_with("base64"))
      core = core.substr(name == "base64 of a header" ? 8 : 0, core.size() - (name == "base64 of a header" ? 9 : 1));
    if (text.find(core) != std::string::npos) shown += name + "; ";
  }
  for (const std::string& torn : {secret.substr(0, kTornBytes), secret.substr(secret.size() - kTornBytes)}) {
    const std::size_t at = text.find(torn);
    if (at != std::string::npos) shown += "a part: " + text.substr(at - std::min<std::size_t>(at, 40), 90);
  }
  return shown;
}

TEST(SecretsTest, NoneIsInAnythingThatIsLeft) {
  Sandbox sandbox;
  const std::string out = sandbox.path() + "/secrets";
  ASSERT_NO_FATAL_FAILURE(sandbox.Build({SuiteJson(), TargetJson(), DeploymentJson(out)}));
  const Ran ran = sandbox.Run(sandbox.CTest({"-L", "^readiness$", "-j4", "--verbose"}),
                              {.environment = {{"TEST_SECRET", kFromEnvironment}}});
  EXPECT_EQ(ran.code, 8) << ran.output;
  for (const auto& [id, outcome] : std::map<std::string, std::string>{
           {"PASS1", "pass"}, {"PASS2", "pass"}, {"FAIL1", "fail"}, {"FAIL2", "fail"}, {"FAIL3", "fail"}}) {
    const Json record = ReadJsonFile(sandbox.suite() + "/items/" + id + "/record.json");
    ASSERT_TRUE(record.is_object()) << ran.output;
    EXPECT_EQ(record["outcome"], outcome) << record.dump(2);
    EXPECT_GE(record["evidence"].size(), 2U) << record.dump(2);
  }
  const std::set<std::string> secrets = SecretsIn(out);
  // Those of the deployment and the database, and a password and a token of each item.
  EXPECT_GE(secrets.size(), 15U);
  EXPECT_EQ(secrets.count(kLiteral), 1U);

  std::map<std::string, std::string> texts{{"what ctest printed", ran.output}};
  for (const auto& entry : fs::recursive_directory_iterator(sandbox.build())) {
    if (entry.is_regular_file()) texts[entry.path().string().substr(sandbox.build().size())] = ReadWhole(entry.path());
  }
  EXPECT_GE(texts.size(), 25U);
  int redacted = 0;
  for (const auto& [place, text] : texts) {
    if (text.find("[redacted]") != std::string::npos) ++redacted;
    for (const std::string& secret : secrets) {
      const std::string shown = Shown(text, secret);
      EXPECT_EQ(shown, "") << place << " shows " << secret;
    }
  }
  EXPECT_GE(redacted, 10) << "nothing was shown because nothing was written";
  fmt::print("{} files, {} secrets, {} files with redactions\n", texts.size(), secrets.size(), redacted);
}

}  // namespace
}  // namespace readiness
