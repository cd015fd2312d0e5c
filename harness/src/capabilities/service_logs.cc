#include "capabilities/service_logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace readiness {
namespace {

struct LogFile {
  explicit LogFile(int opened) : descriptor(opened) {}
  LogFile(LogFile&& other) noexcept : descriptor(std::exchange(other.descriptor, -1)), size(other.size) {}
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  LogFile& operator=(LogFile&&) = delete;
  ~LogFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
  int descriptor;
  std::uint64_t size = 0;
};

Error Unavailable(const std::string& service, const std::string& why) {
  return Error{ErrorKind::kNotAvailable, "no log of service \"" + service + "\": " + why, {}, {}, {}, {}};
}

Result<LogFile> Open(const Session& session, const std::string& service) {
  const auto found = session.services.find(service);
  if (found == session.services.end()) return Fail(Unavailable(service, "the deployment has no such service"));
  const std::string& path = found->second.log_file;
  if (path.empty()) return Fail(Unavailable(service, "the deployment keeps none"));
  LogFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.descriptor < 0) return Fail(Unavailable(service, path + ": " + std::strerror(errno)));
  struct stat status {};
  if (::fstat(file.descriptor, &status) != 0) return Fail(Unavailable(service, path + ": " + std::strerror(errno)));
  if (!S_ISREG(status.st_mode)) return Fail(Unavailable(service, path + " is no regular file"));
  file.size = static_cast<std::uint64_t>(status.st_size);
  return file;
}

}  // namespace

Result<std::uint64_t> ServiceLogs::Mark(const std::string& service) {
  READINESS_ASSIGN(const LogFile file, Open(session_, service));
  return file.size;
}

Result<std::string> ServiceLogs::Since(const std::string& service, std::uint64_t mark) {
  READINESS_ASSIGN(const LogFile file, Open(session_, service));
  // A file shorter than the mark was started anew since: all of it is later.
  const std::uint64_t first_new = mark > file.size ? 0 : mark;
  std::uint64_t position = std::max(first_new, file.size - std::min(file.size, kMaxLogTail));
  std::string text(static_cast<std::size_t>(file.size - position), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count =
        ::pread(file.descriptor, text.data() + filled, text.size() - filled, static_cast<off_t>(position + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(Unavailable(service, std::strerror(errno)));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

}  // namespace readiness
