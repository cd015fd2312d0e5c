#pragma once
// The pipe between a service's output and its log file: bounded in the file, endless for the service, searched for the
// lines that wait conditions ask for. Thread-safe: the pump's thread and the engine's thread both drain it.

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engines/descriptor.h"
#include "readiness/result.h"

namespace re2 {
class RE2;
}

namespace readiness {

class LogChannel {
 public:
  /// Opens `file` for appending (made with mode 0600; no symbolic link, regular files only) and a pipe to it. The file
  /// as a whole, with what it held before, grows to at most `max_bytes`; then a notice ends it. `patterns` are RE2.
  /// Errors: kEnvironment (file), kDefinition (pattern).
  static Result<std::shared_ptr<LogChannel>> Open(const std::string& file, const std::vector<std::string>& patterns,
                                                  std::size_t max_bytes);
  ~LogChannel();

  /// What the service gets as stdout and stderr. CloseWriteEnd after it has been started.
  int write_end() const { return write_end_.get(); }
  void CloseWriteEnd() { write_end_.Close(); }
  int read_end() const { return read_end_.get(); }
  /// Becomes readable when a pattern has been found; ClearEvent makes it unreadable again.
  int event() const { return event_.get(); }
  void ClearEvent();

  enum class State { kOpen, kEnded };
  /// Takes what lies in the pipe now, at most 256 KiB. kEnded: nobody holds the other end any more.
  State Drain();
  /// Drains until the pipe is empty, at most one pipe's worth: what an ended process has written is then all seen.
  void DrainAll();

  /// Has pattern number `index` been found in a line? Lines count from the start of this channel, in pieces of 64 KiB.
  bool Found(std::size_t index) const;
  /// No pattern will be asked for any more.
  void StopSearching();
  std::size_t lines_seen() const;
  /// The last lines, raw bytes, each cut to 1000 with a note of what was cut; an unfinished one included.
  std::vector<std::string> LastLines() const;

 private:
  LogChannel() = default;
  void Keep(std::string_view bytes);
  void Split(std::string_view bytes);
  void TakeLine(std::string_view line);
  void Write(std::string_view bytes);

  Descriptor file_, read_end_, write_end_, event_;
  std::size_t max_bytes_ = 0;
  mutable std::mutex mutex_;  // guards all below
  std::size_t file_bytes_ = 0;
  bool cut_ = false;
  std::string unfinished_;
  std::deque<std::string> last_lines_;
  std::size_t lines_seen_ = 0;
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
  std::vector<bool> found_;
  bool searching_ = false;
};

}  // namespace readiness
