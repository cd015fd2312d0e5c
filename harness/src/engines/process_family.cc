#include "engines/process_family.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "engines/process_table.h"
#include "engines/shared_memory.h"
#include "engines/spawn.h"

namespace readiness {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kKillPatience{10'000};

/// Which of our descendants belong to the family of `root`.
std::vector<ProcessEntry> Select(int root, const std::string& label, const std::map<int, std::uint64_t>& known) {
  const std::vector<ProcessEntry> below = DescendantsOf(::getpid(), ListProcesses());
  std::map<int, ProcessEntry> chosen;
  for (const ProcessEntry& process : below) {
    const auto before = known.find(process.pid);
    const bool ours = process.pid == root || process.session == root || process.group == root ||
                      (before != known.end() && before->second == process.start_ticks) ||
                      (!process.IsZombie() && EnvironmentHas(process.pid, label));
    if (!ours) continue;
    chosen.emplace(process.pid, process);
    for (ProcessEntry& descendant : DescendantsOf(process.pid, below)) chosen.emplace(descendant.pid, descendant);
  }
  std::vector<ProcessEntry> result;
  for (auto& [pid, process] : chosen) {
    if (!process.IsZombie()) result.push_back(std::move(process));
  }
  return result;
}

void Send(const Descriptor& pidfd, int signal) {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

/// To exactly that process.
void SendTo(const ProcessEntry& process, int signal) {
  const Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  const auto again = ReadProcess(process.pid);
  if (pidfd && again && again->start_ticks == process.start_ticks) Send(pidfd, signal);
}

}  // namespace

std::vector<int> ProcessFamily::Pids() const {
  std::vector<int> pids;
  for (const ProcessEntry& process : Select(root_, label_, {})) pids.push_back(process.pid);
  return pids;
}

void ProcessFamily::Refresh() {
  std::map<int, std::uint64_t> known;
  for (const auto& [pid, member] : alive_) known.emplace(pid, member.start_ticks);
  std::map<int, Member> now;
  for (const ProcessEntry& process : Select(root_, label_, known)) {
    const auto before = alive_.find(process.pid);
    if (before != alive_.end() && before->second.start_ticks == process.start_ticks) {
      now.emplace(process.pid, std::move(before->second));
      continue;
    }
    Member member;
    member.pidfd = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    member.start_ticks = process.start_ticks;
    // The pid may have passed to somebody else between the listing and pidfd_open.
    const auto again = ReadProcess(process.pid);
    if (!member.pidfd || !again || again->start_ticks != process.start_ticks) continue;
    now.emplace(process.pid, std::move(member));
  }
  alive_ = std::move(now);
  for (const auto& [pid, member] : alive_) seen_[pid] = member.start_ticks;
}

void ProcessFamily::AskToEnd() {
  for (auto& [pid, member] : alive_) {
    if (std::exchange(member.asked, true)) continue;
    Send(member.pidfd, SIGTERM);
    Send(member.pidfd, SIGCONT);  // a paused process would not notice
  }
}

void ProcessFamily::Kill() {
  // As long as the root is not reaped its group's id cannot be reused. A signal to a group also stops forks in
  // progress.
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(root_), &info, WEXITED | WNOHANG | WNOWAIT) == 0) ::kill(-root_, SIGKILL);
  for (auto& [pid, member] : alive_) Send(member.pidfd, SIGKILL);
}

void ProcessFamily::AwaitEnd(const Deadline& deadline) {
  while (!alive_.empty()) {
    std::vector<pollfd> polled;
    for (const auto& [pid, member] : alive_) polled.push_back({member.pidfd.get(), POLLIN, 0});
    const int ready = ::poll(polled.data(), polled.size(), deadline.PollTime());
    if (ready == 0) return;
    if (ready < 0) continue;
    std::size_t index = 0;
    for (auto member = alive_.begin(); member != alive_.end(); ++index) {
      if (polled[index].revents == 0) {
        ++member;
        continue;
      }
      if (member->first != root_) Reap(member->second.pidfd.get());
      member = alive_.erase(member);
    }
  }
}

std::vector<int> ProcessFamily::End(milliseconds grace) {
  const Deadline polite(grace);
  Refresh();
  while (!alive_.empty() && !polite.Passed()) {
    AskToEnd();
    AwaitEnd(polite);
    Refresh();
  }
  const Deadline patience(kKillPatience);
  while (!alive_.empty() && !patience.Passed()) {
    Kill();
    // Short rounds: whoever was forked during the listing is found by the next one.
    AwaitEnd(Deadline(std::min(patience.Remaining(), milliseconds(200))));
    Refresh();
  }
  RemoveSharedMemoryOf(seen_);
  std::vector<int> left;
  for (const auto& [pid, member] : alive_) left.push_back(pid);
  return left;
}

Result<void> ProcessFamily::Pause(const std::function<Result<void>(const std::vector<ProcessEntry>&)>& note,
                                  milliseconds limit) const {
  const auto is_stopped = [](const ProcessEntry& process) { return process.state == 'T' || process.state == 't'; };
  const Deadline deadline(limit);
  while (true) {
    const std::vector<ProcessEntry> members = Select(root_, label_, {});
    if (std::all_of(members.begin(), members.end(), is_stopped)) return {};
    if (deadline.Passed()) return Fail(ErrorKind::kTimeout, "a service's processes cannot be paused");
    READINESS_RETURN_IF_ERROR(note(members));
    for (const ProcessEntry& process : members) {
      if (!is_stopped(process)) SendTo(process, SIGSTOP);
    }
    // Nothing tells of the stop of a process that is no child of ours; whoever was forked meanwhile is found next.
    ::poll(nullptr, 0, 1);
  }
}

void ProcessFamily::Resume() const {
  for (const ProcessEntry& process : Select(root_, label_, {})) SendTo(process, SIGCONT);
}

void ReapOrphans(const std::vector<int>& keep) {
  const int self = ::getpid();
  const int session = ::getsid(0);
  for (const ProcessEntry& process : ListProcesses()) {
    if (process.parent != self || process.session == session || !process.IsZombie()) continue;
    if (std::find(keep.begin(), keep.end(), process.pid) != keep.end()) continue;
    const Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    if (pidfd) Reap(pidfd.get());
  }
}

void KillOrphans(const std::vector<int>& keep) {
  // Only direct children: when one is gone, its own children are ours in the next round.
  const int self = ::getpid();
  const int session = ::getsid(0);
  const Deadline patience(kKillPatience);
  while (!patience.Passed()) {
    std::vector<Descriptor> pidfds;
    std::vector<pollfd> polled;
    for (const ProcessEntry& process : ListProcesses()) {
      if (process.parent != self || process.session == session || process.IsZombie()) continue;
      if (std::find(keep.begin(), keep.end(), process.pid) != keep.end()) continue;
      Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
      const auto again = ReadProcess(process.pid);
      if (!pidfd || !again || again->start_ticks != process.start_ticks) continue;
      Send(pidfd, SIGKILL);
      polled.push_back({pidfd.get(), POLLIN, 0});
      pidfds.push_back(std::move(pidfd));
    }
    if (polled.empty()) return;
    ::poll(polled.data(), polled.size(), patience.PollTime(milliseconds(200)));
    ReapOrphans(keep);
  }
}

}  // namespace readiness
