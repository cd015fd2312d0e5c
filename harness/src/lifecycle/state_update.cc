#include "lifecycle/state_update.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

namespace readiness {

Result<Descriptor> LockFile(const std::string& file, const Deadline& deadline) {
  Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!descriptor) {
    return Fail(
        Error{ErrorKind::kEnvironment, "cannot make a lock file", Place{file, 0, 0}, {}, std::strerror(errno), {}});
  }
  // flock has no time-out and nothing to wait on, hence the polling.
  while (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return Fail(Error{ErrorKind::kEnvironment, "cannot lock", Place{file, 0, 0}, {}, std::strerror(errno), {}});
    }
    if (deadline.Passed()) {
      return Fail(Error{ErrorKind::kTimeout,
                        "somebody else holds the lock",
                        Place{file, 0, 0},
                        "the lock to be released",
                        {},
                        "wait for the other `readiness up` of this build tree to end"});
    }
    ::poll(nullptr, 0, 10);
  }
  return descriptor;
}

Result<void> UpdateState(const std::string& state_directory, const std::string& run_id,
                         const std::function<void(TargetState&)>& change) {
  READINESS_ASSIGN(const Descriptor lock, LockFile(state_directory + "/state.lock", Deadline(std::chrono::seconds(5))));
  Result<TargetState> state = ReadState(state_directory);
  if (!state) {
    if (state.error().kind == ErrorKind::kTarget) return {};
    return Fail(state.error());
  }
  if (state->run_id != run_id) return {};
  change(*state);
  return WriteState(state_directory, *state);
}

Result<void> MarkEnded(const std::string& state_directory, const std::string& run_id, const std::string& reason) {
  return UpdateState(state_directory, run_id, [&](TargetState& state) {
    if (state.started || state.reason == kStarting) state.reason = reason;
    state.started = false;
  });
}

}  // namespace readiness
