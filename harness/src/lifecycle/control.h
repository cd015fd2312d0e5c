#pragma once
// The supervisor's control socket: one request and one answer per connection, each a line of JSON. Requests are {"op":
// "<name>", ...}; answers
// {"ok": true, "result": ...} or {"ok": false, "kind": "...", "error": "..."}. Only processes of our own user are
// heard. What an operation does is the table's business. The server is used by one thread; calls may come from any
// process.

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "engines/descriptor.h"
#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

/// What an operation answers, given the whole request.
using ControlHandler = std::function<Result<Json>(const Json& request)>;
using ControlTable = std::map<std::string, ControlHandler>;

class ControlServer {
 public:
  /// Binds `socket_file`, mode 0600. Errors: kEnvironment, kLimit (path too long).
  static Result<ControlServer> Listen(const std::string& socket_file);

  /// Readable when a client waits.
  int descriptor() const { return listener_.get(); }

  /// Serves one waiting client, if there is one. A client that takes longer than two seconds for its line is dropped.
  void Serve(const ControlTable& table);

 private:
  explicit ControlServer(Descriptor listener) : listener_(std::move(listener)) {}
  Descriptor listener_;
};

/// Sends one request and returns the `result` of the answer. Errors: the operation's own (as kTarget), kTarget (nobody
/// listens), kTimeout, kMalformed.
Result<Json> CallControl(const std::string& socket_file, const Json& request, std::chrono::milliseconds timeout);

inline constexpr const char* kControlSocket = "control.sock";

}  // namespace readiness
