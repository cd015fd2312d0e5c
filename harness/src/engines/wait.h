#pragma once
// Waits until a started service is ready or can no longer become so. Log lines and the end of the process are events;
// HTTP and TCP, for which there is none, are tried with growing pauses of 5 to 100 ms. The engine's thread only.

#include <optional>
#include <string>

#include "engines/engine.h"
#include "engines/log_channel.h"
#include "engines/spawn.h"

namespace readiness {

/// Where a service listens.
struct Endpoint {
  std::string host;
  int port = 0;
};

/// Host and port of "http://127.0.0.1:20123". Errors: kDefinition.
Result<Endpoint> ParseEndpoint(const std::string& url);

/// "GET /health answers 200", "port 20123 accepts connections", "a log line matches /x/"
std::string Describe(const WaitCondition& condition, const std::string& url);

/// The patterns of `conditions`, in order, as LogChannel takes them.
std::vector<std::string> LogPatterns(const std::vector<WaitCondition>& conditions);

struct NotReady {
  ErrorKind kind = ErrorKind::kTarget;
  std::string condition;  ///< the one that did not come to hold
  std::string seen;       ///< what was last seen of it
  bool ended = false;     ///< the process is gone
  bool unwanted = false;  ///< ServiceSpec::wanted_by has hung up
};

/// Waits for spec.ready in order, until spec.startup_timeout from now. `label` as for ProcessFamily. Nothing: all hold,
/// and whatever listens at the service's port belongs to it.
std::optional<NotReady> AwaitReady(const ServiceSpec& spec, const Child& child, LogChannel& log,
                                   const std::string& label);

/// Where a container has its port itself. What publishes it accepts connections before the container does.
struct ContainerPort {
  std::string address;  ///< on a network of the run; empty: unknown
  int port = 0;
};

/// As AwaitReady, for a container. `follower` follows its log and so ends when it does. Whoever answers at the
/// published port is not looked up: the engine has given that port to the container.
std::optional<NotReady> AwaitContainerReady(const ServiceSpec& spec, const ContainerPort& inside, const Child& follower,
                                            LogChannel& log);

/// One attempt to connect, for services that are not ours. Empty: it accepts connections; else what was seen instead.
std::string TryPort(const Endpoint& endpoint, Milliseconds timeout);

}  // namespace readiness
