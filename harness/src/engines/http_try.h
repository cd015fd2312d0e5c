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

/// Whose word is taken for it that the right service answers.
enum class Trust {
  kListener,     ///< whoever calls knows who listens: any certificate will do
  kCertificate,  ///< of the host that the URL names
};

/// Sends GET `url` and waits for the status; returns early when the descriptor `interrupt` (-1: none) becomes readable.
HttpTry TryHttp(const std::string& url, std::chrono::milliseconds timeout, int interrupt,
                Trust trust = Trust::kListener);

}  // namespace readiness
