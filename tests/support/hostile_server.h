#pragma once
// An HTTP server on loopback that misbehaves by name: each path is one way to harm or fool a client. It counts and
// keeps what it was asked. Not a stand-in and not a double. Runs in threads of its own, which end with it; all methods
// may be called from any thread.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace readiness::test_support {

class HostileServer {
 public:
  /// Listens on a free port of 127.0.0.1. Throws std::system_error when it cannot.
  HostileServer();
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  int port() const;
  /// "http://127.0.0.1:<port><path>"
  std::string Url(std::string_view path) const;

  /// How often `path` was asked for, its query not counted as part of it.
  int Requests(std::string_view path) const;
  /// How many connections were made.
  int Connections() const;
  /// Head and body of the newest request for `path` as they came in; empty: none.
  std::string LastRequest(std::string_view path) const;
  /// Address that the newest request for `path` came from; empty: none.
  std::string LastPeer(std::string_view path) const;

  /// Every way to misbehave.
  static std::vector<std::string> Paths();

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace readiness::test_support
