#pragma once
// Small text helpers. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace readiness {

/// The word of `known` nearest to `word` by edit distance, if near enough to be what was meant.
std::optional<std::string> NearestWord(std::string_view word, const std::vector<std::string>& known);

/// Foreign text made safe for a terminal and for a record: invalid UTF-8 becomes U+FFFD, control characters but
/// newline and tab become their escape (\x1b), bidirectional overrides likewise; cut to `max_bytes` with a note of what
/// was cut.
std::string Printable(std::string_view foreign, std::size_t max_bytes = 4096);

/// Percent-encoding of everything but unreserved characters.
std::string PercentEncode(std::string_view text);

/// Lower-case hex SHA-256.
std::string Sha256Hex(std::string_view bytes);

/// Now as ISO 8601 in UTC with milliseconds: 2026-11-20T08:00:00.000Z
std::string UtcNow();

/// `bytes` random bytes from the system as lower-case hex.
std::string RandomHex(int bytes);

}  // namespace readiness
