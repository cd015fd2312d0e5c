#include "engines/start_error.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace readiness {

std::string LastWords(const LogChannel& log) {
  const std::vector<std::string> lines = log.LastLines();
  if (lines.empty()) return "it wrote nothing";
  std::string text;
  const auto last = std::find_if(lines.rbegin(), lines.rend(),
                                 [](const std::string& line) { return line.find_first_not_of(" \t") != line.npos; });
  if (lines.size() > 1 && last != lines.rend()) {
    text = fmt::format("last it wrote \"{}\"; ", Printable(*last, 16 * 1000));
  }
  text += "the last lines of its log:";
  // Not cut again: a redactor has yet to see where the channel cut them.
  for (const std::string& line : lines) text += "\n  " + Printable(line, 16 * 1000);
  return text;
}

Error ExplainNotReady(const ServiceSpec& spec, const NotReady& problem, const std::optional<std::string>& ended,
                      const LogChannel& log) {
  Error error{problem.kind, {}, std::nullopt, problem.condition, {}, "see " + spec.log_file};
  if (ended) {
    error.what = fmt::format("service {} ended before it was ready: it {}", spec.name, *ended);
  } else if (problem.kind == ErrorKind::kTimeout) {
    error.what = fmt::format("service {} was not ready within {} ms", spec.name, spec.startup_timeout.count());
  } else {
    error.what = fmt::format("service {} did not become ready", spec.name);
  }
  error.actual = fmt::format("{}; {}", problem.seen, LastWords(log));
  return error;
}

Error ExplainBadEnd(const ServiceSpec& spec, const std::optional<std::string>& ended, const LogChannel& log) {
  Error error{ended ? ErrorKind::kTarget : ErrorKind::kTimeout, {}, std::nullopt, {}, {}, "see " + spec.log_file};
  error.what =
      ended ? fmt::format("{} failed: it {}", spec.name, *ended) : fmt::format("{} did not end in time", spec.name);
  error.expected = ended ? "exit code 0" : fmt::format("it ends within {} ms", spec.startup_timeout.count());
  error.actual = LastWords(log);
  return error;
}

}  // namespace readiness
