#pragma once
// A certificate authority that lives as long as the process: EC P-256, its key only in memory. Wraps OpenSSL's X.509;
// the certificates are good for a week and, for clients that look at name constraints, for the given hosts only.
// Construction and Issue on one thread; the results may be shared.

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness::doubles {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const;
};
struct CertificateDeleter {
  void operator()(X509* certificate) const;
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using Certificate = std::unique_ptr<X509, CertificateDeleter>;

struct ServerIdentity {
  Key key;
  Certificate certificate;
};

class CertificateAuthority {
 public:
  /// A new authority that vouches for `hosts`. Errors: kInternal when OpenSSL refuses.
  static Result<CertificateAuthority> Create(const std::vector<std::string>& hosts);

  /// A new key with a server certificate for `host` (subject alternative name).
  Result<ServerIdentity> Issue(const std::string& host) const;

  /// The authority's own certificate as PEM.
  Result<std::string> Pem() const;

 private:
  CertificateAuthority(Key key, Certificate certificate) : key_(std::move(key)), certificate_(std::move(certificate)) {}

  Key key_;
  Certificate certificate_;
};

}  // namespace readiness::doubles
