#pragma once
// What every area of the stand-in works with: settings, database, tokens, limits, and the defects that are switched on.
// Made once by main and alive until the process ends; any thread.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "readiness/result.h"
#include "standin/database.h"
#include "standin/defects.h"
#include "standin/http.h"
#include "standin/rate_limiter.h"
#include "standin/secrets.h"
#include "standin/tokens.h"

namespace readiness::ai_health {

using standin::End;
using standin::Reply;
using standin::Request;
using standin::Response;

using UserId = std::int64_t;

struct Settings {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string database_url;
  std::string secret_key;
  std::string whoop_base_url;  ///< without it, or without credentials, the provider counts as not configured
  std::string whoop_client_id;
  std::string whoop_client_secret;
  std::string whoop_redirect_uri;
  std::string whoop_scope;
  int logins_per_minute = 5;
  std::string env_mode;
  std::string log_level;
  bool log_json = false;
  std::string llm_flag;         ///< ENABLE_LLM_TRANSLATION as given
  std::string openai_base_url;  ///< up to and including /v1; without it, or without a key, no model is asked
  std::string openai_api_key;
  std::string defects;
  std::string defects_acknowledge_file;
};

/// Reads the environment. Errors: kUsage with the variable, what it must be and what it is.
Result<Settings> ReadSettings();

/// Ids that some defects remember between requests.
class Remembered {
 public:
  bool Contains(std::int64_t id) const;
  void Add(std::int64_t id);

 private:
  mutable std::mutex mutex_;
  std::set<std::int64_t> ids_;
};

/// What some defects of the health checks remember.
struct HealthMemory {
  std::atomic<bool> was_good = false;
  std::atomic<bool> was_bad = false;
  std::atomic<std::chrono::steady_clock::duration> good_at{};
};

struct App {
  Settings settings;
  standin::Defects defects;
  standin::Database& database;
  standin::TokenIssuer tokens;
  standin::SecretBox secrets;
  standin::RateLimiter logins;
  Remembered synced_with_consent;
  Remembered refused_before;
  Remembered translated_before;
  std::atomic<bool> baseline_failed = false;
  HealthMemory health;
};

}  // namespace readiness::ai_health
