#pragma once
// JSON as stand-ins read and write it: keys stay in the order in which they were set, so that an answer looks as the
// real system's does.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "standin/http.h"

namespace readiness::standin {

using Json = nlohmann::ordered_json;

/// `text` as JSON; nothing when it is not (also when a string in it is not UTF-8).
std::optional<Json> ParseJson(std::string_view text);

/// Compact text; bytes that are not UTF-8 become U+FFFD.
std::string Compact(const Json& value);

/// A JSON answer.
Response Answer(int status, const Json& body);

}  // namespace readiness::standin
