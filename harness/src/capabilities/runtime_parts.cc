#include <utility>

#include "capabilities/http/http_curl.h"
#include "capabilities/runtime.h"
#include "capabilities/tokens/jwt_tokens.h"

namespace readiness {

RuntimeParts MakeRuntimeParts(const Session& session) {
  HttpPolicy policy;
  policy.allowed_hosts = session.allowed_hosts;
  RuntimeParts parts;
  parts.http = MakeCurlHttp(std::move(policy));
  parts.tokens = MakeJwtTokens(session.token_signing_key, session.token_algorithm);
  return parts;
}

}  // namespace readiness
