// What HttpResponse and StatusSet can tell about themselves.

#include <algorithm>

#include "base/located_json.h"
#include "capabilities/http/http_syntax.h"
#include "readiness/http.h"

namespace readiness {

std::string ToString(const StatusSet& statuses) {
  if (statuses.empty()) return "no status";
  std::string text;
  std::size_t left = statuses.size();
  for (const int status : statuses) {
    text += std::to_string(status);
    --left;
    if (left > 0) text += left == 1 ? " or " : ", ";
  }
  return text;
}

std::optional<std::string> HttpResponse::Header(const std::string& name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&name](const auto& header) { return EqualsIgnoringCase(header.first, name); });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

Result<Json> HttpResponse::ParseJson() const {
  // The parser takes a NUL for the end of its input, so whatever follows would go unseen.
  if (const auto nul = body.find('\0'); nul != std::string::npos) {
    const auto line = 1 + std::count(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
    const auto line_start = nul == 0 ? std::string::npos : body.rfind('\n', nul - 1);
    const auto column = line_start == std::string::npos ? nul + 1 : nul - line_start;
    return Fail(Error{ErrorKind::kMalformed,
                      "not valid JSON",
                      Place{"answer", static_cast<int>(line), static_cast<int>(column)},
                      "JSON",
                      "a NUL byte",
                      {}});
  }
  JsonLimits limits;
  limits.bytes = std::max(limits.bytes, body.size());  // the exchange has bounded it already
  return ParseStrictJson(body, "answer", limits);
}

}  // namespace readiness
