#include "doubles/channels.h"

#include <algorithm>
#include <utility>

namespace readiness::doubles::model {

namespace {

constexpr std::size_t kMaxName = 100;
// Of the structure itself and what the allocator adds.
constexpr std::size_t kCallOverhead = 256;

}  // namespace

bool IsChannelName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

Channel* Channels::Get(const std::string& name) {
  const auto found = channels_.find(name);
  if (found != channels_.end()) return &found->second;
  if (!name.empty() && channels_.size() >= bounds_.channels) return nullptr;
  Channel& channel = channels_[name];
  channel.reply.content = content_;
  return &channel;
}

bool Channels::Add(Channel& channel, Call call) {
  const std::size_t bytes =
      kCallOverhead + call.method.size() + call.path.size() + call.prompt.size() + call.request.size();
  if (channel.overflowed || channel.calls.size() >= bounds_.calls || channel.bytes + bytes > bounds_.bytes ||
      bytes_ + bytes > bounds_.all_bytes) {
    channel.overflowed = true;
    return false;
  }
  channel.bytes += bytes;
  bytes_ += bytes;
  call.sequence = ++sequence_;
  channel.calls.push_back(std::move(call));
  return true;
}

std::shared_ptr<void> Channels::Hold(const std::string& name) {
  Channel* channel = Get(name);
  if (channel == nullptr || channel->held >= bounds_.held || held_ >= bounds_.all_held) return nullptr;
  ++channel->held;
  ++held_;
  // Not at address null: an empty pointer means that there was no place.
  return {static_cast<void*>(channel), [this, channel](void*) {
            --channel->held;
            --held_;
          }};
}

}  // namespace readiness::doubles::model
