#pragma once
// Base64 with the URL-safe alphabet and without padding, as JSON web tokens have it. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace readiness {

std::string ToBase64Url(std::string_view bytes);

/// Nothing when `text` is not canonical: padding, spaces, other characters or leftover bits.
std::optional<std::string> FromBase64Url(std::string_view text);

/// `count` bytes from the system's generator.
std::string RandomBytes(std::size_t count);

}  // namespace readiness
