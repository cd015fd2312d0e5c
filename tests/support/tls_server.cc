#include "support/tls_server.h"

#include <httplib.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <thread>

namespace readiness::test_support {
namespace {

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;

void AddExtension(X509* certificate, int id, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    throw std::runtime_error("no extension " + value);
}

Certificate SelfSigned(EVP_PKEY* key, const std::string& host) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("Readiness test"), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), name);
  const bool address = host.find_first_not_of("0123456789.") == std::string::npos;
  AddExtension(certificate.get(), NID_subject_alt_name, (address ? "IP:" : "DNS:") + host);
  AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  if (X509_sign(certificate.get(), key, EVP_sha256()) == 0) throw std::runtime_error("certificate not signed");
  return certificate;
}

std::string Pem(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

class TlsServer::Running {
 public:
  explicit Running(const std::string& host)
      : key_(EVP_EC_gen("P-256")),
        certificate_(SelfSigned(key_.get(), host)),
        pem_(Pem(certificate_.get())),
        server_(certificate_.get(), key_.get()) {
    server_.Get(".*", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("{\"secure\": true}", "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("no port");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~Running() {
    while (!server_.is_running()) std::this_thread::yield();  // before that, stop() would have no effect
    server_.stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  int port() const { return port_; }
  const std::string& pem() const { return pem_; }

 private:
  Key key_;
  Certificate certificate_;
  std::string pem_;
  httplib::SSLServer server_;
  int port_ = 0;
  std::thread thread_;
};

TlsServer::TlsServer(const std::string& host) : running_(std::make_unique<Running>(host)) {}
TlsServer::~TlsServer() = default;

std::string TlsServer::Url(std::string_view host, std::string_view path) const {
  return "https://" + std::string(host) + ":" + std::to_string(running_->port()) + std::string(path);
}

const std::string& TlsServer::certificate() const {
  return running_->pem();
}

}  // namespace readiness::test_support
