// standin-ai-health: the audited surface of the AI health platform, healthy unless READINESS_DEFECTS says otherwise.
// With the word check-claim it serves nothing, but judges sentences by its claim policy (claim_command.h).
//
// Environment: PORT, DATABASE_URL and SECRET_KEY are required; HOST (127.0.0.1); WHOOP_BASE_URL, WHOOP_CLIENT_ID and
// WHOOP_CLIENT_SECRET (without them the provider counts as not configured), WHOOP_REDIRECT_URI, WHOOP_SCOPE;
// RATE_LIMIT_AUTH (5/minute), ENABLE_RATE_LIMITING; ENV_MODE (production); ENABLE_LLM_TRANSLATION, OPENAI_BASE_URL,
// OPENAI_API_KEY (no model is asked unless the first is "true" and the others are given); LOG_JSON, LOG_LEVEL;
// READINESS_DEFECTS, READINESS_DEFECTS_ACKNOWLEDGE. Exit codes: 0 stopped by a signal, 2 wrong configuration or unknown
// defect, 3 no database, 1 anything else.

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "answers.h"
#include "api.h"
#include "app.h"
#include "claim_command.h"
#include "request_log.h"
#include "schema.h"
#include "standin/http_server.h"
#include "standin/log.h"
#include "standin/secrets.h"

extern const char kAiHealthDefects[];

namespace readiness::ai_health {
namespace {

constexpr std::chrono::seconds kDatabasePatience{10};
constexpr std::size_t kConnections = 8;
constexpr std::chrono::seconds kLoginWindow{60};
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitNoDatabase = 3;

int Stop(const Error& error, int code) {
  const char* json = std::getenv("LOG_JSON");
  if (json != nullptr && std::string_view(json) == "true") {
    standin::ConfigureLog({.json = true});
    standin::Log("CRITICAL", "standin", error.Brief());
    return code;
  }
  std::fputs(RenderError(error).c_str(), stderr);
  return code;
}

/// Reads standard input to its end, of at most 4 MiB.
Result<std::string> ReadInput() {
  constexpr std::size_t kMaxInput = 4 * 1024 * 1024;
  std::string input;
  char bytes[64 * 1024];
  while (const std::size_t count = std::fread(bytes, 1, sizeof bytes, stdin)) {
    if (input.size() + count > kMaxInput) return Fail(ErrorKind::kUsage, "more than 4 MiB on standard input");
    input.append(bytes, count);
  }
  return input;
}

/// standin-ai-health check-claim
int CheckClaim() {
  const char* switches = std::getenv("READINESS_DEFECTS");
  const auto defects = standin::Defects::Load("ai-health", kAiHealthDefects, switches != nullptr ? switches : "");
  if (!defects) return Stop(defects.error(), kExitUsage);
  const auto input = ReadInput();
  if (!input) return Stop(input.error(), kExitUsage);
  const auto verdicts = CheckClaims(*input, *defects);
  if (!verdicts) return Stop(verdicts.error(), kExitUsage);
  std::puts(verdicts->c_str());
  return 0;
}

int Serve() {
  standin::HoldStopSignals();
  if (!standin::PrepareCryptography())
    return Stop({ErrorKind::kEnvironment, "the system offers no randomness", {}, {}, {}, {}}, kExitFailure);
  auto settings = ReadSettings();
  if (!settings) return Stop(settings.error(), kExitUsage);
  auto defects = standin::Defects::Load("ai-health", kAiHealthDefects, settings->defects);
  if (!defects) return Stop(defects.error(), kExitUsage);
  const auto database = standin::Database::Connect(settings->database_url, kConnections, kDatabasePatience);
  if (!database) return Stop(database.error(), kExitNoDatabase);
  if (const auto created = CreateTables(**database); !created) return Stop(created.error(), kExitNoDatabase);
  if (const auto written = defects->Acknowledge(settings->defects_acknowledge_file); !written)
    return Stop(written.error(), kExitFailure);

  App app{.settings = *settings,
          .defects = *defects,
          .database = **database,
          .tokens = standin::TokenIssuer(settings->secret_key),
          .secrets = standin::SecretBox(settings->secret_key),
          .logins = standin::RateLimiter(settings->logins_per_minute, kLoginWindow),
          .synced_with_consent = {},
          .refused_before = {},
          .translated_before = {},
          .health = {}};
  const auto routes = MakeRoutes(app);
  standin::ServerOptions options;
  options.host = settings->host;
  options.port = settings->port;
  options.framework = {.not_found = Detail(404, "Not Found"),
                       .method_not_allowed = Detail(405, "Method Not Allowed"),
                       .too_large = Detail(413, "Request body too large"),
                       .failure = InternalError()};
  ConfigureRequestLog(app, options);
  return Stop(standin::Serve(options, routes), kExitFailure);
}

}  // namespace
}  // namespace readiness::ai_health

int main(int count, char** words) {
  if (count == 1) return readiness::ai_health::Serve();
  if (count == 2 && std::string_view(words[1]) == "check-claim") return readiness::ai_health::CheckClaim();
  std::fputs(
      "usage: standin-ai-health            serves, configured by its environment\n"
      "       standin-ai-health check-claim  judges the sentences on standard input\n",
      stderr);
  return readiness::ai_health::kExitUsage;
}
