#pragma once
// What /proc tells about processes and listening sockets of this machine. Every answer is a snapshot: by the time it is
// used the process may be gone, so whoever acts on one opens a pidfd and looks again.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace readiness {

struct ProcessEntry {
  int pid = 0;
  int parent = 0;
  int group = 0;
  int session = 0;
  std::uint64_t start_ticks = 0;  ///< with the pid it names one process of this boot
  char state = '?';
  int threads = 1;
  std::string name;

  /// Only its exit status is left.
  bool IsZombie() const { return (state == 'Z' || state == 'X') && threads <= 1; }
};

std::optional<ProcessEntry> ReadProcess(int pid);
std::vector<ProcessEntry> ListProcesses();

/// Those of `processes` that `ancestor` started, directly or not; not itself.
std::vector<ProcessEntry> DescendantsOf(int ancestor, const std::vector<ProcessEntry>& processes);

/// Does the environment with which `pid` was executed hold exactly `entry` ("NAME=value")? False when it may not be
/// read.
bool EnvironmentHas(int pid, std::string_view entry);

/// Inodes of the TCP sockets, IPv4 and IPv6, that listen on `port`.
std::set<std::uint64_t> ListenersOn(int port);

/// Those of them that a connection to the address `host` ("127.0.0.1", "::1") reaches: bound to it, or else to all
/// addresses. All of them if `host` is a name.
std::set<std::uint64_t> ListenersAt(const std::string& host, int port);

/// Has `pid` one of these sockets open? Nothing: its descriptors may not be read.
std::optional<bool> HoldsSocket(int pid, const std::set<std::uint64_t>& inodes);

/// `pid 4711 (python3)` for the process that has one of these sockets, or nothing if /proc does not tell.
std::optional<std::string> DescribeHolder(const std::set<std::uint64_t>& inodes);

}  // namespace readiness
