#include <re2/re2.h>

#include "base/text.h"
#include "readiness/source_pattern.h"

namespace readiness {
namespace {

Result<bool> Match(const std::string& pattern, std::string_view text, re2::RE2::Anchor anchor) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  const re2::RE2 compiled(pattern, options);
  if (!compiled.ok()) {
    return Fail({ErrorKind::kMalformed,
                 "a regular expression cannot be decided",
                 std::nullopt,
                 "one of RE2's syntax",
                 Printable(pattern, 200),
                 {}});
  }
  const re2::StringPiece whole(text.data(), text.size());
  return compiled.Match(whole, 0, text.size(), anchor, nullptr, 0);
}

}  // namespace

Result<bool> MatchesWhole(const std::string& pattern, std::string_view text) {
  return Match(pattern, text, re2::RE2::ANCHOR_BOTH);
}

Result<bool> MatchesPart(const std::string& pattern, std::string_view text) {
  return Match(pattern, text, re2::RE2::UNANCHORED);
}

}  // namespace readiness
