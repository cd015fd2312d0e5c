#pragma once
// The double as the harness sees it: opens accounts and reads the call log. Reached through a unix socket only. Knows
// no sockets itself. Not thread-safe: the server's thread only.
//   POST /accounts {"label", "records", "behaviour"?, "delay_ms"?, "token_lifetime_s"?}
//       201 {"id", "authorization_code", "canaries": [...], "records"}
//   GET /calls?account=<id>   200 {"calls": [...]}: of the account and of none; without the query: all. 404: unknown
//   account,
//       507: the log is full and therefore proves nothing.

#include "doubles/accounts.h"
#include "doubles/call_log.h"
#include "doubles/http_message.h"

namespace readiness::doubles::provider {

class AdminApi final : public HttpHandler {
 public:
  /// `accounts` and `log` must outlive this.
  AdminApi(Accounts& accounts, const CallLog& log) : accounts_(accounts), log_(log) {}

  HttpAnswer Handle(const HttpRequest& request) override;
  void Rejected(const HttpRequest&, int) override {}

 private:
  HttpAnswer OpenAccount(const std::string& body);
  HttpAnswer ListCalls(std::string_view query) const;

  Accounts& accounts_;
  const CallLog& log_;
};

}  // namespace readiness::doubles::provider
