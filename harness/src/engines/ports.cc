#include "engines/ports.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "base/text.h"
#include "engines/process_table.h"

namespace readiness {
namespace {

Error FolderError(const std::string& folder, std::string expected, std::string actual) {
  return Error{ErrorKind::kEnvironment,
               fmt::format("folder of port locks {} cannot be used", folder),
               std::nullopt,
               std::move(expected),
               std::move(actual),
               "remove it"};
}

// The runs of this user lie beside the ports, and an unprivileged PostgreSQL has to get through to its own.
constexpr mode_t kSharedMode = 0711;
constexpr mode_t kPrivateMode = 0700;

/// Opens `name` in `parent`, made with `mode` if missing. It must be a folder of ours: the place is open to all
/// users.
Result<Descriptor> OpenOwnFolder(int parent, const std::string& name, mode_t mode) {
  if (::mkdirat(parent, name.c_str(), mode) != 0 && errno != EEXIST) {
    return Fail(FolderError(name, "it can be made", std::strerror(errno)));
  }
  Descriptor folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return Fail(FolderError(name, "a folder, not a link", std::strerror(errno)));
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) return Fail(FolderError(name, "a folder", std::strerror(errno)));
  if (status.st_uid != ::geteuid()) {
    return Fail(FolderError(name, fmt::format("owned by user {}", ::geteuid()),
                            fmt::format("owned by user {}", status.st_uid)));
  }
  if ((status.st_mode & 0777) != mode && ::fchmod(folder.get(), mode) != 0) {
    return Fail(FolderError(name, fmt::format("mode {:04o}", mode), std::strerror(errno)));
  }
  return folder;
}

/// 0, or the reason why a server could not listen there.
int ProblemAt(const sockaddr* address, socklen_t length) {
  const Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno == EAFNOSUPPORT ? 0 : errno;
  // As servers do it: connections of an earlier run that are still winding down are no obstacle, a listener is.
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->sa_family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(socket.get(), address, length) == 0 || errno == EADDRNOTAVAIL) return 0;
  return errno;
}

int ProblemOn(int port) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(static_cast<std::uint16_t>(port));
  for (const in_addr_t host : {INADDR_LOOPBACK, INADDR_ANY}) {
    four.sin_addr.s_addr = htonl(host);
    if (const int problem = ProblemAt(reinterpret_cast<const sockaddr*>(&four), sizeof four)) return problem;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(static_cast<std::uint16_t>(port));
  six.sin6_addr = in6addr_loopback;
  return ProblemAt(reinterpret_cast<const sockaddr*>(&six), sizeof six);
}

PortRange EphemeralRange() {
  PortRange range{32768, 60999};
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  file >> range.first >> range.last;
  return file ? range : PortRange{32768, 60999};
}

Error BusyError(int port, int reason) {
  Error error{ErrorKind::kEnvironment,
              fmt::format("port {} is busy", port),
              std::nullopt,
              "nobody listens on it",
              {},
              "end that process or choose another port"};
  if (reason == EACCES) {
    error.what = fmt::format("port {} may not be used", port);
    error.expected = "a port that this user may listen on";
    error.actual = "permission denied";
    error.fix = "choose a port above 1023";
  } else if (reason != EADDRINUSE) {
    error.what = fmt::format("port {} cannot be used", port);
    error.actual = std::strerror(reason);
  } else {
    error.actual =
        "it is taken by " + DescribeHolder(ListenersOn(port)).value_or("a process that may not be looked at");
  }
  return error;
}

std::string ReadHolder(int lock) {
  char text[256];
  const ssize_t length = ::pread(lock, text, sizeof text, 0);
  return length <= 0 ? "another run" : Printable({text, static_cast<std::size_t>(length)}, 200);
}

}  // namespace

PortRange ChooseRange(PortRange ephemeral) {
  constexpr int kLowest = 10'000;
  constexpr int kEnough = 1'000;
  if (ephemeral.first - kLowest >= kEnough) return {kLowest, ephemeral.first - 1};
  if (65'535 - ephemeral.last >= kEnough) return {ephemeral.last + 1, 65'535};
  return {kLowest, 65'535};
}

std::string PortLockDirectory() {
  std::string base = "/tmp";
  if (::access(base.c_str(), W_OK | X_OK) != 0) {
    if (const char* other = std::getenv("TMPDIR"); other != nullptr && *other == '/') base = other;
  }
  return fmt::format("{}/readiness-{}/ports", base, ::geteuid());
}

Result<void> PortReservations::OpenDirectory() {
  if (opened_) return {};
  const std::size_t last = directory_.rfind('/');
  const std::size_t parent = directory_.rfind('/', last - 1);
  if (last == std::string::npos || last == 0 || parent == std::string::npos) {
    return Fail(FolderError(directory_, "an absolute path of two names or more", "too short"));
  }
  const std::string base = parent == 0 ? "/" : directory_.substr(0, parent);
  const Descriptor opened(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return Fail(FolderError(base, "a folder", std::strerror(errno)));
  READINESS_ASSIGN(const Descriptor user,
                   OpenOwnFolder(opened.get(), directory_.substr(parent + 1, last - parent - 1), kSharedMode));
  READINESS_ASSIGN(opened_, OpenOwnFolder(user.get(), directory_.substr(last + 1), kPrivateMode));
  return {};
}

/// The held lock; nothing if another holder has it, who is then named in `other`.
Result<std::optional<Descriptor>> PortReservations::Lock(int port, std::string* other) {
  const std::string name = fmt::format("{}.lock", port);
  Descriptor lock(::openat(opened_.get(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  struct stat status {};
  if (!lock || ::fstat(lock.get(), &status) != 0) {
    return Fail(FolderError(directory_, fmt::format("{} can be opened", name), std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) return Fail(FolderError(directory_, fmt::format("{} is a file", name), "it is not"));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Fail(FolderError(directory_, "locks work in it", std::strerror(errno)));
    if (other != nullptr) *other = ReadHolder(lock.get());
    return std::optional<Descriptor>();
  }
  if (::ftruncate(lock.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(lock.get(), holder_.data(), holder_.size(), 0);
  }
  return std::optional<Descriptor>(std::move(lock));
}

Result<int> PortReservations::ReserveFixed(int port) {
  if (port < 1 || port > 65'535) {
    return Fail(
        Error{ErrorKind::kDefinition, "a port is out of range", std::nullopt, "1 to 65535", std::to_string(port), {}});
  }
  std::string other;
  READINESS_ASSIGN(std::optional<Descriptor> lock, Lock(port, &other));
  if (!lock) {
    return Fail(Error{ErrorKind::kEnvironment, fmt::format("port {} is reserved", port), std::nullopt,
                      "no other run uses it", fmt::format("it is reserved by {}", other),
                      "let that run end or leave the port to be chosen"});
  }
  if (const int problem = ProblemOn(port)) return Fail(BusyError(port, problem));
  locks_.push_back(std::move(*lock));
  return port;
}

Result<int> PortReservations::ReserveAny() {
  const PortRange range = ChooseRange(EphemeralRange());
  const int count = range.last - range.first + 1;
  // Runs that start together should not try the same ports one after another.
  const int start = static_cast<int>(std::random_device{}() % static_cast<unsigned>(count));
  for (int step = 0; step < count; ++step) {
    const int port = range.first + (start + step) % count;
    READINESS_ASSIGN(std::optional<Descriptor> lock, Lock(port, nullptr));
    if (!lock || ProblemOn(port) != 0) continue;
    locks_.push_back(std::move(*lock));
    return port;
  }
  return Fail(Error{ErrorKind::kEnvironment,
                    "no free port",
                    std::nullopt,
                    fmt::format("one of {} to {}", range.first, range.last),
                    "all are taken",
                    {}});
}

Result<int> PortReservations::Reserve(std::optional<int> fixed) {
  READINESS_RETURN_IF_ERROR(OpenDirectory());
  return fixed ? ReserveFixed(*fixed) : ReserveAny();
}

}  // namespace readiness
