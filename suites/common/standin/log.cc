#include "standin/log.h"

#include <unistd.h>

#include <algorithm>

#include "base/text.h"

namespace readiness::standin {
namespace {

LogFormat format_in_force;
thread_local std::string request_id;

std::string PlainText(const Json& line) {
  std::string text = line.at("time").get<std::string>() + " " + line.at("level").get<std::string>() + " " +
                     line.at("logger").get<std::string>() + " - " + line.at("message").get<std::string>();
  for (const auto& [name, value] : line.items()) {
    if (name != "time" && name != "level" && name != "logger" && name != "message")
      text += " " + name + "=" + Compact(value);
  }
  // A message must not be able to write lines of its own.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

}  // namespace

void ConfigureLog(const LogFormat& format) {
  format_in_force = format;
}

LogScope::LogScope(std::string id) {
  request_id = std::move(id);
}
LogScope::~LogScope() {
  request_id.clear();
}

void Log(std::string_view level, std::string_view logger, std::string_view message, const Json& fields) {
  if (level == "DEBUG" && !format_in_force.debug) return;
  Json line = {{"time", UtcNow()}, {"level", level}, {"logger", logger}, {"message", message}};
  if (!request_id.empty() && format_in_force.request_ids) line["request_id"] = request_id;
  line.update(fields);
  LogRaw(format_in_force.json ? Compact(line) : PlainText(line));
}

void LogRaw(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  // One write per line keeps lines of several threads apart; a full or closed log must not stop the service.
  const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
  static_cast<void>(written);
}

}  // namespace readiness::standin
