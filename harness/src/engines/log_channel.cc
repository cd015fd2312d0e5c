#include "engines/log_channel.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <re2/re2.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace readiness {
namespace {

constexpr std::size_t kMaxLineBytes = 64 * 1024;
constexpr std::size_t kLastLines = 20;
constexpr std::size_t kLastLineBytes = 1000;
constexpr std::size_t kDrainBytes = 256 * 1024;
constexpr std::string_view kNotice = "\n[log cut here: it reached the size limit; later output was discarded]\n";

Error FileError(const std::string& file, std::string actual) {
  return Error{ErrorKind::kEnvironment,
               fmt::format("log file {} cannot be written", file),
               std::nullopt,
               "a regular file in a writable folder",
               std::move(actual),
               {}};
}

Result<std::unique_ptr<re2::RE2>> Compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(4 << 20);
  options.set_encoding(RE2::Options::EncodingLatin1);  // output is bytes: invalid UTF-8 has to be searchable too
  auto compiled = std::make_unique<re2::RE2>(pattern, options);
  if (compiled->ok()) return compiled;
  return Fail(Error{ErrorKind::kDefinition,
                    fmt::format("log pattern \"{}\" is not a regular expression", pattern),
                    std::nullopt,
                    "RE2 syntax",
                    compiled->error(),
                    {}});
}

// Says that it was cut, so that a redactor knows to look for the beginning of a secret there.
std::string CutLine(std::string_view line) {
  if (line.size() <= kLastLineBytes) return std::string(line);
  return fmt::format("{} [{} more bytes]", line.substr(0, kLastLineBytes), line.size() - kLastLineBytes);
}

}  // namespace

LogChannel::~LogChannel() = default;

Result<std::shared_ptr<LogChannel>> LogChannel::Open(const std::string& file, const std::vector<std::string>& patterns,
                                                     std::size_t max_bytes) {
  std::shared_ptr<LogChannel> channel(new LogChannel);
  for (const std::string& pattern : patterns) {
    READINESS_ASSIGN(auto compiled, Compile(pattern));
    channel->patterns_.push_back(std::move(compiled));
  }
  channel->found_.resize(patterns.size());
  channel->searching_ = !patterns.empty();
  channel->max_bytes_ = max_bytes;

  // O_NONBLOCK: a named pipe in the place of the file must not block us.
  channel->file_ = Descriptor(
      ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600));
  if (!channel->file_) return Fail(FileError(file, std::strerror(errno)));
  struct stat status {};
  if (::fstat(channel->file_.get(), &status) != 0) return Fail(FileError(file, std::strerror(errno)));
  if (!S_ISREG(status.st_mode)) return Fail(FileError(file, "not a regular file"));
  channel->file_bytes_ = static_cast<std::size_t>(status.st_size);
  channel->cut_ = channel->file_bytes_ + kNotice.size() >= max_bytes;

  int ends[2] = {-1, -1};
  channel->event_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!channel->event_ || ::pipe2(ends, O_CLOEXEC) != 0) {
    return Fail(
        Error{ErrorKind::kEnvironment, "cannot make a pipe for a log", std::nullopt, {}, std::strerror(errno), {}});
  }
  channel->read_end_ = Descriptor(ends[0]);
  channel->write_end_ = Descriptor(ends[1]);
  // Only our end: O_NONBLOCK on the service's would make its writes fail.
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return channel;
}

void LogChannel::ClearEvent() {
  eventfd_t value = 0;
  ::eventfd_read(event_.get(), &value);
}

LogChannel::State LogChannel::Drain() {
  const std::lock_guard lock(mutex_);
  std::array<char, 64 * 1024> buffer;
  for (std::size_t taken = 0; taken < kDrainBytes;) {
    const ssize_t length = ::read(read_end_.get(), buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return State::kOpen;
    if (length <= 0) {
      if (!unfinished_.empty()) TakeLine(std::exchange(unfinished_, {}));
      return State::kEnded;
    }
    taken += static_cast<std::size_t>(length);
    Keep({buffer.data(), static_cast<std::size_t>(length)});
  }
  return State::kOpen;
}

void LogChannel::DrainAll() {
  const int capacity = ::fcntl(read_end_.get(), F_GETPIPE_SZ);
  for (int drained = 0; drained <= capacity; drained += static_cast<int>(kDrainBytes)) {
    int waiting = 0;
    if (Drain() == State::kEnded || ::ioctl(read_end_.get(), FIONREAD, &waiting) != 0 || waiting == 0) return;
  }
}

void LogChannel::Keep(std::string_view bytes) {
  Write(bytes);
  Split(bytes);
}

void LogChannel::Split(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t room = kMaxLineBytes - unfinished_.size();
    const std::size_t newline = bytes.substr(0, room).find('\n');
    if (newline != std::string_view::npos) {
      if (unfinished_.empty()) {
        TakeLine(bytes.substr(0, newline));
      } else {
        unfinished_.append(bytes.substr(0, newline));
        TakeLine(std::exchange(unfinished_, {}));
      }
      bytes.remove_prefix(newline + 1);
      continue;
    }
    const std::size_t piece = std::min(room, bytes.size());
    unfinished_.append(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
    if (unfinished_.size() == kMaxLineBytes) TakeLine(std::exchange(unfinished_, {}));
  }
}

void LogChannel::TakeLine(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  ++lines_seen_;
  last_lines_.push_back(CutLine(line));
  if (last_lines_.size() > kLastLines) last_lines_.pop_front();
  if (!searching_) return;
  for (std::size_t index = 0; index < patterns_.size(); ++index) {
    if (found_[index] || !RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *patterns_[index])) continue;
    found_[index] = true;
    ::eventfd_write(event_.get(), 1);
  }
}

void LogChannel::Write(std::string_view bytes) {
  if (cut_) return;
  const std::size_t room = max_bytes_ - kNotice.size() - file_bytes_;
  const bool full = bytes.size() > room;
  std::string text(bytes.substr(0, room));
  if (full) text.append(kNotice);
  cut_ = full;
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t length = ::write(file_.get(), rest.data(), rest.size());
    if (length < 0 && errno == EINTR) continue;
    // A full disk must not stop the service: what does not fit is lost, the next piece is tried again.
    if (length <= 0) return;
    file_bytes_ += static_cast<std::size_t>(length);
    rest.remove_prefix(static_cast<std::size_t>(length));
  }
}

bool LogChannel::Found(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return index < found_.size() && found_[index];
}

void LogChannel::StopSearching() {
  const std::lock_guard lock(mutex_);
  searching_ = false;
}

std::size_t LogChannel::lines_seen() const {
  const std::lock_guard lock(mutex_);
  return lines_seen_;
}

std::vector<std::string> LogChannel::LastLines() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines(last_lines_.begin(), last_lines_.end());
  if (!unfinished_.empty()) lines.push_back(CutLine(unfinished_));
  if (lines.size() > kLastLines) lines.erase(lines.begin());
  return lines;
}

}  // namespace readiness
