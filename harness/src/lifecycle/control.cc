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
constexpr std::size_t kMaxAnswer = 1024 * 1024;
constexpr std::size_t kMaxErrorText = 32 * 1024;
constexpr std::size_t kMostClients = 256;

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

/// Sends as much of `text` as goes without waiting and removes it; false when the connection is broken.
bool SendSome(int descriptor, std::string& text) {
  while (!text.empty()) {
    const ssize_t count = ::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    text.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

/// Takes what has arrived; false at the end of the connection.
bool ReceiveSome(int descriptor, std::string& text, std::size_t limit) {
  while (text.size() <= limit) {
    char buffer[4096];
    const ssize_t count = ::recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return true;
}

std::optional<std::string> TakeLine(std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = text.substr(0, end);
  text.erase(0, end + 1);
  return line;
}

std::string ToLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

ErrorKind KindOf(const Json& word) {
  constexpr ErrorKind kAll[] = {
      ErrorKind::kUsage, ErrorKind::kDefinition, ErrorKind::kEnvironment,  ErrorKind::kTarget,  ErrorKind::kTimeout,
      ErrorKind::kLimit, ErrorKind::kMalformed,  ErrorKind::kNotAvailable, ErrorKind::kRefused, ErrorKind::kInternal};
  for (const ErrorKind kind : kAll) {
    if (word == std::string(ToString(kind))) return kind;
  }
  return ErrorKind::kTarget;
}

bool IsOwnUser(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

Result<Json> Dispatch(const std::string& line, const ControlTable& table, const ControlClient& client) {
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
  return handler->second(request, client);
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

void ControlServer::AddTo(std::vector<pollfd>& entries) const {
  entries.push_back({listener_.get(), POLLIN, 0});
  for (const Connection& connection : connections_) {
    const int events = POLLIN | POLLRDHUP | (connection.to_send.empty() ? 0 : POLLOUT);
    entries.push_back({connection.socket.get(), static_cast<short>(events), 0});
  }
}

void ControlServer::Accept() {
  while (true) {
    Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) return;
    if (!IsOwnUser(client.get()) || connections_.size() >= kMostClients) continue;
    connections_.push_back({next_number_++, std::move(client), {}, {}});
  }
}

bool ControlServer::Receive(Connection& connection) {
  return ReceiveSome(connection.socket.get(), connection.received, kMaxLine) && connection.received.size() <= kMaxLine;
}

bool ControlServer::Send(Connection& connection) {
  return SendSome(connection.socket.get(), connection.to_send);
}

bool ControlServer::AnswerNext(Connection& connection, const ControlTable& table) {
  // A client that does not take its answer gets no other.
  if (!connection.to_send.empty()) return false;
  const std::optional<std::string> line = TakeLine(connection.received);
  if (!line) return false;
  const Result<Json> result = Dispatch(*line, table, {connection.number, connection.socket.get()});
  Json answer;
  if (result) {
    answer = {{"ok", true}, {"result", *result}};
  } else {
    const std::string text = Printable(result.error().Brief(), kMaxErrorText);
    answer = {{"ok", false}, {"kind", ToString(result.error().kind)}, {"error", text}};
  }
  connection.to_send = ToLine(answer);
  return true;
}

void ControlServer::Serve(const ControlTable& table, const std::function<void(const ControlClient&)>& closed) {
  Accept();
  for (std::size_t i = 0; i < connections_.size();) {
    Connection& connection = connections_[i];
    bool open = Receive(connection) && Send(connection);
    while (open && AnswerNext(connection, table)) open = Send(connection);
    if (open) {
      ++i;
      continue;
    }
    const Connection ended = std::move(connection);
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
    closed({ended.number, ended.socket.get()});
  }
}

Result<ControlConnection> ControlConnection::Open(const std::string& socket_file, std::chrono::milliseconds timeout) {
  READINESS_ASSIGN(const sockaddr_un address, AddressOf(socket_file));
  Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{static_cast<time_t>(timeout.count() / 1000),
                      static_cast<suseconds_t>(timeout.count() % 1000 * 1000)};
  // Bounds connect, which waits while the backlog is full.
  if (connection) ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (!connection || ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Fail(SystemError(ErrorKind::kTarget, "the supervisor does not listen", socket_file));
  }
  return ControlConnection(std::move(connection), socket_file);
}

Result<Json> ControlConnection::Call(const Json& request, std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  std::string to_send = ToLine(request);
  std::optional<std::string> line;
  while (!line) {
    const int events = POLLIN | (to_send.empty() ? 0 : POLLOUT);
    pollfd entry{socket_.get(), static_cast<short>(events), 0};
    if (::poll(&entry, 1, deadline.PollTime()) == 0 && deadline.Passed()) {
      return Fail(Error{ErrorKind::kTimeout, "the supervisor did not answer", Place{file_, 0, 0}, {}, {}, {}});
    }
    // The answer may have come just before the end.
    const bool open = SendSome(socket_.get(), to_send) && ReceiveSome(socket_.get(), received_, kMaxAnswer);
    line = TakeLine(received_);
    if (!line && !open)
      return Fail(Error{ErrorKind::kTarget, "the supervisor has ended", Place{file_, 0, 0}, {}, {}, {}});
    if (!line && received_.size() > kMaxAnswer)
      return Fail(ErrorKind::kMalformed, "the supervisor's answer is not understood");
  }
  READINESS_ASSIGN(const Json answer, ParseStrictJson(*line, file_));
  if (answer.is_object() && answer.value("ok", Json()) == true) return answer.value("result", Json());
  const Json error = answer.is_object() ? answer.value("error", Json()) : Json();
  if (!error.is_string()) return Fail(ErrorKind::kMalformed, "the supervisor's answer is not understood");
  return Fail(KindOf(answer.value("kind", Json())), error.get<std::string>());
}

Result<Json> CallControl(const std::string& socket_file, const Json& request, std::chrono::milliseconds timeout) {
  READINESS_ASSIGN(ControlConnection connection, ControlConnection::Open(socket_file, timeout));
  return connection.Call(request, timeout);
}

}  // namespace readiness
