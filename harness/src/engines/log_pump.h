#pragma once
// One thread that keeps every service's pipe empty, whatever the engine's thread is doing. Owned by the engine; Add and
// Remove come from the engine's thread.

#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "engines/descriptor.h"
#include "engines/log_channel.h"

namespace readiness {

class LogPump {
 public:
  LogPump() = default;
  ~LogPump();
  LogPump(const LogPump&) = delete;
  LogPump& operator=(const LogPump&) = delete;

  /// Drains `channel` until it ends or is removed. Errors: kEnvironment (out of descriptors or threads).
  Result<void> Add(std::shared_ptr<LogChannel> channel);
  void Remove(const LogChannel* channel);

 private:
  Result<void> StartThread();
  void Run();
  void DrainOne(const LogChannel* key);

  Descriptor epoll_, stop_;
  std::mutex mutex_;  // guards channels_
  std::map<const LogChannel*, std::shared_ptr<LogChannel>> channels_;
  std::thread thread_;
};

}  // namespace readiness
