#include "capabilities/sending.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "capabilities/loopback.h"
#include "capabilities/placeholders.h"

namespace readiness {

Result<std::string> ServiceUrl(const Session& session, const std::string& service) {
  const auto found = session.services.find(service);
  if (found == session.services.end() || found->second.url.empty()) {
    return Fail(ErrorKind::kNotAvailable,
                "the deployment \"" + session.deployment_id + "\" has no address for service \"" + service + "\"");
  }
  return found->second.url;
}

bool IsSameHeaderName(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool HasHeader(const HttpRequest& request, const std::string& name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const auto& header) { return IsSameHeaderName(header.first, name); });
}

Result<void> AddCredential(const Target& target, const Identity& who, SecretKeeper& secrets, HttpRequest& request) {
  if (who.token.empty() || HasHeader(request, target.credential_header)) return {};
  const Values token{{"token", who.token}};
  READINESS_ASSIGN(std::string value, FillHeader(target.credential_value, ValueLayers({&token})));
  secrets.AddLikely(who.token);
  request.headers.emplace_back(target.credential_header, std::move(value));
  return {};
}

void AddSourceAddress(const Identity& who, const std::string& service_url, HttpRequest& request) {
  if (!who.source_address.empty() && IsFirstLoopback(service_url)) request.source_address = who.source_address;
}

}  // namespace readiness
