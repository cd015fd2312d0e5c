#include "doubles/server.h"

#include <utility>  // Boost.Asio 1.74 needs it first

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cerrno>
#include <map>
#include <system_error>
#include <thread>

#include "base/files.h"
#include "doubles/certificate_authority.h"
#include "doubles/http_session.h"
#include "doubles/uri.h"

namespace readiness::doubles {
namespace {

using asio::ip::tcp;
using asio::local::stream_protocol;
using UnixStream = beast::basic_stream<stream_protocol>;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::chrono::seconds kHandshakeTimeout{10};
constexpr std::chrono::milliseconds kAcceptRetry{50};
constexpr int kMaxAdminConnections = 32;
constexpr std::size_t kFirstBytes = 4096;

Error EnvironmentError(std::string what, std::string actual, std::string fix = {}) {
  return Error{ErrorKind::kEnvironment, std::move(what), std::nullopt, {}, std::move(actual), std::move(fix)};
}

/// Accepts up to `max` connections at a time. Owned by a shared_ptr so that slots may outlive it.
template <class Protocol>
class Listener : public std::enable_shared_from_this<Listener<Protocol>> {
 public:
  using Socket = typename Protocol::socket;
  using OnSocket = std::function<void(Socket, Slot)>;

  Listener(asio::io_context& context, int max) : acceptor(context), retry_(context), max_(max) {}

  void Run(OnSocket on_socket) {
    on_socket_ = std::move(on_socket);
    Accept();
  }

  /// No further accept; required before the io_context goes, whose destruction releases slots.
  void Stop() { stopped_ = true; }

  typename Protocol::acceptor acceptor;

 private:
  void Accept() {
    if (stopped_) return;
    if (open_ >= max_) {
      waiting_ = true;
      return;
    }
    waiting_ = false;
    acceptor.async_accept([self = this->shared_from_this()](ErrorCode error, Socket socket) {
      if (error) return self->AcceptLater();
      self->on_socket_(std::move(socket), self->TakeSlot());
      self->Accept();
    });
  }

  /// Out of descriptors or the client was gone already: neither ends the double.
  void AcceptLater() {
    retry_.expires_after(kAcceptRetry);
    retry_.async_wait([self = this->shared_from_this()](ErrorCode error) {
      if (!error) self->Accept();
    });
  }

  Slot TakeSlot() {
    ++open_;
    return Slot(nullptr, [weak = this->weak_from_this()](void*) {
      const auto self = weak.lock();
      if (!self) return;
      --self->open_;
      if (self->waiting_) self->Accept();
    });
  }

  asio::steady_timer retry_;
  OnSocket on_socket_;
  const int max_;
  int open_ = 0;
  bool waiting_ = false;
  bool stopped_ = false;
};

Result<void> ListenTcp(tcp::acceptor& acceptor, bool all_interfaces, int port) {
  ErrorCode error;
  const auto address = all_interfaces ? asio::ip::address_v4::any() : asio::ip::address_v4::loopback();
  const tcp::endpoint endpoint(address, static_cast<unsigned short>(port));
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  return Fail(
      EnvironmentError("cannot listen on " + address.to_string() + ":" + std::to_string(port), error.message()));
}

/// A socket file that a killed process left behind is removed; one that is alive, or any other file, is not.
Result<void> RemoveStaleSocket(asio::io_context& context, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode))
    return Fail(EnvironmentError("cannot listen on " + path, "the path is taken by a file"));
  ErrorCode error;
  stream_protocol::socket probe(context);
  probe.connect(stream_protocol::endpoint(path), error);
  if (error != asio::error::connection_refused) {
    return Fail(EnvironmentError("cannot listen on " + path, "another process listens there"));
  }
  ::unlink(path.c_str());
  return {};
}

Result<void> ListenUnix(asio::io_context& context, stream_protocol::acceptor& acceptor, const std::string& path) {
  READINESS_RETURN_IF_ERROR(RemoveStaleSocket(context, path));
  ErrorCode error;
  acceptor.open(stream_protocol(), error);
  if (!error) acceptor.bind(stream_protocol::endpoint(path), error);
  // Between bind and listen nobody can connect, so the mode is right before it matters.
  if (!error && ::chmod(path.c_str(), 0600) != 0) error.assign(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  return Fail(EnvironmentError("cannot listen on " + path, error.message()));
}

Result<std::unique_ptr<asio::ssl::context>> TlsContext(const ServerIdentity& identity) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  const bool done = SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) == 1 &&
                    SSL_CTX_use_certificate(native, identity.certificate.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(native, identity.key.get()) == 1;
  if (!done) return Fail(ErrorKind::kInternal, "OpenSSL refuses the certificate that was just made");
  return context;
}

/// The certificates of the hosts that the double stands for. Outlives every session.
class TlsHosts {
 public:
  TlsHosts() = default;
  TlsHosts(const TlsHosts&) = delete;
  TlsHosts& operator=(const TlsHosts&) = delete;

  Result<void> Issue(const CertificateAuthority& authority, const std::vector<std::string>& hosts) {
    for (const std::string& host : hosts) {
      READINESS_ASSIGN(const ServerIdentity identity, authority.Issue(host));
      READINESS_ASSIGN(contexts_[host], TlsContext(identity));
    }
    any_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(any_->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_tlsext_servername_arg(any_->native_handle(), this);
    SSL_CTX_set_tlsext_servername_callback(any_->native_handle(), &TlsHosts::Choose);
    return {};
  }

  asio::ssl::context& At(const std::string& host) { return *contexts_.at(host); }
  /// For connections that say only in the handshake which host they mean.
  asio::ssl::context& Any() { return *any_; }

  /// The host that such a connection got, or asked for in vain; empty when it named none.
  std::string HostOf(SSL* connection) const {
    for (const auto& [host, context] : contexts_) {
      if (context->native_handle() == SSL_get_SSL_CTX(connection)) return host;
    }
    const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    return name != nullptr && IsHostName(name) ? NormalHost(name) : std::string();
  }

 private:
  static int Choose(SSL* connection, int* alert, void* self) {
    const auto& contexts = static_cast<const TlsHosts*>(self)->contexts_;
    const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    // Without a name there is no doubt where there is but one host.
    const auto chosen = name != nullptr        ? contexts.find(NormalHost(name))
                        : contexts.size() == 1 ? contexts.begin()
                                               : contexts.end();
    if (chosen == contexts.end()) {
      *alert = SSL_AD_UNRECOGNIZED_NAME;
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    SSL_set_SSL_CTX(connection, chosen->second->native_handle());
    return SSL_TLSEXT_ERR_OK;
  }

  std::map<std::string, std::unique_ptr<asio::ssl::context>> contexts_;
  std::unique_ptr<asio::ssl::context> any_;
};

/// The server's half of a TLS handshake, then HTTP.
class TlsSession : public std::enable_shared_from_this<TlsSession> {
 public:
  /// `origin` without a host: the client has asked for no tunnel, it begins with TLS.
  TlsSession(beast::tcp_stream stream, beast::flat_buffer early, TunnelOrigin origin, TlsHosts& hosts, HttpHandler& api,
             Slot slot, std::size_t max_body_bytes)
      : stream_(std::move(stream), origin.host.empty() ? hosts.Any() : hosts.At(origin.host)),
        early_(std::move(early)),
        origin_(std::move(origin)),
        hosts_(hosts),
        api_(api),
        slot_(std::move(slot)),
        max_body_bytes_(max_body_bytes) {}

  void Run() {
    beast::get_lowest_layer(stream_).expires_after(kHandshakeTimeout);
    origin_.host.empty() ? AwaitFirstBytes() : Handshake();
  }

 private:
  /// Who connects and says nothing, such as a look whether the port is open, has asked for nothing.
  void AwaitFirstBytes() {
    stream_.next_layer().async_read_some(early_.prepare(kFirstBytes),
                                         [self = shared_from_this()](ErrorCode error, std::size_t count) {
                                           if (error) return;
                                           self->early_.commit(count);
                                           self->Handshake();
                                         });
  }

  void Handshake() {
    const auto done = [self = shared_from_this()](ErrorCode error, std::size_t = 0) { self->OnHandshake(error); };
    if (early_.size() == 0) return stream_.async_handshake(asio::ssl::stream_base::server, done);
    stream_.async_handshake(asio::ssl::stream_base::server, early_.data(), done);
  }

  void OnHandshake(ErrorCode error) {
    if (origin_.host.empty()) origin_.host = hosts_.HostOf(stream_.native_handle());
    if (error) return api_.HandshakeFailed(origin_);
    std::make_shared<HttpSession<TlsStream>>(std::move(stream_), api_, origin_, std::move(slot_), nullptr,
                                             max_body_bytes_)
        ->Run();
  }

  TlsStream stream_;
  beast::flat_buffer early_;
  TunnelOrigin origin_;
  TlsHosts& hosts_;
  HttpHandler& api_;
  Slot slot_;
  const std::size_t max_body_bytes_;
};

}  // namespace

class Server::Running {
 public:
  Running(HttpHandler& api, HttpHandler& admin, const ServerConfig& config)
      : config_(config),
        api_(api),
        admin_(admin),
        public_(std::make_shared<Listener<tcp>>(context_, config.max_connections)),
        encrypted_(std::make_shared<Listener<tcp>>(context_, config.max_connections)),
        private_(std::make_shared<Listener<stream_protocol>>(context_, kMaxAdminConnections)) {}

  ~Running() {
    if (thread_.joinable()) {
      context_.stop();
      thread_.join();
    }
    public_->Stop();
    encrypted_->Stop();
    private_->Stop();
    if (!bound_socket_.empty()) ::unlink(bound_socket_.c_str());
  }

  Result<void> Start() {
    READINESS_RETURN_IF_ERROR(PrepareTls());
    READINESS_RETURN_IF_ERROR(ListenTcp(public_->acceptor, config_.all_interfaces, config_.port));
    if (config_.tls_port) {
      READINESS_RETURN_IF_ERROR(ListenTcp(encrypted_->acceptor, config_.all_interfaces, *config_.tls_port));
      tls_port_ = encrypted_->acceptor.local_endpoint().port();
    }
    READINESS_RETURN_IF_ERROR(ListenUnix(context_, private_->acceptor, config_.admin_socket));
    bound_socket_ = config_.admin_socket;
    port_ = public_->acceptor.local_endpoint().port();
    public_->Run([this](tcp::socket socket, Slot slot) { ServeTarget(std::move(socket), std::move(slot)); });
    if (config_.tls_port) {
      encrypted_->Run([this](tcp::socket socket, Slot slot) {
        ServeTls(beast::tcp_stream(std::move(socket)), beast::flat_buffer(), TunnelOrigin(), std::move(slot));
      });
    }
    private_->Run([this](stream_protocol::socket socket, Slot slot) {
      std::make_shared<HttpSession<UnixStream>>(UnixStream(std::move(socket)), admin_, TunnelOrigin(), std::move(slot),
                                                nullptr, config_.max_body_bytes)
          ->Run();
    });
    thread_ = std::thread([this] { context_.run(); });
    return {};
  }

  int port() const { return port_; }
  int tls_port() const { return tls_port_; }
  const std::string& ca_file() const { return ca_file_; }

 private:
  Result<void> PrepareTls() {
    READINESS_ASSIGN(const CertificateAuthority authority, CertificateAuthority::Create(config_.hosts));
    READINESS_RETURN_IF_ERROR(tls_.Issue(authority, config_.hosts));
    READINESS_ASSIGN(const std::string pem, authority.Pem());
    READINESS_RETURN_IF_ERROR(MakeDirectories(config_.ca_directory));
    ca_file_ = config_.ca_directory + "/ca.pem";
    return WriteFileAtomically(ca_file_, pem, 0644);
  }

  void ServeTarget(tcp::socket socket, Slot slot) {
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto tunnel = [this](beast::tcp_stream stream, beast::flat_buffer early, const TunnelOrigin& origin, Slot kept) {
      ServeTls(std::move(stream), std::move(early), origin, std::move(kept));
    };
    std::make_shared<HttpSession<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)), api_, TunnelOrigin(),
                                                     std::move(slot), std::move(tunnel), config_.max_body_bytes)
        ->Run();
  }

  void ServeTls(beast::tcp_stream stream, beast::flat_buffer early, const TunnelOrigin& origin, Slot slot) {
    ErrorCode ignored;
    stream.socket().set_option(tcp::no_delay(true), ignored);
    std::make_shared<TlsSession>(std::move(stream), std::move(early), origin, tls_, api_, std::move(slot),
                                 config_.max_body_bytes)
        ->Run();
  }

  const ServerConfig config_;
  HttpHandler& api_;
  HttpHandler& admin_;
  TlsHosts tls_;
  std::string ca_file_;
  std::string bound_socket_;
  int port_ = 0;
  int tls_port_ = 0;
  asio::io_context context_{1};  // its destruction ends the sessions, which use everything above
  std::shared_ptr<Listener<tcp>> public_;
  std::shared_ptr<Listener<tcp>> encrypted_;
  std::shared_ptr<Listener<stream_protocol>> private_;
  std::thread thread_;
};

Server::Server(std::unique_ptr<Running> running) : running_(std::move(running)) {}
Server::~Server() = default;
int Server::port() const {
  return running_->port();
}
int Server::tls_port() const {
  return running_->tls_port();
}
const std::string& Server::ca_file() const {
  return running_->ca_file();
}

Result<std::unique_ptr<Server>> Server::Start(HttpHandler& api, HttpHandler& admin, const ServerConfig& config) try {
  auto running = std::make_unique<Running>(api, admin, config);
  READINESS_RETURN_IF_ERROR(running->Start());
  return std::unique_ptr<Server>(new Server(std::move(running)));
} catch (const std::system_error& error) {
  return Fail(EnvironmentError("cannot start the double", error.what()));
} catch (const boost::system::system_error& error) {
  return Fail(EnvironmentError("cannot start the double", error.what()));
}

}  // namespace readiness::doubles
