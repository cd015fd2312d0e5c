#pragma once
// The wearable provider as an upstream: token exchange and refresh, and the two resources with all their pages, turned
// into points with canonical metric, unit and UTC time. Stores nothing. Any thread.

#include <optional>
#include <string>
#include <vector>

#include "app.h"
#include "standin/json.h"

namespace readiness::ai_health {

struct ProviderGrant {
  std::string access_token;
  std::optional<std::string> refresh_token;
  std::optional<std::string> token_type;
  std::optional<std::string> scope;
  std::optional<std::int64_t> lifetime_seconds;
};

struct Point {
  std::string metric;
  double value = 0;
  std::string unit;
  std::string timestamp;  ///< UTC, as PostgreSQL reads it
  std::string record_id;
};

struct Fetched {
  std::vector<Point> points;
  std::vector<standin::Json> errors;  ///< one per rejected point, as the sync answers them
};

/// Which resources are asked for.
struct Resources {
  bool sleep = true;
  bool recovery = true;
};

bool ProviderConfigured(const Settings& settings);

/// Where the user is sent to agree; every parameter is percent-encoded.
std::string AuthorizeUrl(const Settings& settings, const std::string& state);

/// Errors of all three: the upstream's status in the words of the real system's HTTP library, or what libcurl says.
Result<ProviderGrant> ExchangeCode(const Settings& settings, const std::string& code);
Result<ProviderGrant> RefreshGrant(const Settings& settings, const std::string& refresh_token);
/// All points since `days` days ago.
Result<Fetched> FetchPoints(const Settings& settings, const std::string& access_token, std::int64_t days,
                            const Resources& resources = {});

}  // namespace readiness::ai_health
