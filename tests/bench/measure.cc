#include "bench/measure.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "base/text.h"

namespace readiness::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr off_t kMostOutput = 4 * 1024 * 1024;
constexpr int kCannotExecute = 127;

double Milliseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1000.0 + static_cast<double>(time.tv_usec) / 1000.0;
}

std::string ReadAll(int descriptor) {
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  const off_t begin = size > kMostOutput ? size - kMostOutput : 0;
  std::string text(static_cast<std::size_t>(std::max<off_t>(size - begin, 0)), '\0');
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), begin);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

[[noreturn]] void Execute(const Command& command, char** words, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) ::_exit(kCannotExecute);
  ::execvp(words[0], words);
  ::_exit(kCannotExecute);
}

// Waits until the child can be reaped; false when it had to be killed.
bool Await(pid_t child, Clock::time_point deadline, const std::function<void()>& meanwhile) {
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  bool ended = false;
  while (!ended && Clock::now() < deadline) {
    pollfd entry{process, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    ended = ::poll(&entry, 1, static_cast<int>(meanwhile ? std::min<std::int64_t>(left, 250) : left)) > 0;
    if (meanwhile) meanwhile();
  }
  if (process >= 0) ::close(process);
  if (!ended) ::kill(-child, SIGKILL);
  return ended;
}

std::string Shown(const Command& command) {
  std::string text;
  for (const std::string& word : command.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Samples Combine(const Samples& ours, const Samples& other, double (*combine)(double, double)) {
  Samples result;
  const std::size_t pairs = std::min(ours.values().size(), other.values().size());
  for (std::size_t i = 0; i < pairs; ++i) result.Add(combine(ours.values()[i], other.values()[i]));
  return result;
}

}  // namespace

Result<Finished> Run(const Command& command, const std::function<void()>& meanwhile) {
  std::vector<char*> words;
  for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  // Not a pipe: reading it would take time from the two processors that the command runs on.
  const int output = ::memfd_create("output", MFD_CLOEXEC);
  if (output < 0) return Fail(ErrorKind::kEnvironment, fmt::format("no memory for output: {}", std::strerror(errno)));

  const auto begin = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) Execute(command, words.data(), output);
  if (child < 0) {
    ::close(output);
    return Fail(ErrorKind::kEnvironment, fmt::format("cannot fork: {}", std::strerror(errno)));
  }
  const bool ended = Await(child, begin + command.timeout, meanwhile);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  Finished run;
  run.wall_ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  run.cpu_ms = Milliseconds(usage.ru_utime) + Milliseconds(usage.ru_stime);
  run.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024.0;
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.output = ReadAll(output);
  ::close(output);
  if (!ended) {
    return Fail({ErrorKind::kTimeout,
                 "not measured: a command did not end",
                 std::nullopt,
                 fmt::format("{} s", command.timeout.count()),
                 Shown(command),
                 {}});
  }
  if (std::find(command.accepted.begin(), command.accepted.end(), run.code) == command.accepted.end()) {
    const std::string tail = run.output.substr(run.output.size() - std::min<std::size_t>(run.output.size(), 2000));
    return Fail({ErrorKind::kEnvironment,
                 "not measured: a command failed",
                 std::nullopt,
                 Shown(command),
                 fmt::format("exit code {}: {}", run.code, Printable(tail, 2000)),
                 {}});
  }
  return run;
}

bool IsInPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

double Samples::Median() const {
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) return 0;
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Samples::Min() const {
  return empty() ? 0 : *std::min_element(values_.begin(), values_.end());
}
double Samples::Max() const {
  return empty() ? 0 : *std::max_element(values_.begin(), values_.end());
}

Samples Differences(const Samples& ours, const Samples& other) {
  return Combine(ours, other, [](double a, double b) { return a - b; });
}

Samples Ratios(const Samples& ours, const Samples& other) {
  return Combine(ours, other, [](double a, double b) { return b > 0 ? a / b : 0; });
}

void Series::Add(const Finished& run) {
  wall_ms.Add(run.wall_ms);
  cpu_ms.Add(run.cpu_ms);
  peak_mib.Add(run.peak_mib);
}

Result<std::vector<Series>> Interleave(const std::vector<Command>& commands, int rounds) {
  std::vector<Series> series(commands.size());
  for (int round = -1; round < rounds; ++round) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      READINESS_ASSIGN(const Finished run, Run(commands[i]));
      if (round >= 0) series[i].Add(run);
    }
  }
  return series;
}

}  // namespace readiness::bench
