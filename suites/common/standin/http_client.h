#pragma once
// Outgoing calls of a stand-in to what lies upstream (libcurl). Bounded in time and size, no redirects, no proxies:
// what the deployment states as base URL is what is asked. Any thread.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "readiness/result.h"

namespace readiness::standin {

struct UpstreamCall {
  std::string method = "GET";
  std::string url{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::chrono::milliseconds timeout{10'000};
};

struct UpstreamAnswer {
  int status = 0;
  std::string body;
};

/// Sends `call`. Errors: kTarget, kTimeout, kLimit (over 8 MiB), each with libcurl's words; never the call's headers or
/// body.
Result<UpstreamAnswer> Send(const UpstreamCall& call);

}  // namespace readiness::standin
