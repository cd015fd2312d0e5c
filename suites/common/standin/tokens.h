#pragma once
// Bearer tokens of a stand-in: HS256 JWTs with `sub` (a string) and `exp` (libjwt). The rules can be loosened, because
// a system that checks too little is what several defects are. Immutable; any thread.

#include <chrono>
#include <optional>
#include <string>

#include "readiness/result.h"

namespace readiness::standin {

/// What is checked. The defaults are what a sound system does.
struct TokenRules {
  bool verify_signature = true;
  bool verify_whole_signature = true;  ///< false: only as many characters of it as the token brings
  bool verify_expiry = true;
  bool verify_not_before = true;
  bool accept_unsigned = false;  ///< alg "none"
};

class TokenIssuer {
 public:
  explicit TokenIssuer(std::string key) : key_(std::move(key)) {}

  /// A token for `subject`. Errors: kInternal when libjwt fails.
  Result<std::string> Issue(const std::string& subject, std::chrono::seconds lifetime) const;

  /// The subject of a token that satisfies `rules`; nothing for any other text.
  std::optional<std::string> Subject(const std::string& token, const TokenRules& rules = {}) const;

 private:
  bool SignatureHolds(const std::string& token, const TokenRules& rules) const;

  std::string key_;
};

}  // namespace readiness::standin
