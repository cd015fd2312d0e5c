#pragma once
// The little grammar that an HTTP double needs of foreign text: authorities, forms, Basic credentials, timestamps.
// Strict: what does not parse is nullopt, never a guess. Pure; any thread.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace readiness::doubles {

using Instant = std::chrono::sys_seconds;
using FormFields = std::map<std::string, std::string, std::less<>>;

/// Whether `text` is a DNS name: labels of letters, digits, hyphens and underscores, at most 253 bytes, no port.
bool IsHostName(std::string_view text);

/// ASCII letters in lower case.
std::string LowerCase(std::string_view text);

/// Lower case, without the dot that may end a DNS name.
std::string NormalHost(std::string_view host);

struct Authority {
  std::string host;  ///< normal; IPv6 without brackets
  std::string port;  ///< digits; empty when not given
};

/// `host`, `host:port`, `[v6]:port`.
std::optional<Authority> ParseAuthority(std::string_view text);

/// The authority of an absolute URL; nullopt when `target` is no absolute URL.
std::optional<Authority> AuthorityOfUrl(std::string_view target);

/// The path and the query (without '?') of a request target in origin form.
std::pair<std::string_view, std::string_view> SplitTarget(std::string_view target);

/// application/x-www-form-urlencoded, at most 64 fields. nullopt: broken percent-encoding, a repeated field, too many.
std::optional<FormFields> ParseForm(std::string_view text);

/// User and password of an `Authorization: Basic` value, each percent-decoded as OAuth 2 wants.
std::optional<std::pair<std::string, std::string>> ParseBasic(std::string_view authorization);

/// The token of an `Authorization: Bearer` value; the scheme in any case.
std::optional<std::string> ParseBearer(std::string_view authorization);

/// RFC 3339 with any offset; fractions of a second are dropped.
std::optional<Instant> ParseTimestamp(std::string_view text);

/// 2026-11-20T08:00:00Z
std::string FormatTimestamp(Instant instant);

/// Decimal digits only, at most `max`.
std::optional<int> ParseNumber(std::string_view text, int max);

}  // namespace readiness::doubles
