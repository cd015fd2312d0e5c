#include "capabilities/http/answer_head.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "capabilities/http/http_syntax.h"

namespace readiness {
namespace {

constexpr std::size_t kShown = 120;

tl::unexpected<Error> BadHead(std::string what, std::string expected, std::string_view actual) {
  return Fail(
      Error{ErrorKind::kTarget, std::move(what), std::nullopt, std::move(expected), Printable(actual, kShown), {}});
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view WithoutLineEnd(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> ValuesOf(const HeaderList& headers, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : headers)
    if (EqualsIgnoringCase(key, name)) values.push_back(value);
  return values;
}

}  // namespace

Result<void> AnswerHead::AddLine(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxHeaderBytes)
    return Fail(Error{ErrorKind::kLimit,
                      "the answer's headers are too large",
                      std::nullopt,
                      fmt::format("at most {} bytes of headers", kMaxHeaderBytes),
                      "more than that",
                      {}});
  line = WithoutLineEnd(line);
  if (line.empty()) return EndHead();
  if (++lines_ > kMaxHeaderLines)
    return Fail(Error{ErrorKind::kLimit,
                      "the answer has too many headers",
                      std::nullopt,
                      fmt::format("at most {} lines, interim answers included", kMaxHeaderLines),
                      "more than that",
                      {}});
  if (!IsHeaderValue(line)) return BadHead("a line of the answer's head holds a NUL or a bare CR", "one line", line);
  if (complete_) return {};
  return in_head_ ? AddField(line) : AddStatusLine(line);
}

Result<void> AnswerHead::AddStatusLine(std::string_view line) {
  const std::string expected = "HTTP/<version> and a status of three digits from 100 to 599";
  const auto space = line.find(' ');
  const auto version = line.substr(0, space);
  const auto rest = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  const bool known = version == "HTTP/1.1" || version == "HTTP/1.0" || version == "HTTP/2";
  const bool three_digits = rest.size() >= 3 && std::all_of(rest.begin(), rest.begin() + 3, IsDigit);
  if (!known || !three_digits || (rest.size() > 3 && rest[3] != ' '))
    return BadHead("the answer's status line is not one", expected, line);
  status_ = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
  if (status_ < 100 || status_ > 599) return BadHead("the answer's status does not exist", expected, line);
  if (status_ == 101) return BadHead("the target switched protocols unasked", "an HTTP answer", line);
  in_head_ = true;
  headers_.clear();
  return {};
}

Result<void> AnswerHead::AddField(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    if (headers_.empty()) return BadHead("the answer's first header is a continuation", "name: value", line);
    headers_.back().second.append(" ").append(TrimBlanks(line));
    return {};
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return BadHead("a header of the answer has no colon", "name: value", line);
  if (!IsHttpToken(line.substr(0, colon)))
    return BadHead("a header of the answer has no valid name", "name: value", line);
  headers_.emplace_back(line.substr(0, colon), TrimBlanks(line.substr(colon + 1)));
  return {};
}

Result<void> AnswerHead::EndHead() {
  if (complete_ || !in_head_) return {};
  in_head_ = false;
  if (status_ < 200) return {};
  READINESS_RETURN_IF_ERROR(CheckFraming());
  READINESS_RETURN_IF_ERROR(ReadCoding());
  complete_ = true;
  return {};
}

Result<void> AnswerHead::CheckFraming() const {
  const auto lengths = ValuesOf(headers_, "Content-Length");
  const auto codings = ValuesOf(headers_, "Transfer-Encoding");
  if (lengths.size() > 1)
    return BadHead("the answer states its length twice", "one Content-Length",
                   fmt::format("{} and {}", lengths[0], lengths[1]));
  constexpr std::size_t kMostDigits = 18;  // fits 64 bits
  if (!lengths.empty() && (lengths[0].empty() || lengths[0].size() > kMostDigits ||
                           !std::all_of(lengths[0].begin(), lengths[0].end(), IsDigit)))
    return BadHead("the answer's Content-Length is not a number", "digits", lengths[0]);
  if (codings.size() > 1 || (!codings.empty() && !EqualsIgnoringCase(codings[0], "chunked")))
    return BadHead("the answer's Transfer-Encoding was not asked for", "chunked", codings.back());
  if (!codings.empty() && !lengths.empty())
    return BadHead("the answer has both Transfer-Encoding and Content-Length", "one of them", lengths[0]);
  return {};
}

Result<void> AnswerHead::ReadCoding() {
  const auto codings = ValuesOf(headers_, "Content-Encoding");
  if (codings.size() > 1)
    return BadHead("the answer is coded more than once", "one Content-Encoding",
                   fmt::format("{}, {}", codings[0], codings[1]));
  coding_ = ContentCoding::kIdentity;
  if (codings.empty() || codings[0].empty() || EqualsIgnoringCase(codings[0], "identity")) return {};
  if (EqualsIgnoringCase(codings[0], "gzip") || EqualsIgnoringCase(codings[0], "x-gzip")) {
    coding_ = ContentCoding::kGzip;
  } else if (EqualsIgnoringCase(codings[0], "deflate")) {
    coding_ = ContentCoding::kDeflate;
  } else if (EqualsIgnoringCase(codings[0], "br")) {
    coding_ = ContentCoding::kBrotli;
  } else {
    return BadHead("the answer's Content-Encoding was not asked for", "gzip, deflate, br or none", codings[0]);
  }
  return {};
}

}  // namespace readiness
