#pragma once
// One HTTP/1.1 connection over any Beast stream (TCP, TLS, unix socket): reads bounded requests, lets a handler answer,
// keeps the connection alive. Everything runs on the server's one thread. A session owns itself through its pending
// operation and ends when there is none. Only server.cc includes this; it is the adapter to Boost.Beast.

#include <utility>  // Boost.Asio 1.74 needs it first

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "doubles/http_message.h"

namespace readiness::doubles {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;

inline constexpr std::size_t kMaxHeaderBytes = 16 * 1024;
inline constexpr std::size_t kMaxBodyBytes = 64 * 1024;  // unless the server was given another bound
inline constexpr std::chrono::seconds kIdleTimeout{60};
inline constexpr std::chrono::seconds kWriteTimeout{30};
inline constexpr std::chrono::seconds kGoodbyeTimeout{5};
inline constexpr std::chrono::minutes kHangingTimeout{10};

/// Keeps a place among the open connections for as long as it lives.
using Slot = std::shared_ptr<void>;

/// TLS says goodbye before the socket closes; other streams just close.
template <class Stream, class Done>
void Goodbye(Stream& stream, Done done) {
  if constexpr (requires { stream.async_shutdown(std::move(done)); }) {
    stream.async_shutdown(std::move(done));
  } else {
    done(ErrorCode());
  }
}

template <class Stream>
class HttpSession : public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  /// Takes over a connection on which the client asked for a tunnel to `host`; `early` holds what it sent after that.
  using Tunnel = std::function<void(Stream stream, beast::flat_buffer early, const TunnelOrigin& origin, Slot slot)>;

  HttpSession(Stream stream, HttpHandler& handler, TunnelOrigin origin, Slot slot, Tunnel tunnel,
              std::size_t max_body_bytes = kMaxBodyBytes)
      : stream_(std::move(stream)),
        timer_(stream_.get_executor()),
        handler_(handler),
        origin_(std::move(origin)),
        slot_(std::move(slot)),
        tunnel_(std::move(tunnel)),
        max_body_bytes_(max_body_bytes),
        buffer_(kMaxHeaderBytes + max_body_bytes) {}

  void Run() { Read(); }

 private:
  using Parser = http::request_parser<http::string_body>;

  auto& Lowest() { return beast::get_lowest_layer(stream_); }

  void Read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(max_body_bytes_);
    Lowest().expires_after(kIdleTimeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](ErrorCode error, std::size_t) { self->OnRead(error); });
  }

  void OnRead(ErrorCode error) {
    if (error) return OnUnreadable(error);
    const bool keep_alive = parser_->get().keep_alive();
    Answer(handler_.Handle(Understood()), keep_alive);
  }

  void OnUnreadable(ErrorCode error) {
    // Nobody asked for anything on a connection that ends or idles between requests.
    if (error == http::error::end_of_stream || !parser_->got_some()) return Close();
    const bool foreign = error.category() == make_error_code(http::error::bad_method).category();
    const bool gone = !foreign || error == http::error::partial_message;
    const int status = gone                                 ? 0
                       : error == http::error::header_limit ? 431
                       : error == http::error::body_limit   ? 413
                                                            : 400;
    handler_.Rejected(Understood(), status);
    if (gone) return Close();
    HttpAnswer answer;
    answer.status = status;
    answer.body = R"({"error":"unreadable_request"})";
    Answer(std::move(answer), false);
  }

  HttpRequest Understood() const {
    const auto& message = parser_->get();
    const auto text = [](beast::string_view view) { return std::string(view.data(), view.size()); };
    HttpRequest request;
    request.method = text(message.method_string());
    request.target = text(message.target());
    request.host = text(message[http::field::host]);
    request.tunnel_host = origin_.host;
    request.authorization = text(message[http::field::authorization]);
    request.proxy_authorization =
        origin_.host.empty() ? text(message[http::field::proxy_authorization]) : origin_.proxy_authorization;
    request.content_type = text(message[http::field::content_type]);
    request.body = message.body();
    return request;
  }

  void Answer(HttpAnswer answer, bool keep_alive) {
    hold_ = std::move(answer.hold);
    if (answer.never) return Hang();
    if (answer.delay.count() == 0) return Write(std::move(answer), keep_alive);
    Lowest().expires_never();
    timer_.expires_after(answer.delay);
    timer_.async_wait(
        [self = this->shared_from_this(), answer = std::move(answer), keep_alive](ErrorCode error) mutable {
          if (!error) self->Write(std::move(answer), keep_alive);
        });
  }

  void Write(HttpAnswer answer, bool keep_alive) {
    const bool tunnel = !answer.tunnel_to.empty() && tunnel_;
    response_ = http::response<http::string_body>();
    response_.version(11);
    response_.result(static_cast<unsigned>(answer.status));
    if (tunnel) {
      response_.reason("Connection established");
    } else {
      for (const auto& [name, value] : answer.headers) response_.set(name, value);
      response_.set(http::field::content_type, answer.content_type);
      response_.body() = std::move(answer.body);
      response_.keep_alive(keep_alive);
      response_.prepare_payload();
    }
    Lowest().expires_after(kWriteTimeout);
    http::async_write(stream_, response_,
                      [self = this->shared_from_this(), keep_alive, host = std::move(answer.tunnel_to)](ErrorCode error,
                                                                                                        std::size_t) {
                        if (error) return self->Close();
                        self->hold_.reset();
                        if (!host.empty() && self->tunnel_) return self->Upgrade(host);
                        keep_alive ? self->Read() : self->Close();
                      });
  }

  void Upgrade(const std::string& host) {
    Lowest().expires_never();
    const beast::string_view authorization = parser_->get()[http::field::proxy_authorization];
    const TunnelOrigin origin{host, std::string(authorization.data(), authorization.size())};
    tunnel_(std::move(stream_), std::move(buffer_), origin, std::move(slot_));
  }

  /// Silent until the client gives up.
  void Hang() {
    Lowest().expires_after(kHangingTimeout);
    stream_.async_read_some(
        asio::buffer(&hung_byte_, 1),
        [self = this->shared_from_this()](ErrorCode error, std::size_t) { error ? self->Close() : self->Hang(); });
  }

  void Close() {
    if (closing_) return;
    closing_ = true;
    Lowest().expires_after(kGoodbyeTimeout);
    Goodbye(stream_, [self = this->shared_from_this()](ErrorCode) { self->Lowest().close(); });
  }

  Stream stream_;
  asio::steady_timer timer_;
  HttpHandler& handler_;
  const TunnelOrigin origin_;
  Slot slot_;
  Tunnel tunnel_;
  const std::size_t max_body_bytes_;
  beast::flat_buffer buffer_;
  std::shared_ptr<void> hold_;
  std::optional<Parser> parser_;
  http::response<http::string_body> response_;
  char hung_byte_ = 0;
  bool closing_ = false;
};

}  // namespace readiness::doubles
