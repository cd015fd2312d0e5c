#include "app.h"

#include <cstdlib>

#include "answers.h"

namespace readiness::ai_health {
namespace {

std::string Environment(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

Error WrongVariable(const char* name, std::string expected, std::string actual) {
  return Error{
      ErrorKind::kUsage, std::string("environment variable ") + name, {}, std::move(expected), std::move(actual), {}};
}

/// "5/minute" -> 5.
std::optional<int> PerMinute(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto number = ParseInteger(text.substr(0, slash));
  if (slash == std::string::npos || text.substr(slash + 1) != "minute" || !number || *number < 1 || *number > 1'000'000)
    return std::nullopt;
  return static_cast<int>(*number);
}

/// As the real system reads it: what is no mode counts as dev.
std::string KnownMode(std::string mode) {
  return mode == "staging" || mode == "production" ? mode : "dev";
}

}  // namespace

Result<Settings> ReadSettings() {
  Settings settings;
  settings.host = Environment("HOST", "127.0.0.1");
  const std::string port = Environment("PORT");
  const auto number = ParseInteger(port);
  if (!number || *number < 1 || *number > 65535) return Fail(WrongVariable("PORT", "a port from 1 to 65535", port));
  settings.port = static_cast<int>(*number);
  settings.database_url = Environment("DATABASE_URL");
  if (settings.database_url.rfind("postgresql://", 0) != 0)
    return Fail(
        WrongVariable("DATABASE_URL", "postgresql://user:password@host:port/database", "something else, or nothing"));
  settings.secret_key = Environment("SECRET_KEY");
  if (settings.secret_key.size() < 32)
    return Fail(WrongVariable("SECRET_KEY", "at least 32 characters", std::to_string(settings.secret_key.size())));
  settings.whoop_base_url = Environment("WHOOP_BASE_URL");
  settings.whoop_client_id = Environment("WHOOP_CLIENT_ID");
  settings.whoop_client_secret = Environment("WHOOP_CLIENT_SECRET");
  settings.whoop_redirect_uri =
      Environment("WHOOP_REDIRECT_URI", "http://localhost:8000/api/v1/providers/whoop/callback");
  settings.whoop_scope = Environment("WHOOP_SCOPE", "read:recovery read:sleep read:cycles");
  const std::string rate = Environment("RATE_LIMIT_AUTH", "5/minute");
  const auto per_minute = PerMinute(rate);
  if (!per_minute) return Fail(WrongVariable("RATE_LIMIT_AUTH", "such as 5/minute", rate));
  settings.logins_per_minute = Environment("ENABLE_RATE_LIMITING") == "false" ? 1'000'000 : *per_minute;
  settings.env_mode = KnownMode(Environment("ENV_MODE", "production"));
  settings.log_level = Environment("LOG_LEVEL", "INFO");
  settings.log_json = Environment("LOG_JSON") == "true";
  settings.llm_flag = Environment("ENABLE_LLM_TRANSLATION");
  settings.openai_base_url = Environment("OPENAI_BASE_URL");
  while (settings.openai_base_url.ends_with('/')) settings.openai_base_url.pop_back();
  settings.openai_api_key = Environment("OPENAI_API_KEY");
  settings.defects = Environment("READINESS_DEFECTS");
  settings.defects_acknowledge_file = Environment("READINESS_DEFECTS_ACKNOWLEDGE");
  return settings;
}

bool Remembered::Contains(std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  return ids_.contains(id);
}

void Remembered::Add(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  ids_.insert(id);
}

}  // namespace readiness::ai_health
