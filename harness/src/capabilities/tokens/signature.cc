// Adapter of OpenSSL.

#include "capabilities/tokens/signature.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>

#include "base/text.h"
#include "capabilities/tokens/base64url.h"

namespace readiness {
namespace {

constexpr std::size_t kLongestKey = 64 * 1024;

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

enum class Family { kHmac, kRsa, kRsaPss, kEc };

struct Algorithm {
  std::string_view name;
  Family family;
  const EVP_MD* (*digest)();
  const char* curve;       ///< of kEc
  std::size_t coordinate;  ///< bytes of each half of an EC signature
};

constexpr std::array<Algorithm, 12> kAlgorithms{{
    {"HS256", Family::kHmac, EVP_sha256, nullptr, 0},
    {"HS384", Family::kHmac, EVP_sha384, nullptr, 0},
    {"HS512", Family::kHmac, EVP_sha512, nullptr, 0},
    {"RS256", Family::kRsa, EVP_sha256, nullptr, 0},
    {"RS384", Family::kRsa, EVP_sha384, nullptr, 0},
    {"RS512", Family::kRsa, EVP_sha512, nullptr, 0},
    {"PS256", Family::kRsaPss, EVP_sha256, nullptr, 0},
    {"PS384", Family::kRsaPss, EVP_sha384, nullptr, 0},
    {"PS512", Family::kRsaPss, EVP_sha512, nullptr, 0},
    {"ES256", Family::kEc, EVP_sha256, "P-256", 32},
    {"ES384", Family::kEc, EVP_sha384, "P-384", 48},
    {"ES512", Family::kEc, EVP_sha512, "P-521", 66},
}};

const Algorithm* Find(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms)
    if (algorithm.name == name) return &algorithm;
  return nullptr;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

tl::unexpected<Error> Unknown(std::string_view algorithm) {
  return Fail(Error{ErrorKind::kNotAvailable,
                    "tokens of this algorithm cannot be signed",
                    std::nullopt,
                    "HS, RS, PS or ES with 256, 384 or 512",
                    Printable(algorithm, 40),
                    {}});
}

tl::unexpected<Error> Unfit(const Algorithm& algorithm) {
  ERR_clear_error();  // its texts may quote the key
  return Fail(Error{ErrorKind::kDefinition,
                    "the deployment's signing key does not fit its algorithm",
                    std::nullopt,
                    fmt::format("a private key as PEM for {}", algorithm.name),
                    {},
                    "state the right \"signing_key\""});
}

Result<std::string> SignWithSecret(const Algorithm& algorithm, std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned size = 0;
  if (HMAC(algorithm.digest(), key.data(), static_cast<int>(key.size()), Bytes(text), text.size(), mac.data(), &size) ==
      nullptr)
    return Fail(ErrorKind::kEnvironment, "OpenSSL made no HMAC");
  return std::string(reinterpret_cast<const char*>(mac.data()), size);
}

/// Tokens hold both numbers of an EC signature at full width; OpenSSL gives them as DER.
Result<std::string> FlatEcSignature(const Algorithm& algorithm, const std::string& der) {
  const unsigned char* cursor = Bytes(der);
  const EcSignature parsed(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
  std::string flat(2 * algorithm.coordinate, '\0');
  auto* out = reinterpret_cast<unsigned char*>(flat.data());
  const int width = static_cast<int>(algorithm.coordinate);
  if (!parsed || BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out, width) != width ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out + width, width) != width)
    return Unfit(algorithm);
  return flat;
}

bool Fits(const Algorithm& algorithm, const EVP_PKEY* key) {
  if (algorithm.family != Family::kEc) return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         static_cast<std::size_t>(EVP_PKEY_get_bits(key) + 7) / 8 == algorithm.coordinate;
}

Key ReadPrivateKey(std::string_view pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // A passphrase would be asked for on the terminal; an empty callback makes such a key unfit instead.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  return Key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr));
}

std::string TextIn(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return std::string(text, static_cast<std::size_t>(size));
}

Result<std::string> SignWithPrivateKey(const Algorithm& algorithm, std::string_view pem, std::string_view text) {
  const Key key = ReadPrivateKey(pem);
  if (!key || !Fits(algorithm, key.get())) return Unfit(algorithm);
  const Digest context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestSignInit(context.get(), &parameters, algorithm.digest(), nullptr, key.get()) != 1)
    return Unfit(algorithm);
  if (algorithm.family == Family::kRsaPss &&
      (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1))
    return Unfit(algorithm);
  std::size_t size = 0;
  if (EVP_DigestSign(context.get(), nullptr, &size, Bytes(text), text.size()) != 1) return Unfit(algorithm);
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), out, &size, Bytes(text), text.size()) != 1) return Unfit(algorithm);
  signature.resize(size);
  return algorithm.family == Family::kEc ? FlatEcSignature(algorithm, signature) : signature;
}

}  // namespace

bool IsKnownAlgorithm(std::string_view algorithm) {
  return Find(algorithm) != nullptr;
}

bool HasKeyPair(std::string_view algorithm) {
  const Algorithm* known = Find(algorithm);
  return known != nullptr && known->family != Family::kHmac;
}

Result<std::string> PublicKeyOf(std::string_view algorithm, std::string_view pem) {
  const Algorithm* known = Find(algorithm);
  if (known == nullptr) return Unknown(algorithm);
  if (pem.size() > kLongestKey) return Unfit(*known);
  const Key key = ReadPrivateKey(pem);
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!key || PEM_write_bio_PUBKEY(memory.get(), key.get()) != 1) return Unfit(*known);
  return TextIn(memory.get());
}

Result<std::string> Sign(std::string_view algorithm, std::string_view key, std::string_view text) {
  const Algorithm* known = Find(algorithm);
  if (known == nullptr) return Unknown(algorithm);
  if (key.empty() || key.size() > kLongestKey) return Unfit(*known);
  return known->family == Family::kHmac ? SignWithSecret(*known, key, text) : SignWithPrivateKey(*known, key, text);
}

Result<std::string> MakeKey(std::string_view algorithm) {
  const Algorithm* known = Find(algorithm);
  if (known == nullptr) return Unknown(algorithm);
  if (known->family == Family::kHmac) return RandomBytes(64);
  constexpr std::size_t kRsaBits = 2048;
  const Key key(known->family == Family::kEc ? EVP_EC_gen(known->curve) : EVP_RSA_gen(kRsaBits));
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!key || PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return Fail(ErrorKind::kEnvironment, "OpenSSL made no key");
  return TextIn(memory.get());
}

}  // namespace readiness
