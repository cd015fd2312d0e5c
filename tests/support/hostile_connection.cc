#include "support/hostile_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace readiness::test_support {
namespace {

constexpr std::chrono::milliseconds kLongest{30'000};
constexpr std::size_t kLargestRequest = 16 * 1024 * 1024;

std::size_t StatedLength(const std::string& head) {
  constexpr std::string_view kName = "Content-Length:";
  const auto found = head.find(kName);
  return found == std::string::npos ? 0 : std::strtoul(head.c_str() + found + kName.size(), nullptr, 10);
}

}  // namespace

HostileConnection::HostileConnection(int socket, int stop) : socket_(socket), stop_(stop) {}

HostileConnection::~HostileConnection() {
  if (socket_ >= 0) close(socket_);
}

bool HostileConnection::WaitFor(short events, std::chrono::milliseconds timeout) {
  if (socket_ < 0) return false;
  std::array<pollfd, 2> waits{{{socket_, events, 0}, {stop_, POLLIN, 0}}};
  const int ready = poll(waits.data(), waits.size(), static_cast<int>(timeout.count()));
  return ready > 0 && waits[1].revents == 0 && (waits[0].revents & events) != 0;
}

std::string HostileConnection::ReceiveRequest() {
  std::string request;
  std::array<char, 16 * 1024> piece;
  while (request.size() < kLargestRequest) {
    const auto end = request.find("\r\n\r\n");
    if (end != std::string::npos && request.size() >= end + 4 + StatedLength(request.substr(0, end))) return request;
    if (!WaitFor(POLLIN, kLongest)) return {};
    const ssize_t got = recv(socket_, piece.data(), piece.size(), 0);
    if (got <= 0) return {};
    request.append(piece.data(), static_cast<std::size_t>(got));
  }
  return {};
}

bool HostileConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!WaitFor(POLLOUT, kLongest)) return false;
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HostileConnection::Linger(std::chrono::milliseconds duration) {
  if (socket_ < 0) return false;
  // A peer that leaves shows as POLLRDHUP; nothing else is awaited, so that the full duration passes otherwise.
  std::array<pollfd, 2> waits{{{socket_, POLLRDHUP, 0}, {stop_, POLLIN, 0}}};
  return poll(waits.data(), waits.size(), static_cast<int>(duration.count())) == 0;
}

void HostileConnection::LingerForEver() {
  Linger(kLongest);
}

void HostileConnection::Reset() {
  const linger abrupt{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
  close(socket_);
  socket_ = -1;
}

std::string HostileConnection::PeerAddress() const {
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  std::array<char, INET_ADDRSTRLEN> text{};
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  return inet_ntop(AF_INET, &peer.sin_addr, text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace readiness::test_support
