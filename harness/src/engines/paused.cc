#include "engines/paused.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sstream>

#include "base/files.h"
#include "engines/descriptor.h"
#include "engines/engine.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxList = 1024 * 1024;

std::string ListOf(const std::string& run_directory) {
  return run_directory + "/paused";
}

}  // namespace

Result<void> WritePaused(const std::string& run_directory, const std::vector<ProcessEntry>& processes) {
  if (processes.empty()) {
    ::unlink(ListOf(run_directory).c_str());
    return {};
  }
  std::string text;
  for (const ProcessEntry& process : processes) text += fmt::format("{} {}\n", process.pid, process.start_ticks);
  return WriteFileAtomically(ListOf(run_directory), text, 0600);
}

int KillPausedProcesses(const std::string& run_directory, Milliseconds limit) {
  const Result<std::string> text = ReadFile(ListOf(run_directory), kMaxList);
  if (!text) return 0;
  std::istringstream lines(*text);
  const Deadline deadline(limit);
  std::vector<Descriptor> killed;
  int pid = 0;
  std::uint64_t start_ticks = 0;
  while (lines >> pid >> start_ticks) {
    if (pid <= 1 || pid == ::getpid()) continue;
    Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const auto process = ReadProcess(pid);
    if (!pidfd || !process || process->start_ticks != start_ticks || process->IsZombie()) continue;
    if (::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) == 0) killed.push_back(std::move(pidfd));
  }
  for (const Descriptor& pidfd : killed) {
    pollfd ended{pidfd.get(), POLLIN, 0};
    ::poll(&ended, 1, deadline.PollTime());
  }
  return static_cast<int>(killed.size());
}

}  // namespace readiness
