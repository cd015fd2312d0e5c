#include "engines/log_pump.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace readiness {

LogPump::~LogPump() {
  if (!thread_.joinable()) return;
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

Result<void> LogPump::StartThread() {
  if (thread_.joinable()) return {};
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  stop_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (!epoll_ || !stop_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stop_.get(), &event) != 0) {
    return Fail(Error{ErrorKind::kEnvironment, "cannot watch log pipes", std::nullopt, {}, std::strerror(errno), {}});
  }
  // Signals of the process are for its own threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::string problem;
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    problem = error.what();
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (problem.empty()) return {};
  return Fail(Error{ErrorKind::kEnvironment, "cannot start a thread for logs", std::nullopt, {}, problem, {}});
}

Result<void> LogPump::Add(std::shared_ptr<LogChannel> channel) {
  READINESS_RETURN_IF_ERROR(StartThread());
  LogChannel* key = channel.get();
  const std::lock_guard lock(mutex_);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = key;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, key->read_end(), &event) != 0) {
    return Fail(Error{ErrorKind::kEnvironment, "cannot watch a log pipe", std::nullopt, {}, std::strerror(errno), {}});
  }
  channels_.emplace(key, std::move(channel));
  return {};
}

void LogPump::Remove(const LogChannel* channel) {
  const std::lock_guard lock(mutex_);
  if (channels_.count(channel) == 0) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, channel->read_end(), nullptr);
  channels_.erase(channel);
}

void LogPump::Run() {
  std::array<epoll_event, 16> events;
  while (true) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) return;
    for (int index = 0; index < count; ++index) {
      const void* key = events[static_cast<std::size_t>(index)].data.ptr;
      if (key == nullptr) return;
      DrainOne(static_cast<const LogChannel*>(key));
    }
  }
}

void LogPump::DrainOne(const LogChannel* key) {
  std::shared_ptr<LogChannel> channel;
  {
    const std::lock_guard lock(mutex_);
    const auto found = channels_.find(key);
    if (found == channels_.end()) return;
    channel = found->second;
  }
  if (channel->Drain() == LogChannel::State::kEnded) Remove(key);
}

}  // namespace readiness
