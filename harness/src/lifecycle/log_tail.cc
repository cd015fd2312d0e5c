#include "lifecycle/log_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "engines/descriptor.h"

namespace readiness {
namespace {

/// Read before the place where the tail begins, so that a secret which straddles it is still recognised.
constexpr std::size_t kMargin = 1024;

struct Tail {
  std::string text;
  std::size_t margin = 0;  ///< how much of it was asked for only to be dropped
};

Tail Read(const std::string& file, std::size_t max_bytes) {
  // O_NONBLOCK: a service may have put a FIFO in its log's place.
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat status {};
  if (!descriptor || ::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto size = static_cast<std::size_t>(status.st_size);
  const std::size_t wanted = std::min(size, max_bytes + kMargin);
  Tail tail{std::string(wanted, '\0'), wanted > max_bytes ? wanted - max_bytes : 0};
  const ssize_t count = ::pread(descriptor.get(), tail.text.data(), wanted, static_cast<off_t>(size - wanted));
  tail.text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  tail.margin = std::min(tail.margin, tail.text.size());
  return tail;
}

std::string FromLineStart(std::string text, std::size_t from) {
  if (from == 0) return text;
  const std::size_t newline = text.find('\n', std::min(from, text.size()));
  return newline == std::string::npos || newline + 1 == text.size() ? text.substr(std::min(from, text.size()))
                                                                    : text.substr(newline + 1);
}

}  // namespace

std::string ReadLogTail(const std::string& file, std::size_t max_bytes) {
  Tail tail = Read(file, max_bytes);
  return FromLineStart(std::move(tail.text), tail.margin);
}

std::string ReasonWithLog(const std::string& reason, const std::string& log_file, const Redactor& redactor) {
  const Tail tail = Read(log_file, 2048);
  std::string text = redactor.Redact(tail.text);
  // Redaction shifts places, so the cut is made from the end.
  const std::size_t keep = tail.text.size() - tail.margin;
  text = FromLineStart(std::move(text), tail.margin == 0 || text.size() <= keep ? 0 : text.size() - keep);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::string start = Printable(redactor.Redact(reason), 8192);
  return text.empty() ? start : start + "; end of its log:\n" + Printable(text, 4096);
}

}  // namespace readiness
