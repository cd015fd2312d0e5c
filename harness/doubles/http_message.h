#pragma once
// Requests and answers as the APIs of the doubles see them, free of any HTTP library. Values only.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace readiness::doubles {

/// The CONNECT request that opened a tunnel, or the host whose TLS port was used; both empty: plain HTTP.
struct TunnelOrigin {
  std::string host;
  std::string proxy_authorization;  ///< of the CONNECT request, as sent
};

struct HttpRequest {
  std::string method;
  std::string target;       ///< as sent: origin form, absolute form, or an authority after CONNECT
  std::string host;         ///< the Host header as sent
  std::string tunnel_host;  ///< the host whose TLS connection this came through; empty: plain HTTP
  std::string authorization;
  std::string proxy_authorization;  ///< of the request, or of the CONNECT that opened its tunnel
  std::string content_type;
  std::string body;
};

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds delay{0};  ///< waited before the answer is sent
  bool never = false;                  ///< the connection stays open and silent
  std::string tunnel_to;               ///< not empty: the connection becomes TLS with this host's certificate
  std::shared_ptr<void> hold;          ///< released when the answer has been sent or its client is gone
};

/// Path on plain HTTP that tells whether a double serves; never logged.
inline constexpr std::string_view kHealthPath = "/__double__/health";

/// Serves one kind of connection. Called on the server's thread only.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual HttpAnswer Handle(const HttpRequest& request) = 0;
  /// A request that could not be read. It is answered with `status`; `request` holds what was understood of it.
  virtual void Rejected(const HttpRequest& request, int status) = 0;
  /// A tunnel was opened, or a host's TLS port used, and no TLS came of it.
  virtual void HandshakeFailed(const TunnelOrigin&) {}
};

}  // namespace readiness::doubles
