#pragma once
// Ends a blocking call of a client library: when the deadline passes, both directions of its socket are shut down, so
// that the library sees a broken connection. For libraries without a deadline of their own. Owns a thread for as long
// as it lives.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace readiness {

class ConnectionDeadline {
 public:
  /// `socket` is borrowed and stays open at least until the destructor returns.
  ConnectionDeadline(int socket, std::chrono::milliseconds deadline);
  ConnectionDeadline(const ConnectionDeadline&) = delete;
  ConnectionDeadline& operator=(const ConnectionDeadline&) = delete;
  ~ConnectionDeadline();

  /// Has the deadline passed?
  bool passed();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool finished_ = false;
  bool passed_ = false;
  std::thread watcher_;
};

}  // namespace readiness
