#pragma once
// One HTTP/1.1 exchange over a unix socket, for the admin API of doubles. Wraps libcurl; it is not the probes' http.
// Any thread.

#include <chrono>
#include <cstddef>
#include <string>

#include "readiness/result.h"

namespace readiness {

struct UnixSocketAnswer {
  int status = 0;
  std::string body;
};

/// Sends `method` `path` with `body` (JSON; nothing when empty) to the server at `socket`. Errors: kTarget, kTimeout,
/// kLimit (more than `max_body_bytes`).
Result<UnixSocketAnswer> SendOverUnixSocket(const std::string& socket, const std::string& method,
                                            const std::string& path, const std::string& body,
                                            std::chrono::milliseconds timeout = std::chrono::seconds(10),
                                            std::size_t max_body_bytes = 8 * 1024 * 1024);

}  // namespace readiness
