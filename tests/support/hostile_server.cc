#include "support/hostile_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "support/hostile_connection.h"
#include "support/misbehaviour.h"

namespace readiness::test_support {
namespace {

int Checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

/// "/path" of "GET /path?query HTTP/1.1".
std::string PathOf(const std::string& request) {
  const auto begin = request.find(' ');
  if (begin == std::string::npos) return {};
  return request.substr(begin + 1, request.find_first_of(" ?\r", begin + 1) - begin - 1);
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

}  // namespace

class HostileServer::Listener {
 public:
  Listener()
      : stop_(Checked(eventfd(0, EFD_CLOEXEC), "eventfd")),
        socket_(Checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    Checked(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), "bind");
    Checked(listen(socket_.get(), 64), "listen");
    Checked(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }

  ~Listener() {
    eventfd_write(stop_.get(), 1);
    acceptor_.join();
    for (std::thread& server : servers_) server.join();
  }

  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  struct Seen {
    int requests = 0;
    std::string last_request;
    std::string last_peer;
  };

  int port() const { return port_; }

  Seen SeenAt(std::string_view path) const {
    const std::lock_guard lock(mutex_);
    const auto found = seen_.find(path);
    return found == seen_.end() ? Seen{} : found->second;
  }

  int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  void Accept() {
    while (true) {
      std::array<pollfd, 2> waits{{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
      if (poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return;
      if (waits[1].revents != 0) return;
      if (waits[0].revents == 0) continue;
      const int accepted = accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) continue;
      {
        const std::lock_guard lock(mutex_);
        ++connections_;
      }
      servers_.emplace_back([this, accepted] { Serve(accepted); });
    }
  }

  void Serve(int accepted) {
    HostileConnection connection(accepted, stop_.get());
    std::string request = connection.ReceiveRequest();
    if (request.empty()) return;
    const std::string path = PathOf(request);
    {
      const std::lock_guard lock(mutex_);
      Seen& seen = seen_[path];
      ++seen.requests;
      seen.last_request = std::move(request);
      seen.last_peer = connection.PeerAddress();
    }
    const auto found = Misbehaviours().find(path);
    if (found != Misbehaviours().end())
      found->second(connection);
    else
      connection.Send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  }

  Descriptor stop_;
  Descriptor socket_;
  int port_ = 0;
  mutable std::mutex mutex_;
  int connections_ = 0;
  std::map<std::string, Seen, std::less<>> seen_;
  std::vector<std::thread> servers_;  // of the acceptor alone until it has ended
  std::thread acceptor_;
};

HostileServer::HostileServer() : listener_(std::make_unique<Listener>()) {}
HostileServer::~HostileServer() = default;

int HostileServer::port() const {
  return listener_->port();
}

std::string HostileServer::Url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + std::string(path);
}

int HostileServer::Requests(std::string_view path) const {
  return listener_->SeenAt(path).requests;
}
int HostileServer::Connections() const {
  return listener_->connections();
}
std::string HostileServer::LastRequest(std::string_view path) const {
  return listener_->SeenAt(path).last_request;
}
std::string HostileServer::LastPeer(std::string_view path) const {
  return listener_->SeenAt(path).last_peer;
}

std::vector<std::string> HostileServer::Paths() {
  std::vector<std::string> paths;
  for (const auto& [path, misbehaviour] : Misbehaviours()) paths.push_back(path);
  return paths;
}

}  // namespace readiness::test_support
