#include "standin/log.h"

#include <unistd.h>

#include <string>

#include "base/text.h"

namespace readiness::standin {

void Log(std::string_view level, std::string_view logger, std::string_view message, const Json& fields) {
  Json line = {{"timestamp", UtcNow()}, {"level", level}, {"logger", logger}, {"message", message}};
  line.update(fields);
  const std::string text = Compact(line) + "\n";
  // One write per line keeps lines of several threads apart; a full or closed log must not stop the service.
  const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
  static_cast<void>(written);
}

}  // namespace readiness::standin
