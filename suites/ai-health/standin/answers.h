#pragma once
// Answers and readings that all areas share: the bodies of refusals as the real system sends them, and its way to read
// numbers, flags and JSON bodies.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app.h"
#include "standin/json.h"

namespace readiness::ai_health {

using standin::Answer;
using standin::Json;

/// {"detail": text}
Response Detail(int status, std::string_view text);

/// The 422 of every input that is not what the schema says.
Response Invalid();

/// The 500 of what nobody foresaw.
Response InternalError();

/// An integer as the real system takes one from a path or a query: surrounding blanks, a sign and ".0" are allowed.
std::optional<std::int64_t> ParseInteger(std::string_view text);

/// The query parameter `name` from `least` to `most`; `otherwise` when absent. Ends with 422 when it is neither.
Reply<std::int64_t> QueryInteger(const Request& request, const std::string& name, std::int64_t otherwise,
                                 std::int64_t least, std::int64_t most);

/// The body as a JSON object. Ends with 422 for anything else, also for another content type.
Reply<Json> ObjectBody(const Request& request);

/// The string member `name` with `least` to `most` characters. Ends with 422.
Reply<std::string> TextMember(const Json& body, const std::string& name, std::size_t least, std::size_t most);

/// How a timestamp column is written in answers: 2026-11-20T07:55:22.322913. To be used as Timestamp("created_at").
std::string Timestamp(const std::string& column);

/// The time now as stored: without zone, in UTC.
inline constexpr const char* kUtcNow = "(now() AT TIME ZONE 'utc')";

}  // namespace readiness::ai_health
