#pragma once
// Serves a route table over HTTP/1.1 on one port (cpp-httplib, one thread per connection from a fixed pool), logs each
// request, echoes or makes request ids, bounds bodies, and ends on SIGTERM or SIGINT. The only file pair that knows the
// HTTP library.

#include <string>
#include <vector>

#include "readiness/result.h"
#include "standin/routes.h"

namespace readiness::standin {

/// How the target's framework answers what no handler answers.
struct FrameworkAnswers {
  Response not_found;
  Response method_not_allowed;
  Response too_large;
  Response failure;  ///< for responses that carry a `failure` and no body
};

/// How requests get the ids by which their log lines are found.
enum class RequestIds {
  kTaken,  ///< from X-Request-Id, or made up; sent back
  kMade,   ///< always made up; sent back
  kNone,
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;
  int threads = 128;
  RequestIds request_ids = RequestIds::kTaken;
  bool ids_in_work = true;  ///< log lines of handlers carry the id, too, not only the line about the request
  /// Called before a request's answer is sent; for what a system logs in addition.
  std::function<void(const Request&, const Response&)> observe;
  std::size_t max_body_bytes = 1024 * 1024;
  FrameworkAnswers framework;
};

/// Keeps SIGTERM and SIGINT from every thread started later, so that Serve can wait for them. To be called first in
/// main.
void HoldStopSignals();

/// Listens and serves until SIGTERM or SIGINT; then lets requests in flight end for at most 800 ms and ends the process
/// with exit code 0 (idle kept-alive connections would otherwise hold it for seconds). Returns only on failure:
/// kEnvironment when the port cannot be had. `routes` must outlive the call.
Error Serve(const ServerOptions& options, const std::vector<Route>& routes);

}  // namespace readiness::standin
