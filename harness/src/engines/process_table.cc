#include "engines/process_table.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <unordered_map>

#include "base/text.h"
#include "engines/descriptor.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxEnvironmentBytes = 8 * 1024 * 1024;

std::optional<std::string> ReadAll(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string contents;
  char buffer[16 * 1024];
  while (contents.size() < max_bytes) {
    const ssize_t length = ::read(file.get(), buffer, sizeof buffer);
    if (length < 0) return std::nullopt;
    if (length == 0) break;
    contents.append(buffer, static_cast<std::size_t>(length));
  }
  return contents;
}

template <class Visit>
void ForEachEntry(const std::string& folder, Visit visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (!directory) return;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (!visit(std::string_view(entry->d_name))) return;
  }
}

std::vector<int> ListPids() {
  std::vector<int> pids;
  ForEachEntry("/proc", [&](std::string_view name) {
    int pid = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (problem == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
    return true;
  });
  return pids;
}

struct ListeningSocket {
  std::string address;  // as /proc/net writes it
  std::uint64_t inode = 0;
};

void AddListeners(const char* file, int port, std::vector<ListeningSocket>& sockets) {
  constexpr unsigned kListen = 0x0A;
  std::ifstream table(file);
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    char address[33] = {};
    unsigned local_port = 0;
    unsigned state = 0;
    unsigned long long inode = 0;
    // sl local:port remote:port state queues timer retransmits uid timeout inode
    if (std::sscanf(line.c_str(), " %*[^:]: %32[0-9A-F]:%x %*s %x %*s %*s %*s %*s %*s %llu", address, &local_port,
                    &state, &inode) == 4 &&
        state == kListen && static_cast<int>(local_port) == port) {
      sockets.push_back({address, inode});
    }
  }
}

std::vector<ListeningSocket> ListListeners(int port) {
  std::vector<ListeningSocket> sockets;
  AddListeners("/proc/net/tcp", port, sockets);
  AddListeners("/proc/net/tcp6", port, sockets);
  return sockets;
}

/// `host` in the ways in which /proc/net writes it; none if it is not an address.
std::vector<std::string> Notations(const std::string& host) {
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) {
    const std::string plain = fmt::format("{:08X}", four.s_addr);
    return {plain, fmt::format("0000000000000000{:08X}{}", htonl(0xFFFF), plain)};
  }
  in6_addr six{};
  if (::inet_pton(AF_INET6, host.c_str(), &six) != 1) return {};
  std::string text;
  for (int word = 0; word < 4; ++word) {
    std::uint32_t value = 0;
    std::memcpy(&value, six.s6_addr + 4 * word, sizeof value);
    text += fmt::format("{:08X}", value);
  }
  return {text};
}

}  // namespace

std::optional<ProcessEntry> ReadProcess(int pid) {
  const auto text = ReadAll(fmt::format("/proc/{}/stat", pid), 4096);
  if (!text) return std::nullopt;
  // The name is free text of the process: it may hold blanks, brackets and newlines. The last bracket ends it.
  const std::size_t open = text->find('(');
  const std::size_t close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  ProcessEntry entry;
  entry.pid = pid;
  entry.name = text->substr(open + 1, close - open - 1);
  std::istringstream fields(text->substr(close + 1));
  std::string ignored;
  fields >> entry.state >> entry.parent >> entry.group >> entry.session;
  for (int field = 7; field <= 19; ++field) fields >> ignored;
  fields >> entry.threads >> ignored >> entry.start_ticks;
  if (!fields) return std::nullopt;
  return entry;
}

std::vector<ProcessEntry> ListProcesses() {
  std::vector<ProcessEntry> processes;
  for (const int pid : ListPids()) {
    if (auto entry = ReadProcess(pid)) processes.push_back(std::move(*entry));
  }
  return processes;
}

std::vector<ProcessEntry> DescendantsOf(int ancestor, const std::vector<ProcessEntry>& processes) {
  std::unordered_multimap<int, const ProcessEntry*> children;
  for (const ProcessEntry& process : processes) children.emplace(process.parent, &process);
  std::vector<ProcessEntry> found;
  std::set<int> seen{ancestor};
  std::vector<int> open{ancestor};
  while (!open.empty()) {
    const auto [begin, end] = children.equal_range(open.back());
    open.pop_back();
    for (auto child = begin; child != end; ++child) {
      if (!seen.insert(child->second->pid).second) continue;
      found.push_back(*child->second);
      open.push_back(child->second->pid);
    }
  }
  return found;
}

bool EnvironmentHas(int pid, std::string_view entry) {
  const auto environment = ReadAll(fmt::format("/proc/{}/environ", pid), kMaxEnvironmentBytes);
  if (!environment) return false;
  const std::string_view text = *environment;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    if (text.substr(begin, end - begin) == entry) return true;
    begin = end + 1;
  }
  return false;
}

std::set<std::uint64_t> ListenersOn(int port) {
  std::set<std::uint64_t> inodes;
  for (const ListeningSocket& socket : ListListeners(port)) inodes.insert(socket.inode);
  return inodes;
}

std::set<std::uint64_t> ListenersAt(const std::string& host, int port) {
  const std::vector<std::string> notations = Notations(host);
  std::set<std::uint64_t> exact;
  std::set<std::uint64_t> everywhere;
  for (const ListeningSocket& socket : ListListeners(port)) {
    const bool any = socket.address.find_first_not_of('0') == std::string::npos;
    const bool hit = std::find(notations.begin(), notations.end(), socket.address) != notations.end();
    if (hit) exact.insert(socket.inode);
    if (any || notations.empty()) everywhere.insert(socket.inode);
  }
  return exact.empty() ? everywhere : exact;
}

std::optional<bool> HoldsSocket(int pid, const std::set<std::uint64_t>& inodes) {
  const std::string folder = fmt::format("/proc/{}/fd", pid);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return std::nullopt;
  bool holds = false;
  ForEachEntry(folder, [&](std::string_view name) {
    char link[64];
    const ssize_t length = ::readlinkat(directory.get(), std::string(name).c_str(), link, sizeof link - 1);
    if (length <= 0) return true;
    link[length] = '\0';
    unsigned long long inode = 0;
    holds = std::sscanf(link, "socket:[%llu]", &inode) == 1 && inodes.count(inode) > 0;
    return !holds;
  });
  return holds;
}

std::optional<std::string> DescribeHolder(const std::set<std::uint64_t>& inodes) {
  if (inodes.empty()) return std::nullopt;
  for (const ProcessEntry& process : ListProcesses()) {
    if (HoldsSocket(process.pid, inodes).value_or(false)) {
      return fmt::format("pid {} ({})", process.pid, Printable(process.name, 64));
    }
  }
  return std::nullopt;
}

}  // namespace readiness
