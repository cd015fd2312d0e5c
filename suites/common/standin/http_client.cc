#include "standin/http_client.h"

#include <curl/curl.h>

#include <memory>

namespace readiness::standin {
namespace {

constexpr std::size_t kMaxAnswerBytes = 8 * 1024 * 1024;
constexpr long kConnectTimeoutMs = 3'000;

struct Received {
  std::string body;
  bool too_large = false;
};

std::size_t Collect(char* bytes, std::size_t size, std::size_t count, void* target) {
  auto& received = *static_cast<Received*>(target);
  const std::size_t total = size * count;
  received.too_large = received.body.size() + total > kMaxAnswerBytes;
  if (received.too_large) return 0;
  received.body.append(bytes, total);
  return total;
}

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

Error CallError(CURLcode code, bool too_large, const std::string& url) {
  Error error{ErrorKind::kTarget, "the upstream could not be asked", {}, {}, curl_easy_strerror(code), {}};
  if (code == CURLE_OPERATION_TIMEDOUT) error.kind = ErrorKind::kTimeout;
  if (too_large) error = {ErrorKind::kLimit, "the upstream's answer is too large", {}, "at most 8 MiB", {}, {}};
  error.expected = "an answer from " + url.substr(0, url.find('?'));
  return error;
}

}  // namespace

Result<UpstreamAnswer> Send(const UpstreamCall& call) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, FreeHandle> handle(initialised == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle) return Fail(ErrorKind::kInternal, "libcurl cannot be initialised");
  CURL* curl = handle.get();

  std::unique_ptr<curl_slist, FreeList> headers;
  for (const auto& [name, value] : call.headers) {
    curl_slist* longer = curl_slist_append(headers.get(), (name + ": " + value).c_str());
    if (longer == nullptr) return Fail(ErrorKind::kInternal, "no memory for headers");
    static_cast<void>(headers.release());
    headers.reset(longer);
  }

  Received received;
  curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
  if (call.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.c_str());
  } else if (call.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }

  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return Fail(CallError(code, received.too_large, call.url));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return UpstreamAnswer{static_cast<int>(status), std::move(received.body)};
}

}  // namespace readiness::standin
