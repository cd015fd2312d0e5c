#include "engines/http_try.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <cstddef>
#include <memory>

#include "base/text.h"
#include "engines/descriptor.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;
constexpr std::size_t kMaxBodyBytes = 64 * 1024;

struct Received {
  std::size_t header_bytes = 0;
  std::size_t body_bytes = 0;
};

std::size_t CountHeader(char*, std::size_t size, std::size_t count, void* user) {
  auto* received = static_cast<Received*>(user);
  received->header_bytes += size * count;
  return received->header_bytes > kMaxHeaderBytes ? 0 : size * count;
}

std::size_t CountBody(char*, std::size_t size, std::size_t count, void* user) {
  auto* received = static_cast<Received*>(user);
  received->body_bytes += size * count;
  return received->body_bytes > kMaxBodyBytes ? 0 : size * count;
}

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

void Configure(CURL* easy, const std::string& url, std::chrono::milliseconds timeout, Trust trust, Received& received) {
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "readiness-wait");
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, trust == Trust::kCertificate ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, trust == Trust::kCertificate ? 2L : 0L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, CountHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &received);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, CountBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &received);
}

std::string Explain(CURL* easy, CURLcode code, std::chrono::milliseconds timeout) {
  curl_off_t connected = 0;
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return "connection refused";
    case CURLE_OPERATION_TIMEDOUT:
      return connected > 0 ? fmt::format("connection accepted, no answer within {} ms", timeout.count())
                           : fmt::format("no connection within {} ms", timeout.count());
    case CURLE_GOT_NOTHING:
      return "connection accepted and closed without an answer";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return "the answer is not HTTP";
    default:
      return Printable(curl_easy_strerror(code), 200);
  }
}

}  // namespace

HttpTry TryHttp(const std::string& url, std::chrono::milliseconds timeout, int interrupt, Trust trust) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  Received received;
  const std::unique_ptr<CURLM, MultiDeleter> multi(curl_multi_init());
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  if (initialised != CURLE_OK || !multi || !easy) return {0, "libcurl cannot be set up", false};
  Configure(easy.get(), url, timeout, trust, received);
  curl_multi_add_handle(multi.get(), easy.get());

  const Deadline deadline(timeout + std::chrono::seconds(1));  // libcurl keeps its own; this one is for a stuck libcurl
  HttpTry result;
  CURLcode code = CURLE_OPERATION_TIMEDOUT;
  int running = 1;
  while (!deadline.Passed()) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
    if (running == 0) {
      int left = 0;
      if (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) code = message->data.result;
      break;
    }
    curl_waitfd extra{interrupt, CURL_WAIT_POLLIN, 0};
    curl_multi_poll(multi.get(), &extra, interrupt < 0 ? 0 : 1, deadline.PollTime(), nullptr);
    if ((extra.revents & CURL_WAIT_POLLIN) != 0) {
      result.interrupted = true;
      break;
    }
  }
  // A status counts whatever became of the body: it may be endless, long or broken.
  long status = 0;
  if (received.header_bytes > 0) curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (received.header_bytes <= kMaxHeaderBytes && status >= 200) result.status = static_cast<int>(status);
  if (result.status == 0)
    result.failure = result.interrupted ? "the service ended" : Explain(easy.get(), code, timeout);
  curl_multi_remove_handle(multi.get(), easy.get());
  return result;
}

}  // namespace readiness
