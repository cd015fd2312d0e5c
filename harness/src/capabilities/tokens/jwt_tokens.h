#pragma once
// Tokens for targets whose credentials are JSON web tokens. Mints only. Stateless but for the key; one thread at a
// time.

#include <memory>
#include <string>

#include "readiness/tokens.h"

namespace readiness {

/// `signing_key` as the target uses it: the shared secret of HS256, HS384 or HS512, or a private key as PEM for RS256
/// and ES256 and their like; empty when the deployment does not state it. `algorithm` goes with the key.
std::unique_ptr<Tokens> MakeJwtTokens(std::string signing_key, std::string algorithm);

}  // namespace readiness
