#include "capabilities/connection_deadline.h"

#include <sys/socket.h>

namespace readiness {

ConnectionDeadline::ConnectionDeadline(int socket, std::chrono::milliseconds deadline)
    : watcher_([this, socket, deadline] {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, deadline, [this] { return finished_; })) return;
        passed_ = true;
        ::shutdown(socket, SHUT_RDWR);
      }) {}

ConnectionDeadline::~ConnectionDeadline() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
  watcher_.join();
}

bool ConnectionDeadline::passed() {
  const std::lock_guard lock(mutex_);
  return passed_;
}

}  // namespace readiness
