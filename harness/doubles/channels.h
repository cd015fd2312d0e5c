#pragma once
// The channels of a language model double: what each is to answer and what it was asked. A channel appears when it is
// first named. Bounded in number and memory; a channel whose log once had no room says so for good, because a log with
// holes proves nothing. Not thread-safe: the server's thread only.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace readiness::doubles::model {

/// What a completion is answered with.
struct Reply {
  int status = 200;
  std::string content;                  ///< of the assistant, or the message of an error
  std::optional<std::string> raw_body;  ///< instead of a well-formed body
  std::chrono::milliseconds delay{0};
  bool hang = false;
};

struct Call {
  std::int64_t sequence = 0;  ///< from 1 over all channels, given by Channels
  std::string channel;        ///< empty: nobody can tell whose it is
  std::string method;
  std::string path;  ///< with query
  bool genuine_key = false;
  std::string prompt;
  std::string request;  ///< JSON text; empty: it was none
  int status = 0;       ///< 0: no answer was given
};

struct Channel {
  Reply reply;
  std::vector<Call> calls;
  std::size_t bytes = 0;
  bool overflowed = false;
  int held = 0;  ///< requests that hang or wait right now
};

struct ChannelBounds {
  std::size_t channels = 256;
  std::size_t calls = 20'000;                 ///< per channel
  std::size_t bytes = 16 * 1024 * 1024;       ///< per channel
  std::size_t all_bytes = 128 * 1024 * 1024;  ///< of all channels
  int held = 64;                              ///< per channel
  int all_held = 128;
};

/// 1 to 100 letters, digits, `-`, `_` and `.`.
bool IsChannelName(std::string_view name);

class Channels {
 public:
  /// A new channel answers `content`.
  explicit Channels(std::string content, ChannelBounds bounds = {}) : content_(std::move(content)), bounds_(bounds) {}

  /// The channel `name`, made when it is new; empty: that of calls which nobody can tell whose they are. nullptr: no
  /// room for a further one.
  Channel* Get(const std::string& name);

  /// Appends to the log of `channel`; false, and channel.overflowed from then on, when there is no room.
  bool Add(Channel& channel, Call call);

  /// A place among the requests of `channel` that hang or wait, for as long as it lives; nullptr when all are taken.
  std::shared_ptr<void> Hold(const std::string& name);

 private:
  const std::string content_;
  const ChannelBounds bounds_;
  std::map<std::string, Channel> channels_;
  std::int64_t sequence_ = 0;
  std::size_t bytes_ = 0;
  int held_ = 0;
};

}  // namespace readiness::doubles::model
