#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/text.h"

namespace readiness {
namespace {

// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  // Network file systems say only here that what was written did not arrive.
  bool Close() { return ::close(std::exchange(value_, -1)) == 0; }

 private:
  int value_;
};

Error SystemError(const std::string& what, const std::string& file, int code) {
  Error error{ErrorKind::kEnvironment, what, Place{file, 0, 0}, {}, std::strerror(code), {}};
  if (code == ENOSPC || code == EDQUOT) error.fix = "free disk space and run again";
  if (code == EACCES || code == EPERM || code == EROFS)
    error.fix = "make the folder writable for the user who runs this";
  return error;
}

Result<void> WriteAll(int descriptor, std::string_view contents, const std::string& file) {
  while (!contents.empty()) {
    const ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail(SystemError("cannot write", file, errno));
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::string> ReadFile(const std::string& file, std::size_t max_bytes) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) return Fail(SystemError("cannot read", file, errno));
  struct stat facts {};
  if (::fstat(descriptor.get(), &facts) != 0) return Fail(SystemError("cannot read", file, errno));
  if (!S_ISREG(facts.st_mode)) {
    return Fail({ErrorKind::kEnvironment, "cannot read", Place{file, 0, 0}, "a regular file", "something else", {}});
  }
  std::string contents;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(descriptor.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(SystemError("cannot read", file, errno));
    if (got == 0) return contents;
    if (contents.size() + static_cast<std::size_t>(got) > max_bytes) {
      return Fail({ErrorKind::kLimit,
                   "file is too large",
                   Place{file, 0, 0},
                   fmt::format("at most {} bytes", max_bytes),
                   fmt::format("{} bytes", facts.st_size),
                   {}});
    }
    contents.append(buffer, static_cast<std::size_t>(got));
  }
}

namespace {

Result<void> WriteAndRename(const std::string& file, std::string_view contents, unsigned mode, bool durably) {
  const std::string temporary = fmt::format("{}.{}.tmp", file, RandomHex(6));
  {
    Descriptor descriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (descriptor.get() < 0) return Fail(SystemError("cannot create", temporary, errno));
    auto written = WriteAll(descriptor.get(), contents, file);
    if (written && ::fchmod(descriptor.get(), mode) != 0) written = Fail(SystemError("cannot set mode", file, errno));
    if (written && durably && ::fsync(descriptor.get()) != 0) written = Fail(SystemError("cannot write", file, errno));
    if (written && !descriptor.Close()) written = Fail(SystemError("cannot write", file, errno));
    if (!written) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) {
    const int code = errno;
    ::unlink(temporary.c_str());
    return Fail(SystemError("cannot replace", file, code));
  }
  return {};
}

}  // namespace

Result<void> WriteFileAtomically(const std::string& file, std::string_view contents, unsigned mode) {
  return WriteAndRename(file, contents, mode, false);
}

Result<void> WriteFileDurably(const std::string& file, std::string_view contents, unsigned mode) {
  return WriteAndRename(file, contents, mode, true);
}

Result<void> MakeDirectories(const std::string& directory, unsigned mode) {
  std::error_code code;
  const bool made = std::filesystem::create_directories(directory, code);
  if (code) return Fail(SystemError("cannot make the folder", directory, code.value()));
  if (made && ::chmod(directory.c_str(), mode) != 0) {
    return Fail(SystemError("cannot set mode", directory, errno));
  }
  return {};
}

}  // namespace readiness
