#pragma once
// A stand-in's log on stdout, one line per call: a JSON object, or plain text. Lines written while a request is served
// carry its id. Never given secrets, tokens, bodies or query strings. Any thread; ConfigureLog before the others.

#include <string>
#include <string_view>

#include "standin/json.h"

namespace readiness::standin {

struct LogFormat {
  bool json = false;
  bool debug = false;  ///< lines of level DEBUG are written, too
  bool request_ids = true;
};

void ConfigureLog(const LogFormat& format);

/// What this thread logs until the end of the scope belongs to the request `id`.
class LogScope {
 public:
  explicit LogScope(std::string id);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
};

/// Writes one line: time, level, logger, message, the request's id, then `fields`.
void Log(std::string_view level, std::string_view logger, std::string_view message,
         const Json& fields = Json::object());

/// Writes `line` as it is. For systems that log past their own format.
void LogRaw(std::string_view line);

}  // namespace readiness::standin
