#include "lifecycle/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace readiness {
namespace {

/// Contents of a small /proc file; empty when it cannot be read. /proc files have no size, so base/files.h does not
/// fit.
std::string ReadProc(const std::string& file) {
  Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return {};
  std::string contents(4096, '\0');
  const ssize_t count = ::read(descriptor.get(), contents.data(), contents.size());
  contents.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return contents;
}

Error NoSuchProcess(int pid) {
  return Error{ErrorKind::kEnvironment, fmt::format("there is no process {}", pid), std::nullopt, {}, {}, {}};
}

}  // namespace

bool WaitReadable(int descriptor, const Deadline& deadline) {
  for (;;) {
    pollfd entry{descriptor, POLLIN, 0};
    const int ready = ::poll(&entry, 1, deadline.PollTime());
    if (ready > 0) return true;
    if (ready == 0 && deadline.Passed()) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Result<ProcessIdentity> Identify(int pid) {
  const std::string stat = ReadProc(fmt::format("/proc/{}/stat", pid));
  // The command name is in parentheses and may itself hold any character, so fields are counted from the last one.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return Fail(NoSuchProcess(pid));
  const char state = stat[name_end + 2];
  if (state == 'Z' || state == 'X' || state == 'x') return Fail(NoSuchProcess(pid));
  std::size_t position = name_end + 2;
  for (int field = 3; field < 22; ++field) {
    position = stat.find(' ', position);
    if (position == std::string::npos) return Fail(NoSuchProcess(pid));
    ++position;
  }
  ProcessIdentity identity{pid, 0};
  const auto parsed = std::from_chars(stat.data() + position, stat.data() + stat.size(), identity.start_ticks);
  if (parsed.ec != std::errc()) return Fail(NoSuchProcess(pid));
  return identity;
}

Result<std::optional<Descriptor>> OpenPidfd(const ProcessIdentity& process) {
  if (process.pid <= 0) return std::optional<Descriptor>();
  Descriptor descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!descriptor) {
    if (errno == ESRCH) return std::optional<Descriptor>();
    return Fail(Error{ErrorKind::kEnvironment,
                      fmt::format("cannot watch process {}", process.pid),
                      std::nullopt,
                      "pidfd_open (Linux 5.3 or later)",
                      std::strerror(errno),
                      {}});
  }
  // Only now is the pid pinned: what it names is either the process meant or a later one.
  const Result<ProcessIdentity> now = Identify(process.pid);
  if (!now || *now != process) return std::optional<Descriptor>();
  return std::optional<Descriptor>(std::move(descriptor));
}

bool IsAlive(const ProcessIdentity& process) {
  if (process.pid <= 0) return false;
  const Result<ProcessIdentity> now = Identify(process.pid);
  return now && *now == process;
}

bool WaitGone(const ProcessIdentity& process, const Deadline& deadline) {
  Result<std::optional<Descriptor>> pidfd = OpenPidfd(process);
  if (!pidfd || !*pidfd) return !IsAlive(process);
  return WaitReadable((*pidfd)->get(), deadline);
}

void Signal(const ProcessIdentity& process, int signal) {
  Result<std::optional<Descriptor>> pidfd = OpenPidfd(process);
  if (pidfd && *pidfd) ::syscall(SYS_pidfd_send_signal, (*pidfd)->get(), signal, nullptr, 0);
}

std::string DescribeProcess(int pid) {
  std::string name = ReadProc(fmt::format("/proc/{}/comm", pid));
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return name.empty() ? fmt::format("pid {}", pid) : fmt::format("{} (pid {})", Printable(name, 64), pid);
}

Result<ProcessIdentity> ParentIdentity() {
  const int parent = ::getppid();
  // A process whose parent died belongs to a reaper, which is in a session of its own; CTest and shells share theirs
  // with us.
  const pid_t session = ::getsid(0);
  const bool orphaned = session != ::getpid() && session != ::getsid(parent);
  if (orphaned || parent <= 0) {
    return Fail(Error{ErrorKind::kEnvironment, "the process that started this one has already ended", std::nullopt,
                      "a parent that lives as long as the run", DescribeProcess(parent),
                      "run it from CTest, or give a lease"});
  }
  return Identify(parent);
}

}  // namespace readiness
