#include "conformance/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace readiness::conformance {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxOutput = 4 * 1024 * 1024;
constexpr int kNotExecuted = 127;

std::vector<std::string> Environment(const std::map<std::string, std::string>& own) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!text.starts_with("READINESS_") && !own.contains(text.substr(0, text.find('=')))) entries.push_back(text);
  }
  for (const auto& [name, value] : own) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void Execute(int output, char** words, char** environment, const char* directory) {
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (*directory != '\0' && ::chdir(directory) != 0) ::_exit(kNotExecuted);
  ::execvpe(words[0], words, environment);
  const std::string problem = std::string(words[0]) + ": " + std::strerror(errno) + "\n";
  if (::write(STDERR_FILENO, problem.data(), problem.size()) < 0) ::_exit(kNotExecuted);
  ::_exit(kNotExecuted);
}

// Reads until nobody holds the other end. False: the deadline passed first.
bool ReadToEnd(int input, Clock::time_point deadline, std::string& text) {
  char buffer[16 * 1024];
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{input, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t count = ::read(input, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    text.append(buffer, std::min(static_cast<std::size_t>(count), kMaxOutput - std::min(kMaxOutput, text.size())));
  }
}

}  // namespace

Ended Run(const Command& command) {
  Ended ended;
  std::vector<std::string> words = command.words;
  std::vector<std::string> entries = Environment(command.environment);
  const std::vector<char*> word_pointers = Pointers(words);
  const std::vector<char*> entry_pointers = Pointers(entries);
  int channel[2];
  if (::pipe2(channel, O_CLOEXEC) != 0) return ended;
  const pid_t child = ::fork();
  if (child == 0) {
    Execute(channel[1], const_cast<char**>(word_pointers.data()), const_cast<char**>(entry_pointers.data()),
            command.directory.c_str());
  }
  ::close(channel[1]);
  if (child > 0) {
    ended.timed_out = !ReadToEnd(channel[0], Clock::now() + command.timeout, ended.output);
    if (ended.timed_out) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended.timed_out) ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  ::close(channel[0]);
  return ended;
}

}  // namespace readiness::conformance
