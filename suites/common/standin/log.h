#pragma once
// A stand-in's log: one JSON object per line on stdout. Never given secrets, tokens, bodies or query strings. Any
// thread.

#include <string_view>

#include "standin/json.h"

namespace readiness::standin {

/// Writes one line: timestamp, level, logger, message, then `fields`.
void Log(std::string_view level, std::string_view logger, std::string_view message,
         const Json& fields = Json::object());

}  // namespace readiness::standin
