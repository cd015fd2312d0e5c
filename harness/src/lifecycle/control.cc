#include "lifecycle/control.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/located_json.h"
#include "base/text.h"
#include "lifecycle/process.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxLine = 64 * 1024;
constexpr std::chrono::milliseconds kClientTime{2'000};

Error SystemError(ErrorKind kind, const std::string& what, const std::string& file) {
  return Error{kind, what, Place{file, 0, 0}, {}, std::strerror(errno), {}};
}

Result<sockaddr_un> AddressOf(const std::string& socket_file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_file.size() >= sizeof address.sun_path) {
    return Fail(Error{ErrorKind::kLimit, "path is too long for a Unix socket", Place{socket_file, 0, 0},
                      fmt::format("at most {} characters", sizeof address.sun_path - 1),
                      fmt::format("{} characters", socket_file.size()), "set READINESS_RUNTIME_DIR to a shorter path"});
  }
  std::memcpy(address.sun_path, socket_file.c_str(), socket_file.size() + 1);
  return address;
}

bool WaitWritable(int descriptor, const Deadline& deadline) {
  pollfd entry{descriptor, POLLOUT, 0};
  while (!deadline.Passed()) {
    const int ready = ::poll(&entry, 1, deadline.PollTime());
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

/// One line without its newline, or nothing.
std::optional<std::string> ReadLine(int descriptor, const Deadline& deadline) {
  std::string line;
  while (line.size() <= kMaxLine && WaitReadable(descriptor, deadline)) {
    char buffer[4096];
    const ssize_t count = ::recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return std::nullopt;
    line.append(buffer, static_cast<std::size_t>(count));
    if (const std::size_t end = line.find('\n'); end != std::string::npos) return line.substr(0, end);
  }
  return std::nullopt;
}

bool WriteLine(int descriptor, std::string line, const Deadline& deadline) {
  line += '\n';
  std::size_t sent = 0;
  while (sent < line.size()) {
    if (!WaitWritable(descriptor, deadline)) return false;
    const ssize_t count = ::send(descriptor, line.data() + sent, line.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool IsOwnUser(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

Result<Json> Dispatch(const std::string& line, const ControlTable& table) {
  READINESS_ASSIGN(const Json request, ParseStrictJson(line, "control request", {kMaxLine, 16, 10'000}));
  const auto op = request.is_object() ? request.find("op") : request.end();
  if (!request.is_object() || op == request.end() || !op->is_string()) {
    return Fail(Error{ErrorKind::kMalformed,
                      "not a control request",
                      std::nullopt,
                      "{\"op\": \"<name>\"}",
                      Printable(line, 200),
                      {}});
  }
  const auto handler = table.find(op->get<std::string>());
  if (handler == table.end()) {
    return Fail(ErrorKind::kNotAvailable,
                fmt::format("unknown operation \"{}\"", Printable(op->get<std::string>(), 100)));
  }
  return handler->second(request);
}

}  // namespace

Result<ControlServer> ControlServer::Listen(const std::string& socket_file) {
  READINESS_ASSIGN(const sockaddr_un address, AddressOf(socket_file));
  Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return Fail(SystemError(ErrorKind::kEnvironment, "cannot make a socket", socket_file));
  ::unlink(socket_file.c_str());
  const bool bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::chmod(socket_file.c_str(), 0600) == 0 && ::listen(listener.get(), 16) == 0;
  if (!bound) return Fail(SystemError(ErrorKind::kEnvironment, "cannot listen on the control socket", socket_file));
  return ControlServer(std::move(listener));
}

void ControlServer::Serve(const ControlTable& table) {
  const Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client || !IsOwnUser(client.get())) return;
  const std::optional<std::string> line = ReadLine(client.get(), Deadline(kClientTime));
  if (!line) return;
  const Result<Json> result = Dispatch(*line, table);
  Json answer;
  if (result) {
    answer = {{"ok", true}, {"result", *result}};
  } else {
    answer = {{"ok", false}, {"kind", ToString(result.error().kind)}, {"error", result.error().Brief()}};
  }
  WriteLine(client.get(), answer.dump(-1, ' ', false, Json::error_handler_t::replace), Deadline(kClientTime));
}

Result<Json> CallControl(const std::string& socket_file, const Json& request, std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  READINESS_ASSIGN(const sockaddr_un address, AddressOf(socket_file));
  const Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{static_cast<time_t>(timeout.count() / 1000),
                      static_cast<suseconds_t>(timeout.count() % 1000 * 1000)};
  // Bounds connect, which waits while the backlog is full.
  if (connection) ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (!connection || ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Fail(SystemError(ErrorKind::kTarget, "the supervisor does not listen", socket_file));
  }
  const bool sent = WriteLine(connection.get(), request.dump(-1, ' ', false, Json::error_handler_t::replace), deadline);
  const std::optional<std::string> line = sent ? ReadLine(connection.get(), deadline) : std::nullopt;
  if (!line)
    return Fail(Error{ErrorKind::kTimeout, "the supervisor did not answer", Place{socket_file, 0, 0}, {}, {}, {}});
  READINESS_ASSIGN(const Json answer, ParseStrictJson(*line, socket_file));
  if (answer.is_object() && answer.value("ok", Json()) == true) return answer.value("result", Json());
  const Json error = answer.is_object() ? answer.value("error", Json()) : Json();
  return Fail(ErrorKind::kTarget,
              error.is_string() ? error.get<std::string>() : "the supervisor's answer is not understood");
}

}  // namespace readiness
