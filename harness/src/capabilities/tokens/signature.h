#pragma once
// Signatures of JSON web tokens (RFC 7518). Signs only. Any thread.

#include <string>
#include <string_view>

#include "readiness/result.h"

namespace readiness {

/// HS*, RS*, PS*, ES* with 256, 384 or 512.
bool IsKnownAlgorithm(std::string_view algorithm);

/// The raw signature of `text`. `key` is the shared secret, or a private key as PEM. Errors: kNotAvailable (unknown
/// algorithm), kDefinition (the key does not fit the algorithm).
Result<std::string> Sign(std::string_view algorithm, std::string_view key, std::string_view text);

/// Do `algorithm`'s tokens have a private and a public key?
bool HasKeyPair(std::string_view algorithm);

/// What verifiers have of the private key `pem`: the public one as PEM. Errors: kDefinition (no private key).
Result<std::string> PublicKeyOf(std::string_view algorithm, std::string_view pem);

/// A fresh key that fits `algorithm`, in the form that Sign takes. Errors: kNotAvailable, kEnvironment.
Result<std::string> MakeKey(std::string_view algorithm);

}  // namespace readiness
