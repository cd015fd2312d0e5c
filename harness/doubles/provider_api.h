#pragma once
// The provider as the target sees it: OAuth 2 token endpoint, data resources, and the proxy that leads nowhere else.
// Logs each call before it returns the answer. Knows no sockets. Not thread-safe: the server's thread only.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doubles/accounts.h"
#include "doubles/call_log.h"
#include "doubles/http_message.h"

namespace readiness::doubles::provider {

struct ProviderSettings {
  std::vector<std::string> hosts;  ///< normal
  std::string client_id;
  std::string client_secret;
  std::vector<std::string> names;  ///< the double's own, beside localhost; normal
};

class ProviderApi final : public HttpHandler {
 public:
  /// `accounts` and `log` must outlive this.
  ProviderApi(ProviderSettings settings, Accounts& accounts, CallLog& log)
      : settings_(std::move(settings)), accounts_(accounts), log_(log) {}

  HttpAnswer Handle(const HttpRequest& request) override;
  void Rejected(const HttpRequest& request, int status) override;

  /// A target asked for a connection to `host` and then did not complete TLS (it may not trust the CA).
  void HandshakeFailed(const TunnelOrigin& origin) override;

 private:
  struct Route;
  struct Served {
    HttpAnswer answer;
    CallKind kind = CallKind::kOther;
    std::string account;
    std::string host;
  };
  static const Route* FindRoute(std::string_view path);

  Served Serve(const HttpRequest& request) const;
  Served Dispatch(const HttpRequest& request, Served served);
  void ServeAuthorize(const HttpRequest& request, std::string_view query, Served& served);
  void ServeToken(const HttpRequest& request, std::string_view query, Served& served);
  void ServeData(const HttpRequest& request, std::string_view query, Served& served);

  bool StandsFor(const std::string& host) const;
  bool IsOwnName(const std::string& host) const;
  std::string AccountOf(const std::string& credential) const;
  HttpAnswer Log(const HttpRequest& request, Served served);

  ProviderSettings settings_;
  Accounts& accounts_;
  CallLog& log_;
};

}  // namespace readiness::doubles::provider
