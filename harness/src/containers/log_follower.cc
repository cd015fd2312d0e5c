#include "containers/log_follower.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engines/engine.h"

namespace readiness {

Result<LogFollower> LogFollower::Start(const ContainerCli& cli, LogPump& pump, const std::string& container,
                                       const std::string& since, const std::string& file,
                                       const std::vector<std::string>& patterns) {
  READINESS_ASSIGN(std::shared_ptr<LogChannel> log, LogChannel::Open(file, patterns, kMaxLogBytes));
  LogFollower follower(pump, log);
  SpawnRequest request;
  std::vector<std::string> arguments{"logs", "--follow"};
  if (!since.empty()) arguments.insert(arguments.end(), {"--since", since});
  arguments.push_back(container);
  request.command = cli.DockerCommand(arguments);
  for (const auto& [name, value] : cli.Environment()) request.environment.push_back(name + "=" + value);
  request.working_directory = "/";
  request.output = log->write_end();
  READINESS_RETURN_IF_ERROR(pump.Add(log));
  Result<Child> child = Spawn(request);
  log->CloseWriteEnd();
  if (!child) {
    pump.Remove(log.get());
    return Fail(child.error());
  }
  follower.child_ = std::move(*child);
  return follower;
}

bool LogFollower::HasEnded() const {
  pollfd polled{child_.pidfd.get(), POLLIN, 0};
  return !child_.pidfd || ::poll(&polled, 1, 0) > 0;
}

void LogFollower::End(Milliseconds patience) {
  if (!child_.pidfd) return;
  pollfd polled{child_.pidfd.get(), POLLIN, 0};
  const Deadline deadline(patience);
  while (::poll(&polled, 1, deadline.PollTime()) < 0 && !deadline.Passed()) {
  }
  if (polled.revents == 0) {
    (void)::syscall(SYS_pidfd_send_signal, child_.pidfd.get(), SIGKILL, nullptr, 0);
    ::poll(&polled, 1, 1'000);
  }
  log_->DrainAll();
  pump_->Remove(log_.get());
  Reap(child_.pidfd.get());
  child_ = Child();
}

}  // namespace readiness
