#pragma once
// Forged credentials made from a genuine one. It mints; it never validates: whether a token is good is for the target
// to say.

#include <chrono>
#include <string>
#include <vector>

#include "readiness/identities.h"
#include "readiness/result.h"

namespace readiness {

/// A credential that must not be honoured, and what is wrong with it.
struct ForgedToken {
  std::string name;  ///< "garbage", "empty-signature", "alg-none" and its capitalisations, "payload-swapped",
                     ///< "truncated-signature", "wrong-key"; of HS algorithms "key-named" and "key-brought"; with the
                     ///< signing key also "expired", "not-yet-valid", "unknown-user" (with `sub`), "wrong-audience"
                     ///< (with `aud`), "other-algorithm" (not of ES), "key-confusion" (of a key pair)
  std::string what;  ///< one phrase for evidence
  std::string token;
};

class Tokens {
 public:
  virtual ~Tokens() = default;
  /// Every forgery of `owner`'s JWT that can be made: those without the signing key always, the others when the
  /// deployment states the key. `stranger` lends its genuine signature for the swapped payload. Errors: kMalformed when
  /// the owner's token is not a JWT.
  virtual Result<std::vector<ForgedToken>> Forge(const Identity& owner, const Identity& stranger) = 0;
  /// The owner's claims signed anew with the deployment's key and valid for another hour: the control that shows that
  /// the minter signs as the target does. Errors: kNotAvailable when the deployment states no key.
  virtual Result<std::string> Reissue(const Identity& owner) = 0;
};

}  // namespace readiness
