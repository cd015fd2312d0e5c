#include "capabilities/evidence.h"

#include <algorithm>
#include <utility>

namespace readiness {
namespace {

constexpr std::size_t kLikelySecretBytes = 16;

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  return text;
}

std::string Cut(const std::string& body) {
  return body.substr(0, kMaxEvidenceBody);
}

HttpRequest WithCutBody(const HttpRequest& request) {
  HttpRequest cut;
  cut.method = request.method;
  cut.url = request.url;
  cut.headers = request.headers;
  cut.body = Cut(request.body);
  cut.timeout = request.timeout;
  cut.max_body_bytes = request.max_body_bytes;
  cut.source_address = request.source_address;
  return cut;
}

}  // namespace

void SecretKeeper::Add(const std::string& secret) {
  if (!known_.insert(secret).second) return;
  redactor_.Add(secret);
  if (listener_ != nullptr) listener_->Learned(secret);
}

void SecretKeeper::AddLikely(const std::string& secret) {
  if (secret.size() >= kLikelySecretBytes) Add(secret);
}

void EvidenceLog::PinBeforeNewViolations() {
  if (findings_ == nullptr || findings_->violations().size() == violations_) return;
  violations_ = findings_->violations().size();
  std::size_t left = kBeforeViolation;
  for (auto latest = latest_.rbegin(); latest != latest_.rend() && left > 0; ++latest, --left) {
    if (latest->pinned) continue;
    if (pinned_ == kMaxPinnedEntries) return;
    latest->pinned = true;
    ++pinned_;
  }
}

void EvidenceLog::Add(EvidenceEntry entry) {
  PinBeforeNewViolations();
  if (first_.size() < kFirst) {
    first_.push_back(std::move(entry));
    return;
  }
  latest_.push_back({std::move(entry)});
  if (latest_.size() <= kMaxEvidenceEntries - kFirst) return;
  if (latest_.front().pinned) {
    kept_.push_back(std::move(latest_.front().entry));
  } else {
    ++dropped_;
  }
  latest_.pop_front();
}

std::vector<EvidenceEntry> EvidenceLog::Entries() const {
  std::vector<EvidenceEntry> entries = first_;
  entries.insert(entries.end(), kept_.begin(), kept_.end());
  for (const Latest& latest : latest_) entries.push_back(latest.entry);
  return entries;
}

RecordingHttp::RecordingHttp(std::unique_ptr<Http> inner, std::string credential_header, EvidenceLog& log,
                             SecretKeeper& secrets)
    : inner_(std::move(inner)),
      secret_headers_{"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"},
      log_(log),
      secrets_(secrets) {
  secret_headers_.insert(LowerCase(std::move(credential_header)));
}

void RecordingHttp::LearnSecrets(const HeaderList& headers) {
  for (const auto& [name, value] : headers) {
    if (!secret_headers_.contains(LowerCase(name))) continue;
    // "Bearer abc" and "session=abc; Path=/": what follows the scheme or the name is the secret.
    const std::size_t begin = value.find_first_of(" =");
    const std::string secret = begin == std::string::npos ? value : value.substr(begin + 1);
    secrets_.AddLikely(secret.substr(0, secret.find(';')));
  }
}

Result<Exchange> RecordingHttp::Send(const HttpRequest& request) {
  LearnSecrets(request.headers);
  Result<Exchange> outcome = inner_->Send(request);
  EvidenceEntry entry;
  entry.request_bytes = request.body.size();
  entry.exchange.emplace();
  if (outcome) {
    LearnSecrets(outcome->response.headers);
    entry.exchange->request = WithCutBody(outcome->request);
    entry.exchange->response.status = outcome->response.status;
    entry.exchange->response.headers = outcome->response.headers;
    entry.exchange->response.body = Cut(outcome->response.body);
    entry.exchange->duration = outcome->duration;
    entry.response_bytes = outcome->response.body.size();
  } else {
    entry.exchange->request = WithCutBody(request);
    entry.error = outcome.error();
  }
  log_.Add(std::move(entry));
  return outcome;
}

}  // namespace readiness
