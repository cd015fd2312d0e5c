#include "doubles/call_log.h"

#include <utility>

namespace readiness::doubles::provider {

std::string_view ToString(CallKind kind) {
  switch (kind) {
    case CallKind::kToken:
      return "token";
    case CallKind::kData:
      return "data";
    case CallKind::kOther:
      break;
  }
  return "other";
}

bool CallLog::Add(Call call) {
  const std::size_t bytes = call.account.size() + call.method.size() + call.host.size() + call.path.size();
  if (overflowed_ || calls_.size() >= max_calls_ || bytes_ + bytes > max_bytes_) {
    overflowed_ = true;
    return false;
  }
  bytes_ += bytes;
  call.sequence = static_cast<std::int64_t>(calls_.size()) + 1;
  calls_.push_back(std::move(call));
  return true;
}

}  // namespace readiness::doubles::provider
