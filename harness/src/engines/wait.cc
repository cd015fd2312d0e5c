#include "engines/wait.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <memory>

#include "engines/http_try.h"
#include "engines/process_family.h"
#include "engines/process_table.h"

namespace readiness {
namespace {

constexpr Milliseconds kFirstPause{5};
constexpr Milliseconds kLongestPause{100};
constexpr Milliseconds kShortestTry{20};
constexpr Milliseconds kFirstTry{1'000};
constexpr Milliseconds kLongestTry{5'000};
constexpr Milliseconds kDirectTry{250};
constexpr Milliseconds kProxyCloses{250};

/// The answer of one look at a condition.
struct Look {
  bool holds = false;
  bool fatal = false;  // can never hold
  std::string seen;
};

bool EndsWithin(const Child& child, int milliseconds) {
  pollfd polled{child.pidfd.get(), POLLIN, 0};
  return ::poll(&polled, 1, milliseconds) > 0;
}

/// What came of an attempt to connect.
struct Attempt {
  Descriptor socket;  // connected; closed: not
  int problem = 0;    // of errno
  Look look;
};

Attempt Connect(const Endpoint& endpoint, Milliseconds timeout, int interrupt) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int problem = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
      problem != 0) {
    return {{}, 0, {false, true, fmt::format("{} is no address: {}", endpoint.host, ::gai_strerror(problem))}};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(found, ::freeaddrinfo);
  Descriptor socket(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto failed = [](int problem) {
    return Attempt{
        {}, problem, {false, false, problem == ECONNREFUSED ? "connection refused" : std::strerror(problem)}};
  };
  if (!socket) return failed(errno);
  if (::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0)
    return {std::move(socket), 0, {true, false, {}}};
  if (errno != EINPROGRESS) return failed(errno);
  pollfd polled[2] = {{socket.get(), POLLOUT, 0}, {interrupt, POLLIN, 0}};
  ::poll(polled, 2, static_cast<int>(timeout.count()));
  if (polled[0].revents == 0)
    return {{}, ETIMEDOUT, {false, false, fmt::format("no connection within {} ms", timeout.count())}};
  int problem = 0;
  socklen_t length = sizeof problem;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &length);
  if (problem == 0) return {std::move(socket), 0, {true, false, {}}};
  return failed(problem);
}

Look LookAtPort(const Endpoint& endpoint, Milliseconds timeout, int interrupt) {
  return Connect(endpoint, timeout, interrupt).look;
}

/// At the container itself where this machine can reach it. Elsewhere (engines in a virtual machine) a published port
/// whose connections stay open counts as open: a proxy closes them when it is refused.
Look LookAtContainerPort(const Endpoint& published, const ContainerPort& inside, Milliseconds timeout, int interrupt) {
  const Deadline deadline(timeout);
  if (!inside.address.empty()) {
    const Milliseconds nearby = std::min(timeout, kDirectTry);
    const Attempt direct = Connect({inside.address, inside.port}, nearby, interrupt);
    if (direct.look.holds) return LookAtPort(published, deadline.Remaining(), interrupt);
    if (direct.problem == ECONNREFUSED) return direct.look;
  }
  const Attempt through = Connect(published, deadline.Remaining(), interrupt);
  if (!through.look.holds) return through.look;
  pollfd polled[2] = {{through.socket.get(), POLLIN | POLLRDHUP, 0}, {interrupt, POLLIN, 0}};
  ::poll(polled, 2, static_cast<int>(kProxyCloses.count()));
  char byte = 0;
  const ssize_t got = ::recv(through.socket.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  if (got > 0 || (got < 0 && errno == EAGAIN)) return through.look;
  return {false, false, "connection accepted and closed again by what publishes the port"};
}

Look LookAtHttp(const std::string& url, const StatusSet& statuses, Milliseconds timeout, int interrupt) {
  const HttpTry answer = TryHttp(url, timeout, interrupt);
  if (answer.status == 0) return {false, false, answer.failure};
  return {statuses.count(answer.status) > 0, false, fmt::format("status {}", answer.status)};
}

/// The listener on `port` has to be a process of the service: a stranger that answers there is not our target.
Look LookAtOwner(const Endpoint& endpoint, const Child& child, const std::string& label) {
  const std::set<std::uint64_t> inodes = ListenersAt(endpoint.host, endpoint.port);
  if (inodes.empty())
    return {false, false, fmt::format("port {} answered, but nothing listens on it any more", endpoint.port)};
  bool unreadable = false;
  for (const int pid : ProcessFamily(child.pid, label).Pids()) {
    const std::optional<bool> holds = HoldsSocket(pid, inodes);
    if (holds.value_or(false)) return {true, false, {}};
    unreadable = unreadable || !holds;
  }
  const std::optional<std::string> stranger = DescribeHolder(inodes);
  // A service that forbids a look at its descriptors gets the benefit of the doubt as long as nobody else has the
  // socket.
  if (!stranger && unreadable) return {true, false, {}};
  return {false, true,
          fmt::format("port {} is answered by {}, which is not part of this service", endpoint.port,
                      stranger.value_or("a process that may not be looked at"))};
}

/// How a service of one kind is looked at; `child` ends with it.
struct Looks {
  std::function<Look(const Endpoint&, Milliseconds timeout)> port;
  std::function<Look(const Endpoint&)> owner;
};

class Waiter {
 public:
  Waiter(const ServiceSpec& spec, const Child& child, LogChannel& log, Looks looks)
      : spec_(spec), child_(child), log_(log), looks_(std::move(looks)), deadline_(spec.startup_timeout) {}

  std::optional<NotReady> Run() {
    std::size_t pattern = 0;
    for (const WaitCondition& condition : spec_.ready) {
      std::optional<NotReady> problem = condition.log ? AwaitLog(condition, pattern++) : AwaitListener(condition);
      if (problem) return problem;
    }
    if (!EndsWithin(child_, 0)) return std::nullopt;
    return NotReady{ErrorKind::kTarget, "it keeps running", "it ended", true};
  }

 private:
  /// Lets `milliseconds` pass unless there is news: the process ends, or nobody wants it any more.
  void Rest(int milliseconds) const {
    pollfd polled[2] = {{child_.pidfd.get(), POLLIN, 0}, {spec_.wanted_by, POLLRDHUP, 0}};
    ::poll(polled, 2, milliseconds);
  }

  bool IsUnwanted() const {
    pollfd polled{spec_.wanted_by, POLLRDHUP, 0};
    return spec_.wanted_by >= 0 && ::poll(&polled, 1, 0) > 0;
  }

  NotReady Unwanted(const WaitCondition& condition) const {
    return {ErrorKind::kTarget, Describe(condition, spec_.url), "nobody wants it any more", false, true};
  }

  NotReady Ended(const WaitCondition& condition, std::string seen) const {
    return {ErrorKind::kTarget, Describe(condition, spec_.url), std::move(seen), true};
  }

  std::optional<NotReady> AwaitLog(const WaitCondition& condition, std::size_t pattern) {
    while (!log_.Found(pattern)) {
      pollfd polled[3] = {{log_.event(), POLLIN, 0}, {child_.pidfd.get(), POLLIN, 0}, {spec_.wanted_by, POLLRDHUP, 0}};
      const int ready = ::poll(polled, 3, deadline_.PollTime());
      if (ready < 0) continue;
      if (polled[2].revents != 0) return Unwanted(condition);
      if (polled[0].revents != 0) log_.ClearEvent();
      if (log_.Found(pattern)) break;
      if (polled[1].revents != 0) log_.DrainAll();
      const std::string seen = fmt::format("none of {} log lines matched", log_.lines_seen());
      if (polled[1].revents != 0 && !log_.Found(pattern)) return Ended(condition, seen);
      if (ready == 0 && deadline_.Passed()) {
        return NotReady{ErrorKind::kTimeout, Describe(condition, spec_.url), seen, false};
      }
    }
    return std::nullopt;
  }

  std::optional<NotReady> AwaitListener(const WaitCondition& condition) {
    const Result<Endpoint> endpoint = ParseEndpoint(spec_.url);
    if (!endpoint)
      return NotReady{ErrorKind::kDefinition, Describe(condition, spec_.url), endpoint.error().Brief(), false};
    std::string seen = "it was not tried yet";
    Milliseconds pause = kFirstPause;
    Milliseconds patience = kFirstTry;
    while (true) {
      if (EndsWithin(child_, 0)) return Ended(condition, seen);
      // Not shorter than a moment, so that even a late condition is looked at once.
      const bool cut_short = deadline_.Remaining() < patience;
      const Deadline one_try(std::max(std::min(patience, deadline_.Remaining()), kShortestTry));
      Look look = LookOnce(condition, *endpoint, one_try.Remaining());
      if (look.holds) look = looks_.owner(*endpoint);
      if (look.holds) return std::nullopt;
      if (EndsWithin(child_, 0)) return Ended(condition, seen);
      // What the last moments were too short for tells less than what was seen before.
      if (look.fatal || !cut_short || !one_try.Passed() || pause == kFirstPause) seen = look.seen;
      if (look.fatal) return NotReady{ErrorKind::kTarget, Describe(condition, spec_.url), seen, false};
      if (deadline_.Passed()) return NotReady{ErrorKind::kTimeout, Describe(condition, spec_.url), seen, false};
      // A try that used up its time was a slow answer: a second one gets longer, or slow first requests would never
      // end.
      if (one_try.Passed()) patience = std::min(patience * 2, kLongestTry);
      if (IsUnwanted()) return Unwanted(condition);
      Rest(deadline_.PollTime(pause));
      pause = std::min(pause * 2, kLongestPause);
    }
  }

  Look LookOnce(const WaitCondition& condition, const Endpoint& endpoint, Milliseconds timeout) const {
    if (!condition.http) return looks_.port(endpoint, timeout);
    return LookAtHttp(spec_.url + condition.http->path, condition.http->statuses, timeout, child_.pidfd.get());
  }

  const ServiceSpec& spec_;
  const Child& child_;
  LogChannel& log_;
  const Looks looks_;
  Deadline deadline_;
};

}  // namespace

Result<Endpoint> ParseEndpoint(const std::string& url) {
  const auto wrong = [&] {
    return Fail(Error{ErrorKind::kDefinition,
                      "a wait condition needs to know where the service listens",
                      std::nullopt,
                      "scheme://host:port",
                      url.empty() ? "no URL: the service has no port" : url,
                      {}});
  };
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return wrong();
  std::string authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find('/'));
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong();
  Endpoint endpoint{authority.substr(0, colon), 0};
  const char* end = authority.data() + authority.size();
  const auto parsed = std::from_chars(authority.data() + colon + 1, end, endpoint.port);
  if (parsed.ec != std::errc() || parsed.ptr != end || endpoint.port < 1 || endpoint.port > 65535) return wrong();
  if (endpoint.host.front() == '[' && endpoint.host.back() == ']') {
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  }
  return endpoint;
}

std::string Describe(const WaitCondition& condition, const std::string& url) {
  if (condition.http) {
    return fmt::format("GET {}{} answers {}", url, condition.http->path, fmt::join(condition.http->statuses, " or "));
  }
  if (condition.log) return fmt::format("a log line matches /{}/", condition.log->pattern);
  return fmt::format("{} accepts connections", url);
}

std::vector<std::string> LogPatterns(const std::vector<WaitCondition>& conditions) {
  std::vector<std::string> patterns;
  for (const WaitCondition& condition : conditions) {
    if (condition.log) patterns.push_back(condition.log->pattern);
  }
  return patterns;
}

std::optional<NotReady> AwaitReady(const ServiceSpec& spec, const Child& child, LogChannel& log,
                                   const std::string& label) {
  const Looks looks{
      [&](const Endpoint& endpoint, Milliseconds timeout) { return LookAtPort(endpoint, timeout, child.pidfd.get()); },
      [&](const Endpoint& endpoint) { return LookAtOwner(endpoint, child, label); }};
  return Waiter(spec, child, log, looks).Run();
}

std::optional<NotReady> AwaitContainerReady(const ServiceSpec& spec, const ContainerPort& inside, const Child& follower,
                                            LogChannel& log) {
  const Looks looks{[&](const Endpoint& published, Milliseconds timeout) {
                      return LookAtContainerPort(published, inside, timeout, follower.pidfd.get());
                    },
                    [](const Endpoint&) {
                      return Look{true, false, {}};
                    }};
  return Waiter(spec, follower, log, looks).Run();
}

std::string TryPort(const Endpoint& endpoint, Milliseconds timeout) {
  const Look look = LookAtPort(endpoint, timeout, -1);
  return look.holds ? "" : look.seen;
}

}  // namespace readiness
