#include "base/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace readiness {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kErrorTail = 16 * 1024;
constexpr std::chrono::milliseconds kLastWait{2'000};

class Ends {
 public:
  Ends() = default;
  ~Ends() {
    Close(0);
    Close(1);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  bool MakePipe() { return ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  bool MakeSockets() { return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()) == 0; }
  int operator[](std::size_t which) const { return ends_[which]; }
  void Close(std::size_t which) {
    if (ends_[which] >= 0) ::close(ends_[which]);
    ends_[which] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

Error SystemError(const std::string& what, int reason) {
  return Error{ErrorKind::kEnvironment, what, std::nullopt, {}, std::strerror(reason), {}};
}

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// One run of a program; its members are what the steps share.
class Run {
 public:
  explicit Run(const ProgramRequest& request) : request_(request), deadline_(Clock::now() + request.timeout) {}
  ~Run() {
    if (pid_ > 0) Kill();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Result<ProgramResult> Go() {
    READINESS_RETURN_IF_ERROR(Start());
    READINESS_RETURN_IF_ERROR(Exchange());
    READINESS_RETURN_IF_ERROR(Await());
    return std::move(result_);
  }

 private:
  Result<void> Start();
  Result<void> Exchange();
  Result<void> Await();
  void Kill();
  void Give();
  bool Take(Ends& from, std::string& into);

  int Remaining() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
  }
  std::string Name() const { return Printable(request_.command.front(), 200); }
  Error Late() const {
    return Error{ErrorKind::kTimeout,
                 fmt::format("{} did not end in time", Name()),
                 std::nullopt,
                 fmt::format("within {} ms", request_.timeout.count()),
                 {},
                 {}};
  }

  const ProgramRequest& request_;
  const Clock::time_point deadline_;
  Ends input_, output_, errors_;
  std::size_t given_ = 0;
  pid_t pid_ = 0;
  ProgramResult result_;
};

Result<void> Run::Start() {
  if (request_.command.empty()) return Fail(ErrorKind::kInternal, "no program was named");
  if (!input_.MakeSockets() || !output_.MakePipe() || !errors_.MakePipe())
    return Fail(SystemError("cannot make a pipe", errno));
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, input_[1], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output_[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors_[1], STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  if (!request_.working_directory.empty())
    ::posix_spawn_file_actions_addchdir_np(&actions, request_.working_directory.c_str());
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const std::vector<char*> arguments = Pointers(request_.command);
  const std::vector<char*> environment = Pointers(request_.environment);
  const int failure =
      ::posix_spawnp(&pid_, arguments.front(), &actions, &attributes, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failure != 0) {
    pid_ = 0;
    return Fail(SystemError(fmt::format("cannot run {}", Name()), failure));
  }
  // Also of use when we are killed ourselves: it then ends by itself.
  const auto seconds = static_cast<rlim_t>(request_.timeout.count() / 1000 + 2);
  const rlimit processor{seconds, seconds};
  (void)::prlimit(pid_, RLIMIT_CPU, &processor, nullptr);
  if (request_.max_memory > 0) {
    const rlimit memory{request_.max_memory, request_.max_memory};
    (void)::prlimit(pid_, RLIMIT_AS, &memory, nullptr);
  }
  input_.Close(1);
  output_.Close(1);
  errors_.Close(1);
  return {};
}

void Run::Give() {
  const ssize_t sent =
      ::send(input_[0], request_.input.data() + given_,
             std::min<std::size_t>(request_.input.size() - given_, 256 * 1024), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) given_ += static_cast<std::size_t>(sent);
  // A program that no longer reads is not a failure of ours: its exit code tells.
  const bool gone = sent < 0 && errno != EAGAIN && errno != EINTR;
  if (gone || given_ == request_.input.size()) input_.Close(0);
}

bool Run::Take(Ends& from, std::string& into) {
  std::array<char, 64 * 1024> buffer;
  const ssize_t got = ::read(from[0], buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  into.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

Result<void> Run::Exchange() {
  if (request_.input.empty()) input_.Close(0);
  while (output_[0] >= 0 || errors_[0] >= 0) {
    // poll() ignores negative descriptors.
    std::array<pollfd, 3> entries{pollfd{input_[0], POLLOUT, 0}, {output_[0], POLLIN, 0}, {errors_[0], POLLIN, 0}};
    const int left = Remaining();
    if (left == 0) return Fail(Late());
    if (::poll(entries.data(), entries.size(), left) < 0 && errno != EINTR)
      return Fail(SystemError("cannot wait for " + Name(), errno));
    if (entries[0].revents != 0) Give();
    if (entries[1].revents != 0 && !Take(output_, result_.output)) output_.Close(0);
    if (entries[2].revents != 0 && !Take(errors_, result_.error_output)) errors_.Close(0);
    if (result_.error_output.size() > 2 * kErrorTail)
      result_.error_output.erase(0, result_.error_output.size() - kErrorTail);
    if (result_.output.size() > request_.max_output) {
      return Fail({ErrorKind::kLimit,
                   fmt::format("{} writes too much", Name()),
                   std::nullopt,
                   fmt::format("at most {} bytes", request_.max_output),
                   {},
                   {}});
    }
  }
  if (result_.error_output.size() > kErrorTail) result_.error_output.erase(0, result_.error_output.size() - kErrorTail);
  return {};
}

Result<void> Run::Await() {
  // It has closed its output, so it is about to end; the short waits only bridge that.
  std::chrono::milliseconds pause{1};
  const auto end = std::min(deadline_ + kLastWait, Clock::now() + kLastWait);
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended < 0 && errno != EINTR) {
      pid_ = 0;
      return Fail(SystemError("cannot wait for " + Name(), errno));
    }
    if (ended == pid_) {
      ::kill(-pid_, SIGKILL);  // whatever it has left in its session
      pid_ = 0;
      result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      return {};
    }
    if (Clock::now() >= end) return Fail(Late());
    ::poll(nullptr, 0, static_cast<int>(pause.count()));
    pause = std::min(pause * 2, std::chrono::milliseconds(20));
  }
}

void Run::Kill() {
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

}  // namespace

Result<ProgramResult> RunProgram(const ProgramRequest& request) {
  return Run(request).Go();
}

}  // namespace readiness
