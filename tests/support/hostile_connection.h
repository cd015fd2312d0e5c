#pragma once
// One accepted connection of the hostile server, as a misbehaviour sees it. One thread.

#include <chrono>
#include <string>
#include <string_view>

namespace readiness::test_support {

class HostileConnection {
 public:
  /// Takes over `socket`. Everything ends early once `stop` (an eventfd) becomes readable.
  HostileConnection(int socket, int stop);
  ~HostileConnection();
  HostileConnection(const HostileConnection&) = delete;
  HostileConnection& operator=(const HostileConnection&) = delete;

  /// The head of the next request, and its body as far as Content-Length says; empty: the peer left.
  std::string ReceiveRequest();
  /// False once the peer has gone or the server stops.
  bool Send(std::string_view bytes);
  /// Waits that long; false when the peer has gone or the server stops meanwhile.
  bool Linger(std::chrono::milliseconds duration);
  /// Waits until the peer goes or the server stops.
  void LingerForEver();
  /// Closes with a reset instead of a farewell.
  void Reset();

  std::string PeerAddress() const;

 private:
  bool WaitFor(short events, std::chrono::milliseconds timeout);

  int socket_;
  int stop_;
};

}  // namespace readiness::test_support
