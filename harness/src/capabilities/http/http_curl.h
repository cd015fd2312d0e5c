#pragma once
// Http over libcurl. One connection per exchange: libcurl silently sends a request again when a kept connection turns
// out dead, and a judge that counts upstream calls or rows must know that a request was sent once. Not a browser: no
// cookies, redirects, proxies, netrc, HTTP/0.9 or retries, whatever the environment says. One thread at a time.

#include <memory>
#include <string>
#include <vector>

#include "readiness/http.h"

namespace readiness {

/// Whom to talk to, and as whom.
struct HttpPolicy {
  std::vector<std::string> allowed_hosts;  ///< beside loopback: host names or addresses, exactly as in URLs
  std::string ca_file;                     ///< PEM bundle instead of the system's; empty: the system's
  std::string user_agent = "readiness";
};

/// An Http that keeps `policy` for its lifetime. Loopback is judged by the address that a connection really goes to.
std::unique_ptr<Http> MakeCurlHttp(HttpPolicy policy);

}  // namespace readiness
