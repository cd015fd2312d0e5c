#pragma once
// Passwords stored as argon2id hashes (libsodium), sized so that a login stays well under 100 ms. At most four hashes
// are computed at once: each takes 16 MiB. Any thread.

#include <string>

#include "readiness/result.h"

namespace readiness::standin {

/// The hash to store. Errors: kEnvironment when there is no memory for it.
Result<std::string> HashPassword(const std::string& password);

/// Whether `password` is the one that `hash` was made from. An empty `hash` (no such account) takes as long and is
/// false, so that the time of an answer does not tell which accounts exist.
bool PasswordMatches(const std::string& hash, const std::string& password);

}  // namespace readiness::standin
