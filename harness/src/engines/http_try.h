#pragma once
// One GET to see whether a starting service answers. Not the client that probes use: no evidence, no body. Wraps
// libcurl.

#include <chrono>
#include <string>

namespace readiness {

struct HttpTry {
  int status = 0;            ///< 0: no answer
  std::string failure;       ///< why there was none: "connection refused"
  bool interrupted = false;  ///< `interrupt` became readable first
};

/// Sends GET `url` and waits for the status; returns early when the descriptor `interrupt` becomes readable.
HttpTry TryHttp(const std::string& url, std::chrono::milliseconds timeout, int interrupt);

}  // namespace readiness
