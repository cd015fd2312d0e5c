#pragma once
// The head of an HTTP answer, read line by line and more strictly than libcurl does: whatever leaves open where the
// body ends or what it is coded in is an error. Interim answers (1xx) and trailers count towards the bounds and are
// dropped. Knows nothing of sockets or libcurl. Not thread-safe.

#include <cstddef>
#include <string>
#include <string_view>

#include "readiness/http.h"

namespace readiness {

constexpr std::size_t kMaxHeaderLines = 200;
constexpr std::size_t kMaxHeaderBytes = 256 * 1024;

enum class ContentCoding { kIdentity, kGzip, kDeflate, kBrotli };

class AnswerHead {
 public:
  /// Takes the next line with its line end; an empty one ends a head. Errors: kLimit, kTarget.
  Result<void> AddLine(std::string_view line);

  /// The head of the final answer has ended.
  bool complete() const { return complete_; }
  int status() const { return status_; }
  ContentCoding coding() const { return coding_; }
  std::size_t lines() const { return lines_; }
  HeaderList TakeHeaders() { return std::move(headers_); }

 private:
  Result<void> AddStatusLine(std::string_view line);
  Result<void> AddField(std::string_view line);
  Result<void> EndHead();
  Result<void> CheckFraming() const;
  Result<void> ReadCoding();

  bool in_head_ = false;
  bool complete_ = false;
  int status_ = 0;
  ContentCoding coding_ = ContentCoding::kIdentity;
  HeaderList headers_;
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace readiness
