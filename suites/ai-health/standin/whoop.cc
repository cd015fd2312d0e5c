#include "whoop.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>

#include "base/text.h"
#include "standin/http_client.h"
#include "utc_time.h"

namespace readiness::ai_health {
namespace {

using standin::Json;

constexpr int kPageSize = 50;
constexpr int kMaxPages = 100;
constexpr double kMillisecondsPerMinute = 60'000.0;

struct MetricSpec {
  const char* name;
  const char* unit;
  double least;
  double most;
};
constexpr MetricSpec kSleepDuration = {"sleep_duration", "minutes", 0, 1000};
constexpr MetricSpec kRestingHeartRate = {"resting_hr", "bpm", 20, 200};
constexpr MetricSpec kHrvRmssd = {"hrv_rmssd", "ms", 0, 300};

const char* StatusText(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    default:
      return "Unexpected Status";
  }
}

Error UpstreamError(std::string what) {
  return Error{ErrorKind::kTarget, std::move(what), {}, {}, {}, {}};
}

/// The body of a 2xx answer as a JSON object.
Result<Json> Ask(const standin::UpstreamCall& call) {
  READINESS_ASSIGN(const auto answer, standin::Send(call));
  if (answer.status < 200 || answer.status >= 300) {
    return Fail(
        UpstreamError(fmt::format("{} {} Error: {} for url: {}", answer.status,
                                  answer.status >= 500 ? "Server" : "Client", StatusText(answer.status), call.url)));
  }
  auto body = standin::ParseJson(answer.body);
  if (!body || !body->is_object()) return Fail(UpstreamError("the answer is not a JSON object, for url: " + call.url));
  return std::move(*body);
}

std::optional<std::string> OptionalText(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

Result<ProviderGrant> AskForToken(const Settings& settings, std::string form) {
  form += "&client_id=" + PercentEncode(settings.whoop_client_id) +
          "&client_secret=" + PercentEncode(settings.whoop_client_secret);
  READINESS_ASSIGN(const auto body, Ask({.method = "POST",
                                         .url = settings.whoop_base_url + "/oauth/oauth2/token",
                                         .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                                         .body = std::move(form)}));
  const auto access_token = OptionalText(body, "access_token");
  if (!access_token || access_token->empty()) return Fail(UpstreamError("No access_token returned from WHOOP"));
  ProviderGrant grant{*access_token, OptionalText(body, "refresh_token"), OptionalText(body, "token_type"),
                      OptionalText(body, "scope"), std::nullopt};
  if (const auto lifetime = body.find("expires_in"); lifetime != body.end() && lifetime->is_number())
    grant.lifetime_seconds = lifetime->get<std::int64_t>();
  return grant;
}

/// The first of `names` that `object` has as a number.
std::optional<double> Number(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto member = object.find(name);
    if (member != object.end() && member->is_number()) return member->get<double>();
  }
  return std::nullopt;
}

void AddPoint(Fetched& fetched, const MetricSpec& spec, std::optional<double> value, const std::string& time,
              const std::string& record_id) {
  if (!value) return;
  const auto reject = [&](const char* reason, std::string error) {
    fetched.errors.push_back({{"metric_type", spec.name}, {"reason", reason}, {"error", std::move(error)}});
  };
  const auto utc = ToUtc(time);
  if (!utc) return reject("invalid_timestamp", "not an RFC 3339 time");
  if (!(*value >= spec.least && *value <= spec.most))
    return reject("invariant_violation",
                  fmt::format("value {} outside {}..{} {}", *value, spec.least, spec.most, spec.unit));
  fetched.points.push_back({spec.name, *value, spec.unit, *utc, record_id});
}

std::string RecordId(const Json& record) {
  const auto id = record.find("id");
  if (id == record.end()) return "";
  return (id->is_string() ? id->get<std::string>() : standin::Compact(*id)).substr(0, 255);
}

void AddSleep(Fetched& fetched, const Json& record) {
  const auto end = OptionalText(record, "end");
  const auto sleep = record.find("sleep");
  if (!end || sleep == record.end() || !sleep->is_object()) return;
  auto duration = Number(*sleep, {"total_in_bed_time_ms", "total_sleep_time_ms"});
  if (duration) *duration /= kMillisecondsPerMinute;
  AddPoint(fetched, kSleepDuration, duration, *end, RecordId(record));
}

void AddRecovery(Fetched& fetched, const Json& record) {
  auto time = OptionalText(record, "timestamp");
  if (!time) time = OptionalText(record, "created_at");
  if (!time) return;
  AddPoint(fetched, kRestingHeartRate, Number(record, {"resting_heart_rate"}), *time, RecordId(record));
  AddPoint(fetched, kHrvRmssd, Number(record, {"hrv_rmssd_milli", "hrv_rmssd"}), *time, RecordId(record));
}

std::string DaysAgo(std::int64_t days) {
  const auto then =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - std::chrono::days(days);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(then);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

/// Hands every record of all pages of `path` to `add`.
Result<void> FetchAll(const Settings& settings, const std::string& access_token, const std::string& path,
                      const std::string& since, Fetched& fetched, void (*add)(Fetched&, const Json&)) {
  const std::string first =
      fmt::format("{}{}?limit={}&start={}", settings.whoop_base_url, path, kPageSize, PercentEncode(since));
  std::string page_token;
  for (int page = 0; page < kMaxPages; ++page) {
    const std::string url = page_token.empty() ? first : first + "&nextToken=" + PercentEncode(page_token);
    READINESS_ASSIGN(const auto body,
                     Ask({.url = url, .headers = {{"Authorization", "Bearer " + access_token}}, .body = {}}));
    const auto records = body.find("records");
    if (records == body.end() || !records->is_array())
      return Fail(UpstreamError("no records in the answer, for url: " + url));
    for (const Json& record : *records) {
      if (record.is_object()) add(fetched, record);
    }
    page_token = OptionalText(body, "next_token").value_or("");
    if (page_token.empty()) return {};
  }
  return Fail(UpstreamError(fmt::format("more than {} pages, for url: {}", kMaxPages, first)));
}

}  // namespace

bool ProviderConfigured(const Settings& settings) {
  return !settings.whoop_base_url.empty() && !settings.whoop_client_id.empty() && !settings.whoop_client_secret.empty();
}

std::string AuthorizeUrl(const Settings& settings, const std::string& state) {
  return fmt::format("{}/oauth/oauth2/auth?client_id={}&redirect_uri={}&response_type=code&scope={}&state={}",
                     settings.whoop_base_url, PercentEncode(settings.whoop_client_id),
                     PercentEncode(settings.whoop_redirect_uri), PercentEncode(settings.whoop_scope),
                     PercentEncode(state));
}

Result<ProviderGrant> ExchangeCode(const Settings& settings, const std::string& code) {
  return AskForToken(settings, "grant_type=authorization_code&code=" + PercentEncode(code) +
                                   "&redirect_uri=" + PercentEncode(settings.whoop_redirect_uri));
}

Result<ProviderGrant> RefreshGrant(const Settings& settings, const std::string& refresh_token) {
  return AskForToken(settings, "grant_type=refresh_token&refresh_token=" + PercentEncode(refresh_token));
}

Result<Fetched> FetchPoints(const Settings& settings, const std::string& access_token, std::int64_t days,
                            const Resources& resources) {
  Fetched fetched;
  const std::string since = DaysAgo(days);
  if (resources.sleep)
    READINESS_RETURN_IF_ERROR(
        FetchAll(settings, access_token, "/developer/v1/activity/sleep", since, fetched, &AddSleep));
  if (resources.recovery)
    READINESS_RETURN_IF_ERROR(FetchAll(settings, access_token, "/developer/v1/recovery", since, fetched, &AddRecovery));
  return fetched;
}

}  // namespace readiness::ai_health
