#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "engines/descriptor.h"
#include "engines/engine.h"
#include "engines/process_table.h"
#include "engines/shared_memory.h"

namespace readiness {
namespace {

struct Marked {
  int pid = 0;
  std::uint64_t start_ticks = 0;
  std::string name;
  Descriptor pidfd;
};

/// Live processes whose environment carries `entry`, but the caller.
std::vector<Marked> FindMarked(const std::string& entry) {
  std::vector<Marked> marked;
  for (ProcessEntry& process : ListProcesses()) {
    if (process.pid == ::getpid() || process.pid == 1 || process.IsZombie()) continue;
    // First the pidfd, then the environment: a process that takes over the pid in between may be read, but what is
    // signalled is the one that had it before and is gone.
    Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    if (!pidfd || !EnvironmentHas(process.pid, entry)) continue;
    marked.push_back({process.pid, process.start_ticks, std::move(process.name), std::move(pidfd)});
  }
  return marked;
}

void AwaitEnd(const std::vector<Marked>& marked, const Deadline& deadline) {
  std::vector<pollfd> polled;
  for (const Marked& process : marked) polled.push_back({process.pidfd.get(), POLLIN, 0});
  while (!polled.empty() && ::poll(polled.data(), polled.size(), deadline.PollTime()) != 0) {
    polled.erase(std::remove_if(polled.begin(), polled.end(), [](const pollfd& one) { return one.revents != 0; }),
                 polled.end());
  }
}

std::string NameAll(const std::vector<Marked>& marked) {
  std::string names;
  for (const Marked& process : marked) {
    if (!names.empty()) names += ", ";
    if (names.size() > 500) return names + "and more";
    names += fmt::format("pid {} ({})", process.pid, Printable(process.name, 64));
  }
  return names;
}

}  // namespace

Result<int> KillRunProcesses(const std::string& run_id, Milliseconds deadline) {
  if (run_id.empty()) return Fail(ErrorKind::kInternal, "a run without an id has no processes");
  const std::string entry = fmt::format("{}={}", kRunLabel, run_id);
  const Deadline end(deadline);
  std::map<int, std::uint64_t> killed;
  while (true) {
    const std::vector<Marked> marked = FindMarked(entry);
    if (marked.empty()) break;
    for (const Marked& process : marked) {
      if (::syscall(SYS_pidfd_send_signal, process.pidfd.get(), SIGKILL, nullptr, 0) != 0) continue;
      killed.emplace(process.pid, process.start_ticks);
    }
    // In short rounds: what was forked during the search is found by the next one.
    AwaitEnd(marked, Deadline(std::min(end.Remaining(), Milliseconds(200))));
    if (!end.Passed()) continue;
    const std::vector<Marked> left = FindMarked(entry);
    if (left.empty()) break;
    return Fail(Error{ErrorKind::kTimeout,
                      fmt::format("processes of run {} cannot be ended", run_id),
                      std::nullopt,
                      fmt::format("none left within {} ms", deadline.count()),
                      NameAll(left),
                      {}});
  }
  RemoveSharedMemoryOf(killed);
  return static_cast<int>(killed.size());
}

}  // namespace readiness
