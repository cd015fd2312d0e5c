#include "standin/tokens.h"

#include <jwt.h>
#include <sodium.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>

namespace readiness::standin {
namespace {

struct FreeJwt {
  void operator()(jwt_t* token) const { jwt_free(token); }
};
using Jwt = std::unique_ptr<jwt_t, FreeJwt>;

Jwt DecodeUnverified(const std::string& token) {
  jwt_t* decoded = nullptr;
  if (jwt_decode(&decoded, token.c_str(), nullptr, 0) != 0) return nullptr;
  return Jwt(decoded);
}

/// A numeric claim; nothing when it is absent or not an integer.
std::optional<long> IntegerClaim(jwt_t* token, const char* name) {
  errno = 0;
  const long value = jwt_get_grant_int(token, name);
  if (errno != 0) return std::nullopt;
  return value;
}

std::string HmacText(const std::string& key, const std::string& signed_part) {
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key.data()), key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size());
  crypto_auth_hmacsha256_final(&state, mac);
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  char text[sodium_base64_ENCODED_LEN(sizeof mac, kVariant)];
  sodium_bin2base64(text, sizeof text, mac, sizeof mac, kVariant);
  return text;
}

}  // namespace

Result<std::string> TokenIssuer::Issue(const std::string& subject, std::chrono::seconds lifetime) const {
  jwt_t* raw = nullptr;
  if (jwt_new(&raw) != 0) return Fail(ErrorKind::kInternal, "no memory for a token");
  const Jwt token(raw);
  const long expiry = static_cast<long>(std::time(nullptr) + lifetime.count());
  if (jwt_add_grant(raw, "sub", subject.c_str()) != 0 || jwt_add_grant_int(raw, "exp", expiry) != 0 ||
      jwt_set_alg(raw, JWT_ALG_HS256, reinterpret_cast<const unsigned char*>(key_.data()),
                  static_cast<int>(key_.size())) != 0)
    return Fail(ErrorKind::kInternal, "a token cannot be made");
  const std::unique_ptr<char, decltype(&std::free)> text(jwt_encode_str(raw), &std::free);
  if (!text) return Fail(ErrorKind::kInternal, "a token cannot be signed");
  return std::string(text.get());
}

bool TokenIssuer::SignatureHolds(const std::string& token, const TokenRules& rules) const {
  const std::size_t dot = token.rfind('.');
  if (dot == std::string::npos) return false;
  const std::string given = token.substr(dot + 1);
  const std::string due = HmacText(key_, token.substr(0, dot));
  if (!rules.verify_whole_signature && given.size() < due.size()) return due.compare(0, given.size(), given) == 0;
  return given.size() == due.size() && sodium_memcmp(given.data(), due.data(), due.size()) == 0;
}

std::optional<std::string> TokenIssuer::Subject(const std::string& token, const TokenRules& rules) const {
  const Jwt decoded = DecodeUnverified(token);
  if (!decoded) return std::nullopt;
  // Without a key libjwt forgets the algorithm that it read, so it is taken from the header.
  const char* header = jwt_get_header(decoded.get(), "alg");
  const std::string_view algorithm = header != nullptr ? header : "";
  const bool unsigned_accepted = rules.accept_unsigned && algorithm == "none";
  if (!unsigned_accepted) {
    if (algorithm != "HS256") return std::nullopt;
    if (rules.verify_signature && !SignatureHolds(token, rules)) return std::nullopt;
  }

  const std::time_t now = std::time(nullptr);
  if (rules.verify_expiry) {
    const auto expiry = IntegerClaim(decoded.get(), "exp");
    if (!expiry || *expiry <= now) return std::nullopt;
  }
  const auto not_before = IntegerClaim(decoded.get(), "nbf");
  if (rules.verify_not_before && not_before && *not_before > now) return std::nullopt;
  const char* subject = jwt_get_grant(decoded.get(), "sub");
  if (subject == nullptr) return std::nullopt;
  return std::string(subject);
}

}  // namespace readiness::standin
