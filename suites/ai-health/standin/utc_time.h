#pragma once
// Times of the outside world as the tables keep them: in UTC, without zone. Pure.

#include <optional>
#include <string>

namespace readiness::ai_health {

/// An RFC 3339 time as PostgreSQL reads one in UTC; a time without zone counts as UTC. Nothing for any other text.
std::optional<std::string> ToUtc(const std::string& text);

}  // namespace readiness::ai_health
