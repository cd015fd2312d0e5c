#include "readiness/result.h"

#include <fmt/format.h>

#include "base/text.h"

namespace readiness {

std::string_view ToString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kDefinition:
      return "definition";
    case ErrorKind::kEnvironment:
      return "environment";
    case ErrorKind::kTarget:
      return "target";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kLimit:
      return "limit";
    case ErrorKind::kMalformed:
      return "malformed";
    case ErrorKind::kNotAvailable:
      return "not_available";
    case ErrorKind::kRefused:
      return "refused";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Error::Brief() const {
  std::string brief = what;
  if (!expected.empty()) brief += fmt::format(": expected {}", expected);
  if (!actual.empty()) brief += fmt::format("{} {}", expected.empty() ? ": actual" : ", actual", actual);
  return brief;
}

// The fields may quote file names, arguments and answers of the target: nothing in them may steer a terminal.
std::string RenderError(const Error& error) {
  std::string text = fmt::format("error: {}\n", Printable(error.what));
  if (error.place) {
    const std::string file = Printable(error.place->file);
    text += error.place->line > 0 ? fmt::format(" --> {}:{}:{}\n", file, error.place->line, error.place->column)
                                  : fmt::format(" --> {}\n", file);
  }
  if (!error.expected.empty()) text += fmt::format("  expected  {}\n", Printable(error.expected));
  if (!error.actual.empty()) text += fmt::format("  actual    {}\n", Printable(error.actual));
  if (!error.fix.empty()) text += fmt::format("  fix       {}\n", Printable(error.fix));
  return text;
}

}  // namespace readiness
