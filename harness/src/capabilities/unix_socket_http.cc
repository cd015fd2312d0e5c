#include "capabilities/unix_socket_http.h"

#include <curl/curl.h>

#include <memory>

namespace readiness {
namespace {

struct Body {
  std::string text;
  std::size_t max_bytes = 0;
  bool too_large = false;
};

std::size_t Append(char* data, std::size_t, std::size_t count, void* user) {
  Body& body = *static_cast<Body*>(user);
  if (body.text.size() + count > body.max_bytes) {
    body.too_large = true;
    return 0;
  }
  body.text.append(data, count);
  return count;
}

}  // namespace

Result<UnixSocketAnswer> SendOverUnixSocket(const std::string& socket, const std::string& method,
                                            const std::string& path, const std::string& body,
                                            std::chrono::milliseconds timeout, std::size_t max_body_bytes) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return Fail(ErrorKind::kEnvironment, "libcurl cannot be initialised");
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all);
  Body answer;
  answer.max_bytes = max_body_bytes;
  const std::string url = "http://localhost" + path;
  char reason[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) {
    return curl_easy_setopt(curl.get(), option, value) == CURLE_OK;
  };
  bool ready = set(CURLOPT_ERRORBUFFER, reason) && set(CURLOPT_UNIX_SOCKET_PATH, socket.c_str()) &&
               set(CURLOPT_URL, url.c_str()) && set(CURLOPT_PROXY, "") && set(CURLOPT_NOSIGNAL, 1L) &&
               set(CURLOPT_PROTOCOLS_STR, "http") && set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count())) &&
               set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
               set(CURLOPT_CUSTOMREQUEST, method.c_str()) && set(CURLOPT_WRITEFUNCTION, &Append) &&
               set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
  if (!body.empty()) {
    ready = ready && set(CURLOPT_HTTPHEADER, headers.get()) && set(CURLOPT_POSTFIELDS, body.c_str()) &&
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  if (!ready) return Fail(ErrorKind::kEnvironment, "libcurl lacks an option that unix sockets need");

  const CURLcode code = curl_easy_perform(curl.get());
  if (answer.too_large) {
    return Fail(ErrorKind::kLimit,
                "the answer on " + socket + " is larger than " + std::to_string(max_body_bytes) + " bytes");
  }
  if (code != CURLE_OK) {
    const std::string why = reason[0] != '\0' ? reason : curl_easy_strerror(code);
    return Fail(code == CURLE_OPERATION_TIMEDOUT ? ErrorKind::kTimeout : ErrorKind::kTarget, socket + ": " + why);
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return UnixSocketAnswer{static_cast<int>(status), std::move(answer.text)};
}

}  // namespace readiness
