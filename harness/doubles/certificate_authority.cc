#include "doubles/certificate_authority.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

namespace readiness::doubles {
namespace {

constexpr long kBackdatedSeconds = 24 * 3600;  // of a target whose clock is behind
constexpr long kValidSeconds = 7 * 24 * 3600;
constexpr long kX509v3 = 2;
constexpr int kSerialBits = 127;

tl::unexpected<Error> OpenSslFailed(std::string what) {
  char reason[256] = "no reason given";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, reason, sizeof reason);
  ERR_clear_error();
  return Fail(Error{ErrorKind::kInternal, std::move(what), std::nullopt, {}, reason, {}});
}

bool SetRandomSerial(X509* certificate) {
  BIGNUM* number = BN_new();
  const bool done = number != nullptr && BN_rand(number, kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return done;
}

bool SetCommonName(X509* certificate, const std::string& name) {
  // A common name holds 64 characters; clients look at the alternative name anyway.
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(std::min<std::size_t>(name.size(), 64)), -1, 0) == 1;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

/// A certificate for `key` with everything but issuer, extensions and signature.
Certificate Begin(EVP_PKEY* key, const std::string& common_name) {
  Certificate certificate(X509_new());
  const bool done = certificate && X509_set_version(certificate.get(), kX509v3) == 1 &&
                    SetRandomSerial(certificate.get()) &&
                    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBackdatedSeconds) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidSeconds) != nullptr &&
                    SetCommonName(certificate.get(), common_name) && X509_set_pubkey(certificate.get(), key) == 1;
  return done ? std::move(certificate) : nullptr;
}

std::string PermittedNames(const std::vector<std::string>& hosts) {
  std::string names = "critical";
  for (const auto& host : hosts) names += ",permitted;DNS:" + host;
  return names;
}

}  // namespace

void KeyDeleter::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}
void CertificateDeleter::operator()(X509* certificate) const {
  X509_free(certificate);
}

Result<CertificateAuthority> CertificateAuthority::Create(const std::vector<std::string>& hosts) {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslFailed("no key for the certificate authority");
  Certificate certificate = Begin(key.get(), "Readiness data provider double");
  X509* raw = certificate.get();
  const bool done = raw != nullptr && X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1 &&
                    AddExtension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    AddExtension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    AddExtension(raw, raw, NID_subject_key_identifier, "hash") &&
                    (hosts.empty() || AddExtension(raw, raw, NID_name_constraints, PermittedNames(hosts))) &&
                    X509_sign(raw, key.get(), EVP_sha256()) > 0;
  if (!done) return OpenSslFailed("no certificate for the certificate authority");
  return CertificateAuthority(std::move(key), std::move(certificate));
}

Result<ServerIdentity> CertificateAuthority::Issue(const std::string& host) const {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslFailed("no key for " + host);
  Certificate certificate = Begin(key.get(), host);
  X509* raw = certificate.get();
  X509* issuer = certificate_.get();
  const bool done = raw != nullptr && X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1 &&
                    AddExtension(raw, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    AddExtension(raw, issuer, NID_key_usage, "critical,digitalSignature") &&
                    AddExtension(raw, issuer, NID_ext_key_usage, "serverAuth") &&
                    AddExtension(raw, issuer, NID_subject_key_identifier, "hash") &&
                    AddExtension(raw, issuer, NID_authority_key_identifier, "keyid:always") &&
                    AddExtension(raw, issuer, NID_subject_alt_name, "DNS:" + host) &&
                    X509_sign(raw, key_.get(), EVP_sha256()) > 0;
  if (!done) return OpenSslFailed("no certificate for " + host);
  return ServerIdentity{std::move(key), std::move(certificate)};
}

Result<std::string> CertificateAuthority::Pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  char* text = nullptr;
  if (memory == nullptr || PEM_write_bio_X509(memory, certificate_.get()) != 1) {
    BIO_free(memory);
    return OpenSslFailed("the certificate cannot be written as PEM");
  }
  const long size = BIO_get_mem_data(memory, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(memory);
  return pem;
}

}  // namespace readiness::doubles
