#include "lifecycle/learned_secrets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

namespace readiness {
namespace {

constexpr const char* kFile = "learned-secrets";
constexpr std::size_t kMostRead = 4 * 1024 * 1024;
constexpr std::size_t kLongestSecret = 32 * 1024;
// Of what was announced before an item began; some hundred secrets.
constexpr std::uint64_t kMostOfOthers = 64 * 1024;
constexpr std::chrono::milliseconds kLongestWait{2'000};

std::string Hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::optional<std::string> FromHex(std::string_view text) {
  std::string bytes;
  if (text.size() < 2) return std::nullopt;
  for (std::size_t i = 0; i + 2 <= text.size(); i += 2) {
    unsigned value = 0;
    const auto parsed = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (parsed.ptr != text.data() + i + 2) return std::nullopt;
    bytes += static_cast<char>(value);
  }
  return bytes;
}

Descriptor Open(const std::string& run_directory, int flags) {
  return Descriptor(::open((run_directory + "/" + kFile).c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
}

std::uint64_t SizeOf(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// Calls `line` with pid and word of every whole line from `begin` on, but for what lies before the latest kMostRead
// bytes.
void EachLine(int file, std::uint64_t begin, const std::function<void(int, std::string_view)>& line) {
  const std::uint64_t size = SizeOf(file);
  const std::uint64_t position = std::max(std::min(begin, size), size - std::min<std::uint64_t>(size, kMostRead));
  std::string text(static_cast<std::size_t>(size - position), '\0');
  const ssize_t count = ::pread(file, text.data(), text.size(), static_cast<off_t>(position));
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  std::string_view rest = text;
  for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
    const std::string_view whole = rest.substr(0, end);
    const std::size_t blank = whole.find(' ');
    int pid = 0;
    if (blank != std::string_view::npos &&
        std::from_chars(whole.data(), whole.data() + blank, pid).ptr == whole.data() + blank && pid > 0)
      line(pid, whole.substr(blank + 1));
  }
}

}  // namespace

LearnedSecrets::LearnedSecrets(const std::string& run_directory)
    : file_(Open(run_directory, O_RDWR | O_CREAT | O_APPEND)), begin_(file_ ? SizeOf(file_.get()) : 0) {}

void LearnedSecrets::Announce(const std::string& secret) const {
  if (!secret.empty() && secret.size() <= kLongestSecret) Write(Hex(secret));
}

void LearnedSecrets::Write(const std::string& word) const {
  if (!file_) return;
  const std::string line = fmt::format("{} {}\n", ::getpid(), word);
  // In one write, so that lines of several processes do not mix. What a full disk cuts off is skipped by readers.
  [[maybe_unused]] const ssize_t written = ::write(file_.get(), line.data(), line.size());
}

bool LearnedSecrets::SomebodyExpects() const {
  std::set<int> expecting;
  EachLine(file_.get(), begin_ - std::min(begin_, kMostOfOthers), [&](int pid, std::string_view word) {
    if (word == "+") expecting.insert(pid);
    if (word == "-") expecting.erase(pid);
  });
  return std::any_of(expecting.begin(), expecting.end(),
                     [](int pid) { return pid != ::getpid() && ::kill(pid, 0) == 0; });
}

std::vector<std::string> LearnedSecrets::OfOthers() const {
  std::vector<std::string> secrets;
  if (!file_) return secrets;
  // Rare and short, as long as a login of somebody else takes: not worth a notification.
  const Deadline deadline(kLongestWait);
  while (SomebodyExpects() && !deadline.Passed()) ::poll(nullptr, 0, 2);
  EachLine(file_.get(), begin_ - std::min(begin_, kMostOfOthers), [&](int pid, std::string_view word) {
    if (pid == ::getpid()) return;
    if (auto secret = FromHex(word)) secrets.push_back(std::move(*secret));
  });
  return secrets;
}

std::vector<std::string> AllLearnedSecrets(const std::string& run_directory) {
  std::vector<std::string> secrets;
  const Descriptor file = Open(run_directory, O_RDONLY);
  if (!file) return secrets;
  EachLine(file.get(), 0, [&](int, std::string_view word) {
    if (auto secret = FromHex(word)) secrets.push_back(std::move(*secret));
  });
  return secrets;
}

}  // namespace readiness
