#pragma once
// One HTTP exchange with the target: what was sent, what came back, or why nothing came back. Every exchange of an item
// is kept as evidence by the harness. It is not a browser: no cookies, no redirects, no proxy, no retries.
// Only loopback and the deployment's hosts are contacted. Time, header and body sizes are bounded, after decompression.

#include <chrono>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "readiness/result.h"

namespace readiness {

using Json = nlohmann::json;

/// Exact statuses; never a range (a range takes a 415 or a 429 for a refusal).
using StatusSet = std::set<int>;

/// "401 or 403"; for messages.
std::string ToString(const StatusSet& statuses);

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< absolute, http or https
  HeaderList headers;
  std::string body;
  std::chrono::milliseconds timeout{10'000};     ///< for the whole exchange
  std::size_t max_body_bytes = 4 * 1024 * 1024;  ///< of the decompressed answer
  std::optional<std::string> source_address;     ///< loopback address to send from; unset: the system chooses
};

struct HttpResponse {
  int status = 0;
  HeaderList headers;  ///< in order of arrival, names as sent
  std::string body;    ///< decompressed, raw bytes

  /// First value of header `name` (case-insensitive), or nothing.
  std::optional<std::string> Header(const std::string& name) const;
  /// Strict JSON: valid UTF-8, no NaN or Infinity, no duplicate keys, depth at most 64. Errors: kMalformed with the
  /// place inside the body.
  Result<Json> ParseJson() const;
};

/// One finished exchange. `request` holds what was really sent.
struct Exchange {
  HttpRequest request;
  HttpResponse response;
  std::chrono::microseconds duration{0};

  /// A one-line curl command that repeats the request. Holds secrets; redact before showing.
  std::string ToCurl() const;
};

/// Sends requests. Implementations are used by one thread at a time.
class Http {
 public:
  virtual ~Http() = default;
  /// Sends `request` once. Errors: kTimeout, kLimit (answer too large or too many headers), kTarget (refused, reset,
  /// bad framing), kRefused (host not allowed), kMalformed (a request that cannot be sent, such as a line end in a
  /// header), kEnvironment (the source address cannot be used), kDefinition (the CA file). Any HTTP status from 100 to
  /// 599 is a success of the exchange.
  virtual Result<Exchange> Send(const HttpRequest& request) = 0;
};

}  // namespace readiness
