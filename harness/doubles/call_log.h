#pragma once
// What the double was asked, in order of arrival. Bounded; once the bound is hit it says so for good, because a log
// with holes proves nothing. Not thread-safe: the server's thread only.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace readiness::doubles::provider {

enum class CallKind { kToken, kData, kOther };

/// The word in the admin API: "token", "data", "other".
std::string_view ToString(CallKind kind);

struct Call {
  std::int64_t sequence = 0;  ///< from 1, given by the log
  CallKind kind = CallKind::kOther;
  std::string account;  ///< empty: no credential that the double issued
  std::string method;
  std::string host;
  std::string path;  ///< with query
  int status = 0;    ///< 0: no answer was given
};

class CallLog {
 public:
  explicit CallLog(std::size_t max_calls = 100'000, std::size_t max_bytes = 64 * 1024 * 1024)
      : max_calls_(max_calls), max_bytes_(max_bytes) {}

  /// Appends; false, and overflowed() from then on, when there is no room.
  bool Add(Call call);

  bool overflowed() const { return overflowed_; }
  const std::vector<Call>& calls() const { return calls_; }

 private:
  const std::size_t max_calls_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  bool overflowed_ = false;
  std::vector<Call> calls_;
};

}  // namespace readiness::doubles::provider
