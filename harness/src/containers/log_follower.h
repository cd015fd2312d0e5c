#pragma once
// A child that follows the log of one container into the same file, by the same channel, as processes write to. It ends
// when the container does, so that its end tells of the other's. The engine's thread only.

#include <memory>
#include <string>
#include <vector>

#include "containers/container_cli.h"
#include "definition/definition.h"
#include "engines/log_channel.h"
#include "engines/log_pump.h"
#include "engines/spawn.h"

namespace readiness {

class LogFollower {
 public:
  /// Follows `container` into `file` and searches for `patterns`. `since`: as `docker logs` takes it; empty: all that
  /// it ever wrote. `pump` outlives the follower. Errors: as LogChannel::Open and Spawn.
  static Result<LogFollower> Start(const ContainerCli& cli, LogPump& pump, const std::string& container,
                                   const std::string& since, const std::string& file,
                                   const std::vector<std::string>& patterns);
  LogFollower(LogFollower&&) = default;
  LogFollower& operator=(LogFollower&&) = delete;
  /// Ends the child without waiting for the container.
  ~LogFollower() { End(Milliseconds(0)); }

  /// Has the child, and so most likely the container, ended?
  bool HasEnded() const;
  /// Waits at most `patience` for the child's own end, which comes when all is read, then ends it. Its last words are
  /// kept.
  void End(Milliseconds patience);

  const Child& child() const { return child_; }
  LogChannel& log() const { return *log_; }
  /// For whoever wants its last lines when the follower is no more.
  std::shared_ptr<const LogChannel> SharedLog() const { return log_; }

 private:
  LogFollower(LogPump& pump, std::shared_ptr<LogChannel> log) : pump_(&pump), log_(std::move(log)) {}

  LogPump* pump_;
  std::shared_ptr<LogChannel> log_;
  Child child_;
};

}  // namespace readiness
