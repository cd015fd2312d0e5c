#pragma once
// What every double's server is: one thread, one TCP port for the target (plain HTTP, and TLS behind CONNECT for the
// hosts it stands for), if wanted a second one that is those hosts' TLS port, one unix socket for the harness. It
// listens on loopback unless it is told to serve a network of its own. It forwards nothing anywhere and knows no API.
// Start and destruction on any one thread; the getters on any; handlers are called on the server's thread.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doubles/http_message.h"
#include "readiness/result.h"

namespace readiness::doubles {

struct ServerConfig {
  int port = 0;                            ///< 0: a free one
  std::string admin_socket;                ///< absolute path of the unix socket of the admin API
  std::vector<std::string> hosts;          ///< upstream host names that the double stands for, lower case
  std::string ca_directory;                ///< absolute; ca.pem is written there
  std::size_t max_body_bytes = 64 * 1024;  ///< of a request
  /// Below the usual limit of 1024 descriptors. Further clients wait in the backlog: none is turned away unseen.
  int max_connections = 400;
  bool all_interfaces = false;     ///< listen on 0.0.0.0 instead of 127.0.0.1: for containers
  std::optional<int> tls_port;     ///< serves TLS at once, for `hosts` by server name; 0: a free one. Unset: none
  std::vector<std::string> names;  ///< at which the double itself is reached, beside localhost; lower case
};

class Server {
 public:
  /// Serves when this returns; ca.pem is then in place. The handlers must outlive the Server. Errors: kEnvironment
  /// (port or socket taken, folder not writable).
  static Result<std::unique_ptr<Server>> Start(HttpHandler& api, HttpHandler& admin, const ServerConfig& config);

  /// Ends every connection at once and removes the admin socket.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port that was bound.
  int port() const;
  /// That for TLS; 0: none.
  int tls_port() const;
  /// The certificate that targets must trust.
  const std::string& ca_file() const;

 private:
  class Running;
  explicit Server(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace readiness::doubles
