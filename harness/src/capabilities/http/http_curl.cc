// Adapter of libcurl.

#include "capabilities/http/http_curl.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>

#include "base/text.h"
#include "capabilities/http/answer_head.h"
#include "capabilities/http/content_decoder.h"
#include "capabilities/http/host_policy.h"
#include "capabilities/http/http_syntax.h"

static_assert(LIBCURL_VERSION_NUM >= 0x075700, "libcurl 7.87 or later is required");

namespace readiness {
namespace {

constexpr std::chrono::milliseconds kLongestConnect{5'000};
constexpr const char* kAcceptedCodings = "Accept-Encoding: gzip, deflate, br";

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
using ParsedUrl = std::unique_ptr<CURLU, FreeUrl>;
using LineList = std::unique_ptr<curl_slist, FreeList>;

/// "GET http://127.0.0.1:20123/path"; the query is left out because it tends to hold secrets.
std::string Describe(const HttpRequest& request) {
  const std::string url = request.url.substr(0, request.url.find_first_of("?#"));
  return fmt::format("{} {}", Printable(request.method, 32), Printable(url, 300));
}

Error Unsendable(const HttpRequest& request, std::string expected, std::string_view actual) {
  return Error{ErrorKind::kMalformed,  fmt::format("{} cannot be sent", Describe(request)),
               std::nullopt,           std::move(expected),
               Printable(actual, 200), {}};
}

Error Refused(const HttpRequest& request, std::string expected, std::string_view actual) {
  return Error{
      ErrorKind::kRefused,    fmt::format("{} is not sent", Describe(request)),
      std::nullopt,           std::move(expected),
      Printable(actual, 200), "list the host in the deployment's \"allowed_hosts\" if it belongs to the target"};
}

/// What libcurl's callbacks know of the exchange under way. They are called from C and must not throw.
struct Transfer {
  const HttpRequest& request;
  bool listed_host = false;  ///< else only loopback addresses may be connected to
  bool encrypted = false;
  AnswerHead head;
  std::unique_ptr<ContentDecoder> decoder;
  std::string body;
  std::string sent_head;
  std::optional<Error> error;    ///< why a callback stopped the exchange
  std::optional<Error> refused;  ///< of an address; another one may still be allowed
  bool bytes_after_the_answer = false;
};

Error About(const HttpRequest& request, Error error) {
  error.what = fmt::format("{}: {}", Describe(request), error.what);
  return error;
}

/// Runs `step`; on failure keeps its error and tells libcurl to stop.
template <class Step>
bool Guarded(Transfer& transfer, Step step) noexcept {
  try {
    Result<void> result = step();
    if (result) return true;
    transfer.error = About(transfer.request, std::move(result.error()));
  } catch (const std::bad_alloc&) {
    transfer.error = Error{ErrorKind::kEnvironment, "out of memory", std::nullopt, {}, {}, {}};
  } catch (...) {
    transfer.error = Error{ErrorKind::kInternal, "reading an answer threw", std::nullopt, {}, {}, {}};
  }
  return false;
}

std::size_t OnHeaderLine(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const bool taken = Guarded(transfer, [&] { return transfer.head.AddLine(std::string_view(data, size)); });
  return taken ? size : size + 1;
}

Result<void> TakeBody(Transfer& transfer, std::string_view coded) {
  if (!transfer.head.complete()) return Fail(ErrorKind::kTarget, "a body came before the end of the answer's head");
  if (!transfer.decoder) transfer.decoder = MakeContentDecoder(transfer.head.coding());
  return transfer.decoder->Decode(coded, [&transfer](std::string_view piece) -> Result<void> {
    const std::size_t limit = transfer.request.max_body_bytes;
    if (piece.size() > limit - transfer.body.size())
      return Fail(Error{ErrorKind::kLimit,
                        "the answer is too large",
                        std::nullopt,
                        fmt::format("at most {} bytes after decompression", limit),
                        "more than that",
                        {}});
    transfer.body.append(piece);
    return {};
  });
}

std::size_t OnBody(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const bool taken = Guarded(transfer, [&] { return TakeBody(transfer, std::string_view(data, size)); });
  return taken ? size : size + 1;
}

curl_socket_t OnOpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.listed_host || IsLoopbackAddress(address->addr))
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  Guarded(transfer, [&]() -> Result<void> {
    transfer.refused = Refused(transfer.request, "a loopback address", "the host's name leads to another address");
    return {};
  });
  return CURL_SOCKET_BAD;
}

int OnCloseSocket(void* user, curl_socket_t item) {
  auto& transfer = *static_cast<Transfer*>(user);
  char byte = 0;
  // After TLS the peer's farewell may lie here, which is not the answer's.
  if (!transfer.encrypted && transfer.head.complete() && recv(item, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
    transfer.bytes_after_the_answer = true;
  return close(item);
}

int OnTrace(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view text(data, size);
  // libcurl drops what it read beyond the stated length and tells of it nowhere else.
  if (type == CURLINFO_TEXT && text.rfind("Excess found", 0) == 0) transfer.bytes_after_the_answer = true;
  if (type == CURLINFO_HEADER_OUT)
    Guarded(transfer, [&]() -> Result<void> {
      transfer.sent_head.append(text);
      return {};
    });
  return 0;
}

Result<void> CheckHeaders(const HttpRequest& request) {
  if (!IsHttpToken(request.method)) return Fail(Unsendable(request, "a method", request.method));
  if (request.method == "HEAD" && !request.body.empty())
    return Fail(Unsendable(request, "HEAD without a body", "a body"));
  for (const auto& [name, value] : request.headers) {
    if (!IsHttpToken(name)) return Fail(Unsendable(request, "a header name", name));
    if (!IsHeaderValue(value)) return Fail(Unsendable(request, fmt::format("one line as value of {}", name), value));
    for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Expect"})
      if (EqualsIgnoringCase(name, own))
        return Fail(Unsendable(request, "no framing headers: they follow from the body", name));
  }
  return {};
}

std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

/// The URL as libcurl itself understands it, so that the host that is judged is the host that is contacted.
Result<ParsedUrl> ParseUrl(const HttpRequest& request) {
  ParsedUrl url(curl_url());
  if (!url) return Fail(ErrorKind::kEnvironment, "out of memory");
  const bool whole = request.url.find('\0') == std::string::npos;
  const CURLUcode code =
      whole ? curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), CURLU_PATH_AS_IS | CURLU_DISALLOW_USER)
            : CURLUE_MALFORMED_INPUT;
  if (code == CURLUE_UNSUPPORTED_SCHEME) return Fail(Refused(request, "http or https", "another scheme"));
  if (code == CURLUE_USER_NOT_ALLOWED) return Fail(Unsendable(request, "a URL without user name", "a user name"));
  if (code != CURLUE_OK) return Fail(Unsendable(request, "an absolute URL", curl_url_strerror(code)));
  const std::string scheme = PartOf(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return Fail(Refused(request, "http or https", scheme));
  return url;
}

Result<void> CheckSource(const HttpRequest& request, std::string_view host) {
  if (!request.source_address) return {};
  if (!IsLoopbackLiteral(*request.source_address))
    return Fail(Unsendable(request, "a loopback address as source", *request.source_address));
  if (IsLoopbackHost(host)) return {};
  return Fail(Unsendable(request, "no source address outside loopback", *request.source_address));
}

LineList HeaderLines(const HttpRequest& request) {
  curl_slist* lines = nullptr;
  const auto add = [&lines](const std::string& line) {
    curl_slist* longer = curl_slist_append(lines, line.c_str());
    if (longer == nullptr) {
      curl_slist_free_all(lines);
      throw std::bad_alloc();
    }
    lines = longer;
  };
  const auto sets = [&request](std::string_view name) {
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [name](const auto& header) { return EqualsIgnoringCase(header.first, name); });
  };
  add("Expect:");
  if (!sets("Content-Type")) add("Content-Type:");
  if (!sets("Accept-Encoding")) add(kAcceptedCodings);
  // To libcurl "Name:" means "leave Name out" and "Name;" means "send it empty".
  for (const auto& [name, value] : request.headers) add(TrimBlanks(value).empty() ? name + ";" : name + ": " + value);
  return LineList(lines);
}

HeaderList ParseSentHead(std::string_view head) {
  HeaderList headers;
  std::size_t begin = head.find("\r\n");
  while (begin != std::string_view::npos) {
    begin += 2;
    const std::size_t end = head.find("\r\n", begin);
    const auto line = head.substr(begin, end == std::string_view::npos ? end : end - begin);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
      headers.emplace_back(line.substr(0, colon), TrimBlanks(line.substr(colon + 1)));
    begin = end;
  }
  return headers;
}

void SetMethod(CURL* handle, const HttpRequest& request) {
  const bool may_be_empty = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || may_be_empty) {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  } else {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void SetBounds(CURL* handle, const HttpRequest& request) {
  // Zero would mean "for ever" to libcurl.
  const auto timeout = std::clamp(request.timeout, std::chrono::milliseconds(1), std::chrono::milliseconds(3'600'000));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(timeout, kLongestConnect).count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);  // a stuck name server must not outlast the timeout
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(handle, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.source_address) return;
  const bool v6 = request.source_address->find(':') != std::string::npos;
  curl_easy_setopt(handle, CURLOPT_INTERFACE, ("host!" + *request.source_address).c_str());
  curl_easy_setopt(handle, CURLOPT_IPRESOLVE, static_cast<long>(v6 ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_V4));
}

void SetCallbacks(CURL* handle, Transfer* transfer) {
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, OnHeaderLine);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, OnOpenSocket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, OnCloseSocket);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, OnTrace);
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
}

std::string Progress(const Transfer& transfer) {
  if (!transfer.head.complete()) return fmt::format("{} lines of the answer's head", transfer.head.lines());
  return fmt::format("status {} and {} bytes of the body", transfer.head.status(), transfer.body.size());
}

/// `code` and `text` are libcurl's account of the failure.
Error Failure(const Transfer& transfer, CURLcode code, std::string_view text) {
  const HttpRequest& request = transfer.request;
  if (transfer.error) return *transfer.error;
  if (transfer.refused) return *transfer.refused;
  Error error{
      ErrorKind::kTarget,
      fmt::format("{} got no whole answer", Describe(request)),
      std::nullopt,
      "an HTTP answer",
      fmt::format("{}; then: {}", Progress(transfer), Printable(text.empty() ? curl_easy_strerror(code) : text, 300)),
      {}};
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      error.kind = ErrorKind::kTimeout;
      error.what = fmt::format("{} got no whole answer in time", Describe(request));
      error.expected = fmt::format("an answer within {} ms", request.timeout.count());
      break;
    case CURLE_OUT_OF_MEMORY:  // also said of a header line that outgrows libcurl's own bound of 100 KiB
      error.kind = transfer.head.complete() ? ErrorKind::kEnvironment : ErrorKind::kLimit;
      error.expected = "header lines of at most 100 KiB";
      break;
    case CURLE_INTERFACE_FAILED:
      error.kind = ErrorKind::kEnvironment;
      error.expected = fmt::format("to send from {}", request.source_address.value_or("loopback"));
      break;
    case CURLE_SSL_CACERT_BADFILE:
      error.kind = ErrorKind::kDefinition;
      error.expected = "a CA file that can be read";
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
      error.expected = "a certificate that the deployment's CA file or the system vouches for";
      break;
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
      error.kind = ErrorKind::kInternal;
      break;
    default:
      break;
  }
  return error;
}

void InitialiseLibcurl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

class CurlHttp final : public Http {
 public:
  explicit CurlHttp(HttpPolicy policy) : policy_(std::move(policy)) {
    InitialiseLibcurl();
    handle_.reset(curl_easy_init());
  }

  Result<Exchange> Send(const HttpRequest& request) override {
    if (!handle_) return Fail(ErrorKind::kEnvironment, "libcurl did not start");
    READINESS_RETURN_IF_ERROR(CheckHeaders(request));
    READINESS_ASSIGN(const ParsedUrl url, ParseUrl(request));
    const std::string host = PartOf(url.get(), CURLUPART_HOST);
    const bool listed = IsListedHost(host, policy_.allowed_hosts);
    if (!listed && !IsLoopbackHost(host)) return Fail(Refused(request, "loopback or an allowed host", host));
    READINESS_RETURN_IF_ERROR(CheckSource(request, host));
    Transfer transfer{request, listed, PartOf(url.get(), CURLUPART_SCHEME) == "https", {}, {}, {}, {}, {}, {}, false};
    return Perform(transfer, url.get());
  }

 private:
  Result<Exchange> Perform(Transfer& transfer, CURLU* url) {
    CURL* handle = handle_.get();
    curl_easy_reset(handle);  // keeps names and TLS sessions
    const LineList lines = HeaderLines(transfer.request);
    char trouble[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(handle, CURLOPT_CURLU, url);
    SetMethod(handle, transfer.request);
    SetBounds(handle, transfer.request);
    SetCallbacks(handle, &transfer);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, lines.get());
    curl_easy_setopt(handle, CURLOPT_USERAGENT, policy_.user_agent.c_str());
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, trouble);
    if (!policy_.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, policy_.ca_file.c_str());
    const auto begin = std::chrono::steady_clock::now();
    const CURLcode code = curl_easy_perform(handle);
    const auto duration = std::chrono::steady_clock::now() - begin;
    curl_easy_reset(handle);  // nothing of this frame stays referenced
    if (code != CURLE_OK) return Fail(Failure(transfer, code, trouble));
    READINESS_RETURN_IF_ERROR(CheckWhole(transfer));
    return Finished(transfer, std::chrono::duration_cast<std::chrono::microseconds>(duration));
  }

  static Result<void> CheckWhole(Transfer& transfer) {
    if (transfer.error) return Fail(*transfer.error);
    if (!transfer.head.complete()) return Fail(Failure(transfer, CURLE_GOT_NOTHING, "the answer's head does not end"));
    if (transfer.bytes_after_the_answer)
      return Fail(Failure(transfer, CURLE_WEIRD_SERVER_REPLY, "more bytes than the answer's length states"));
    if (!transfer.decoder) return {};
    return transfer.decoder->Finish().map_error(
        [&transfer](Error error) { return About(transfer.request, std::move(error)); });
  }

  static Exchange Finished(Transfer& transfer, std::chrono::microseconds duration) {
    Exchange exchange;
    exchange.request = transfer.request;
    constexpr std::string_view kEnd = "\r\n\r\n";
    const std::string& sent = transfer.sent_head;
    if (sent.size() > kEnd.size() && sent.compare(sent.size() - kEnd.size(), kEnd.size(), kEnd) == 0)
      exchange.request.headers = ParseSentHead(sent);
    exchange.response.status = transfer.head.status();
    exchange.response.headers = transfer.head.TakeHeaders();
    exchange.response.body = std::move(transfer.body);
    exchange.duration = duration;
    return exchange;
  }

  HttpPolicy policy_;
  Handle handle_;
};

}  // namespace

std::unique_ptr<Http> MakeCurlHttp(HttpPolicy policy) {
  return std::make_unique<CurlHttp>(std::move(policy));
}

}  // namespace readiness
