#pragma once
// The supervisor's control socket. A client keeps its connection as long as it likes and asks one thing at a time, each
// a line of JSON: {"op": "<name>", ...}; answers are {"ok": true, "result": ...} or {"ok": false, "kind": "...",
// "error": "..."}. What a client started or broke belongs to its connection, so the server tells when one closes. Only
// processes of our own user are heard. What an operation does is the table's business. The server is used by one
// thread and waits for no client; calls may come from any process.

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engines/descriptor.h"
#include "readiness/findings.h"
#include "readiness/result.h"

struct pollfd;

namespace readiness {

/// One connection, never mistaken for a later one.
struct ControlClient {
  int number = 0;
  int descriptor = -1;  ///< hangs up when the client is gone
};

/// What an operation answers, given the whole request.
using ControlHandler = std::function<Result<Json>(const Json& request, const ControlClient& client)>;
using ControlTable = std::map<std::string, ControlHandler>;

class ControlServer {
 public:
  /// Binds `socket_file`, mode 0600. Errors: kEnvironment, kLimit (path too long).
  static Result<ControlServer> Listen(const std::string& socket_file);

  /// Adds what poll(2) has to wait for before the next Serve.
  void AddTo(std::vector<pollfd>& entries) const;

  /// Does what can be done now: takes new clients in, answers whole requests, sends what clients can take. `closed`
  /// is told of every connection that has ended; what its client had asked for and was not yet done is not done.
  void Serve(const ControlTable& table, const std::function<void(const ControlClient&)>& closed);

 private:
  struct Connection {
    int number = 0;
    Descriptor socket;
    std::string received;
    std::string to_send;
  };
  explicit ControlServer(Descriptor listener) : listener_(std::move(listener)) {}
  void Accept();
  static bool Receive(Connection& connection);
  static bool Send(Connection& connection);
  static bool AnswerNext(Connection& connection, const ControlTable& table);

  Descriptor listener_;
  std::vector<Connection> connections_;
  int next_number_ = 1;
};

/// A client's end.
class ControlConnection {
 public:
  /// Errors: kTarget (nobody listens), kLimit (path too long).
  static Result<ControlConnection> Open(const std::string& socket_file, std::chrono::milliseconds timeout);

  /// Sends one request and returns the `result` of the answer. After kTimeout, kTarget of a connection that ended, and
  /// kMalformed, the connection is of no use any more. Errors: the operation's own, of its own kind; kTarget (the
  /// supervisor has ended), kTimeout, kMalformed.
  Result<Json> Call(const Json& request, std::chrono::milliseconds timeout);

 private:
  ControlConnection(Descriptor socket, std::string file) : socket_(std::move(socket)), file_(std::move(file)) {}
  Descriptor socket_;
  std::string file_;
  std::string received_;
};

/// One request over a connection of its own. Errors: as Open and Call.
Result<Json> CallControl(const std::string& socket_file, const Json& request, std::chrono::milliseconds timeout);

inline constexpr const char* kControlSocket = "control.sock";

}  // namespace readiness
