#include "capabilities/tokens/jwt_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/located_json.h"
#include "base/text.h"
#include "capabilities/tokens/base64url.h"
#include "capabilities/tokens/signature.h"

namespace readiness {
namespace {

constexpr std::size_t kLongestToken = 16 * 1024;
constexpr std::int64_t kHour = 3600;

/// A token taken apart. The encoded parts are kept: what is not forged has to stay byte for byte.
struct Jwt {
  std::string header;
  std::string payload;
  std::string signature;
  Json header_json;
  Json claims;
  std::string signature_bytes;
  std::string algorithm;
};

std::string Join(std::string_view header, std::string_view payload, std::string_view signature) {
  return fmt::format("{}.{}.{}", header, payload, signature);
}

Error NotAJwt(const Identity& identity, std::string expected, std::string actual) {
  return Error{
      ErrorKind::kMalformed, fmt::format("the token of \"{}\" is not a JSON web token", Printable(identity.label, 80)),
      std::nullopt,          std::move(expected),
      std::move(actual),     {}};
}

Result<Json> ParsePart(const Identity& identity, std::string_view name, std::string_view part) {
  const auto bytes = FromBase64Url(part);
  if (!bytes) return Fail(NotAJwt(identity, fmt::format("base64url in its {}", name), "something else"));
  auto json = ParseStrictJson(*bytes, std::string(name));
  if (!json) return Fail(NotAJwt(identity, fmt::format("JSON in its {}", name), json.error().what));
  if (!json->is_object()) return Fail(NotAJwt(identity, fmt::format("an object in its {}", name), json->type_name()));
  return std::move(*json);
}

Result<Jwt> Parse(const Identity& identity) {
  const std::string& token = identity.token;
  if (token.empty()) return Fail(NotAJwt(identity, "three parts", "no token"));
  if (token.size() > kLongestToken)
    return Fail(
        NotAJwt(identity, fmt::format("at most {} bytes", kLongestToken), fmt::format("{} bytes", token.size())));
  const auto dots = std::count(token.begin(), token.end(), '.');
  if (dots != 2) return Fail(NotAJwt(identity, "three parts", fmt::format("{} parts", dots + 1)));
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  Jwt jwt;
  jwt.header = token.substr(0, first);
  jwt.payload = token.substr(first + 1, second - first - 1);
  jwt.signature = token.substr(second + 1);
  READINESS_ASSIGN(jwt.header_json, ParsePart(identity, "header", jwt.header));
  READINESS_ASSIGN(jwt.claims, ParsePart(identity, "payload", jwt.payload));
  const auto signature = FromBase64Url(jwt.signature);
  if (!signature) return Fail(NotAJwt(identity, "base64url in its signature", "something else"));
  if (signature->size() < 2) return Fail(NotAJwt(identity, "a signature", "none"));
  jwt.signature_bytes = *signature;
  const auto algorithm = jwt.header_json.find("alg");
  if (algorithm == jwt.header_json.end() || !algorithm->is_string())
    return Fail(NotAJwt(identity, "a string \"alg\" in its header", "none"));
  jwt.algorithm = algorithm->get<std::string>();
  return jwt;
}

std::int64_t UnixNow() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The claims as they would have been at an issue at `issued` that ends at `expires`.
Json ClaimsFor(const Jwt& jwt, std::int64_t issued, std::int64_t expires) {
  Json claims = jwt.claims;
  claims["exp"] = expires;
  for (const char* moment : {"iat", "nbf", "auth_time"})
    if (claims.contains(moment)) claims[moment] = issued;
  return claims;
}

std::vector<ForgedToken> Unsigned(const Jwt& owner) {
  constexpr std::array<std::pair<const char*, const char*>, 3> kVariants{
      {{"alg-none", "none"}, {"alg-none-capitalised", "None"}, {"alg-none-mixed-case", "nONE"}}};
  std::vector<ForgedToken> forged;
  forged.push_back(
      {"empty-signature", "the owner's token without its signature", Join(owner.header, owner.payload, "")});
  for (const auto& [name, algorithm] : kVariants) {
    Json header = owner.header_json;
    header["alg"] = algorithm;
    forged.push_back({name, fmt::format("the owner's claims, unsigned, with alg \"{}\"", algorithm),
                      Join(ToBase64Url(header.dump()), owner.payload, "")});
  }
  return forged;
}

/// A subject of the same form that nobody has.
Json NobodyLike(const Json& subject) {
  constexpr std::int64_t kBeyondAllIds = 2'000'000'000;
  const std::string hex = RandomHex(16);
  const std::int64_t number = kBeyondAllIds + std::stoll(hex.substr(0, 6), nullptr, 16);
  if (!subject.is_string()) return number;
  const std::string& text = subject.get_ref<const std::string&>();
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) return std::to_string(number);
  if (text.find('@') != std::string::npos) return "nobody" + hex + "@readiness.example.com";
  constexpr std::size_t kUuidLength = 36;
  if (text.size() != kUuidLength) return "nobody" + hex;
  return fmt::format("{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3),
                     hex.substr(20));
}

class JwtTokens final : public Tokens {
 public:
  JwtTokens(std::string signing_key, std::string algorithm)
      : signing_key_(std::move(signing_key)), algorithm_(std::move(algorithm)) {}

  Result<std::vector<ForgedToken>> Forge(const Identity& owner, const Identity& stranger) override {
    READINESS_ASSIGN(const Jwt genuine, Parse(owner));
    READINESS_ASSIGN(const Jwt other, Parse(stranger));
    if (genuine.payload == other.payload)
      return Fail(Error{ErrorKind::kNotAvailable,
                        "tokens cannot be swapped",
                        std::nullopt,
                        "two principals",
                        fmt::format("the same claims of \"{}\" and \"{}\"", owner.label, stranger.label),
                        {}});
    std::vector<ForgedToken> forged = Unsigned(genuine);
    forged.push_back({"garbage", "three parts that mean nothing", fmt::format("not.a.{}", RandomHex(16))});
    forged.push_back({"payload-swapped",
                      "the owner's claims under the header and signature of another principal's token",
                      Join(other.header, genuine.payload, other.signature)});
    const std::string cut = genuine.signature_bytes.substr(0, genuine.signature_bytes.size() - 1);
    forged.push_back({"truncated-signature", "the owner's token with the last byte of its signature cut off",
                      Join(genuine.header, genuine.payload, ToBase64Url(cut))});
    READINESS_RETURN_IF_ERROR(AddWrongKey(genuine, forged));
    READINESS_RETURN_IF_ERROR(AddOwnKeys(genuine, forged));
    if (signing_key_.empty()) return forged;
    READINESS_RETURN_IF_ERROR(AddUntimely(genuine, forged));
    READINESS_RETURN_IF_ERROR(AddMisdirected(genuine, forged));
    READINESS_RETURN_IF_ERROR(AddOtherAlgorithms(genuine, forged));
    return forged;
  }

  Result<std::string> Reissue(const Identity& owner) override {
    if (signing_key_.empty())
      return Fail(Error{ErrorKind::kNotAvailable, "tokens cannot be issued", std::nullopt,
                        "the key that the target signs with", "none",
                        "state \"token\".\"signing_key\" in the deployment"});
    READINESS_ASSIGN(const Jwt genuine, Parse(owner));
    const std::int64_t now = UnixNow();
    return Mint(genuine, ClaimsFor(genuine, now, now + kHour));
  }

 private:
  /// `claims` under the genuine header, signed with the deployment's key.
  Result<std::string> Mint(const Jwt& genuine, const Json& claims) const {
    if (genuine.algorithm != algorithm_)
      return Fail(Error{ErrorKind::kDefinition, "the deployment states another token algorithm than the target uses",
                        std::nullopt, Printable(genuine.algorithm, 40), Printable(algorithm_, 40),
                        "state the target's \"token\".\"algorithm\" in the deployment"});
    return SignedWith(signing_key_, genuine, ToBase64Url(claims.dump()));
  }

  static Result<std::string> SignedWith(const std::string& key, const Jwt& genuine, const std::string& payload) {
    READINESS_ASSIGN(const std::string signature, Sign(genuine.algorithm, key, genuine.header + "." + payload));
    return Join(genuine.header, payload, ToBase64Url(signature));
  }

  static Result<void> AddWrongKey(const Jwt& genuine, std::vector<ForgedToken>& forged) {
    if (!IsKnownAlgorithm(genuine.algorithm)) return {};
    READINESS_ASSIGN(const std::string key, MakeKey(genuine.algorithm));
    READINESS_ASSIGN(std::string token, SignedWith(key, genuine, genuine.payload));
    forged.push_back({"wrong-key", "the owner's claims signed with a key of nobody's", std::move(token)});
    return {};
  }

  // The header says which key to believe: one that it points to, or one that it brings along.
  static Result<void> AddOwnKeys(const Jwt& genuine, std::vector<ForgedToken>& forged) {
    if (!genuine.algorithm.starts_with("HS") || !IsKnownAlgorithm(genuine.algorithm)) return {};
    const auto add = [&](const char* name, const char* what, Json header, const std::string& key) -> Result<void> {
      const std::string encoded = ToBase64Url(header.dump());
      READINESS_ASSIGN(const std::string signature, Sign(genuine.algorithm, key, encoded + "." + genuine.payload));
      forged.push_back({name, what, Join(encoded, genuine.payload, ToBase64Url(signature))});
      return {};
    };
    Json header = genuine.header_json;
    header["kid"] = "../../../../../../../../../../proc/sys/kernel/ostype";
    READINESS_RETURN_IF_ERROR(add(
        "key-named", "the owner's claims, signed with the contents of a file that \"kid\" names", header, "Linux\n"));
    READINESS_ASSIGN(const std::string key, MakeKey(genuine.algorithm));
    header = genuine.header_json;
    header["jwk"] = Json{{"kty", "oct"}, {"k", ToBase64Url(key)}, {"alg", genuine.algorithm}};
    return add("key-brought", "the owner's claims, signed with a key that the header brings along", header, key);
  }

  Result<void> AddUntimely(const Jwt& genuine, std::vector<ForgedToken>& forged) const {
    const std::int64_t now = UnixNow();
    READINESS_ASSIGN(std::string expired, Mint(genuine, ClaimsFor(genuine, now - 2 * kHour, now - kHour)));
    forged.push_back({"expired", "the owner's claims, properly signed, expired an hour ago", std::move(expired)});
    Json claims = ClaimsFor(genuine, now, now + 2 * kHour);
    claims["nbf"] = now + kHour;
    READINESS_ASSIGN(std::string early, Mint(genuine, claims));
    forged.push_back({"not-yet-valid", "the owner's claims, properly signed, valid only in an hour", std::move(early)});
    return {};
  }

  // Properly signed and timely, but for somebody or something else.
  Result<void> AddMisdirected(const Jwt& genuine, std::vector<ForgedToken>& forged) const {
    const std::int64_t now = UnixNow();
    if (const auto subject = genuine.claims.find("sub"); subject != genuine.claims.end()) {
      Json claims = ClaimsFor(genuine, now, now + kHour);
      claims["sub"] = NobodyLike(*subject);
      READINESS_ASSIGN(std::string token, Mint(genuine, claims));
      forged.push_back({"unknown-user", "properly signed claims of a user that does not exist", std::move(token)});
    }
    if (genuine.claims.contains("aud")) {
      Json claims = ClaimsFor(genuine, now, now + kHour);
      claims["aud"] = "https://readiness.example.com/another-audience";
      READINESS_ASSIGN(std::string token, Mint(genuine, claims));
      forged.push_back(
          {"wrong-audience", "the owner's claims, properly signed, for another audience", std::move(token)});
    }
    return {};
  }

  Result<void> AddOtherAlgorithms(const Jwt& genuine, std::vector<ForgedToken>& forged) const {
    const auto add = [&](const char* name, const char* what, const std::string& algorithm,
                         const std::string& key) -> Result<void> {
      Json header = genuine.header_json;
      header["alg"] = algorithm;
      const std::string encoded = ToBase64Url(header.dump());
      READINESS_ASSIGN(const std::string signature, Sign(algorithm, key, encoded + "." + genuine.payload));
      forged.push_back({name, what, Join(encoded, genuine.payload, ToBase64Url(signature))});
      return {};
    };
    // The algorithm of an elliptic curve key follows from the key.
    if (!genuine.algorithm.starts_with("ES")) {
      const std::string other = genuine.algorithm.substr(0, 2) + (genuine.algorithm.ends_with("512") ? "256" : "512");
      READINESS_RETURN_IF_ERROR(add("other-algorithm",
                                    "the owner's claims, signed with the right key by an algorithm that the target "
                                    "does not use",
                                    other, signing_key_));
    }
    if (!HasKeyPair(genuine.algorithm)) return {};
    READINESS_ASSIGN(const std::string public_key, PublicKeyOf(genuine.algorithm, signing_key_));
    return add("key-confusion", "the owner's claims, signed by HS256 with the text of the public key as secret",
               "HS256", public_key);
  }

  std::string signing_key_;
  std::string algorithm_;
};

}  // namespace

std::unique_ptr<Tokens> MakeJwtTokens(std::string signing_key, std::string algorithm) {
  return std::make_unique<JwtTokens>(std::move(signing_key), std::move(algorithm));
}

}  // namespace readiness
