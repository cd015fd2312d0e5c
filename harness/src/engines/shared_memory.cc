#include "engines/shared_memory.h"

#include <sys/shm.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace readiness {
namespace {

/// Seconds since 1970 at which ticks were 0; 0 if unknown.
std::int64_t BootTime() {
  std::ifstream file("/proc/stat");
  std::string line;
  while (std::getline(file, line)) {
    long long seconds = 0;
    if (std::sscanf(line.c_str(), "btime %lld", &seconds) == 1) return seconds;
  }
  return 0;
}

}  // namespace

void RemoveSharedMemoryOf(const std::map<int, std::uint64_t>& ended) {
  const std::int64_t boot = BootTime();
  const long ticks_per_second = ::sysconf(_SC_CLK_TCK);
  if (boot == 0 || ticks_per_second <= 0) return;
  std::ifstream table("/proc/sysvipc/shm");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    int id = 0;
    int maker = 0;
    int attached = 0;
    long long changed = 0;
    // key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime ...
    if (std::sscanf(line.c_str(), "%*d %d %*o %*u %d %*d %d %*u %*u %*u %*u %*u %*u %lld", &id, &maker, &attached,
                    &changed) != 4) {
      continue;
    }
    const auto process = ended.find(maker);
    if (process == ended.end() || attached != 0) continue;
    // Made by an earlier process with the same pid: not ours. Two seconds for rounding of both clocks.
    const std::int64_t started = boot + static_cast<std::int64_t>(process->second) / ticks_per_second;
    if (changed + 2 >= started) ::shmctl(id, IPC_RMID, nullptr);
  }
}

}  // namespace readiness
