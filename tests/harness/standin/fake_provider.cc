#include "fake_provider.h"

#include <algorithm>

namespace readiness::standin {
namespace {

constexpr std::size_t kPage = 2;

const std::vector<std::string> kSleepRecords = {
    R"({"id":"s1","end":"2026-11-18T06:30:00Z","sleep":{"total_sleep_time_ms":25234567}})",
    R"({"id":"s2","end":"2026-11-19T07:30:00.250+01:00","sleep":{"total_sleep_time_ms":26000000}})",
    R"({"id":"s3","end":"2026-11-20T06:30:00Z","sleep":{"total_in_bed_time_ms":27000000}})"};
const std::vector<std::string> kRecoveryRecords = {
    R"({"id":"r1","timestamp":"2026-11-18T06:40:00Z","resting_heart_rate":56,"hrv_rmssd_milli":41.537})",
    R"({"id":"r2","timestamp":"2026-11-19T06:40:00Z","resting_heart_rate":57,"hrv_rmssd_milli":42.5})",
    R"({"id":"r3","timestamp":"2026-11-20T06:40:00Z","resting_heart_rate":58,"hrv_rmssd_milli":43.5})"};

int Count(const std::vector<std::string>& codes, const std::string& code) {
  return static_cast<int>(std::count(codes.begin(), codes.end(), code));
}

}  // namespace

FakeProvider::FakeProvider() {
  server_.Post("/oauth/oauth2/token", [this](const auto& request, auto& answer) { Token(request, answer); });
  server_.Get("/developer/v1/activity/sleep",
              [this](const auto& request, auto& answer) { Data(request, answer, kSleepRecords); });
  server_.Get("/developer/v1/recovery",
              [this](const auto& request, auto& answer) { Data(request, answer, kRecoveryRecords); });
  port_ = server_.bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_.listen_after_bind(); });
}

FakeProvider::~FakeProvider() {
  server_.stop();
  thread_.join();
}

void FakeProvider::Token(const httplib::Request& request, httplib::Response& answer) {
  const bool refresh = request.get_param_value("grant_type") == "refresh_token";
  const std::string code =
      refresh ? request.get_param_value("refresh_token").substr(3) : request.get_param_value("code");
  const bool credentials = request.get_param_value("client_id") == "readiness" &&
                           request.get_param_value("client_secret") == "client-secret";
  {
    const std::lock_guard lock(mutex_);
    token_codes_.push_back(code);
  }
  if (code == "bad" || !credentials) {
    answer.status = 400;
    return;
  }
  answer.set_content(R"({"access_token":"at-)" + code + R"(","refresh_token":"rt-)" + code +
                         R"(","token_type":"bearer","expires_in":)" + std::to_string(lifetime_) +
                         R"(,"scope":"read:sleep"})",
                     "application/json");
}

void FakeProvider::Data(const httplib::Request& request, httplib::Response& answer,
                        const std::vector<std::string>& records) {
  const std::string bearer = request.get_header_value("Authorization");
  {
    const std::lock_guard lock(mutex_);
    data_codes_.push_back(bearer.substr(std::min(bearer.size(), std::string("Bearer at-").size())));
  }
  if (data_status_ != 200 && data_status_ != 0) {
    answer.status = data_status_;
    return;
  }
  const std::string token = request.get_param_value("nextToken");
  const std::size_t first = token.empty() ? 0 : std::stoul(token);
  std::string body = R"({"records":[)";
  for (std::size_t i = first; i < std::min(first + kPage, records.size()); ++i)
    body += (i > first ? "," : "") + records[i];
  const bool more = first + kPage < records.size();
  body += R"(],"next_token":)" + (more ? "\"" + std::to_string(first + kPage) + "\"" : "null") + "}";
  // Only the second page is broken: what the first one brought must not stay behind.
  if (data_status_ == 0 && first > 0) body.resize(body.size() / 2);
  answer.set_content(body, "application/json");
}

int FakeProvider::DataCalls(const std::string& code) const {
  const std::lock_guard lock(mutex_);
  return Count(data_codes_, code);
}

int FakeProvider::TokenCalls(const std::string& code) const {
  const std::lock_guard lock(mutex_);
  return Count(token_codes_, code);
}

}  // namespace readiness::standin
