#pragma once
// A well-behaved HTTPS server on loopback with a certificate of its own making, for tests of certificate checks. Runs
// in a thread of its own, which ends with it.

#include <memory>
#include <string>
#include <string_view>

namespace readiness::test_support {

class TlsServer {
 public:
  /// Its certificate vouches for itself and names `host` (an address or a DNS name). Throws std::runtime_error.
  explicit TlsServer(const std::string& host);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  /// "https://<host><:port><path>"; every GET is answered with {"secure": true}.
  std::string Url(std::string_view host, std::string_view path) const;
  /// The certificate as PEM, for clients that should trust it.
  const std::string& certificate() const;

 private:
  class Running;
  std::unique_ptr<Running> running_;
};

}  // namespace readiness::test_support
