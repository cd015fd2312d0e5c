#include "definition/document.h"

#include "base/files.h"

namespace readiness {
namespace {

tl::unexpected<std::vector<Error>> FailAlone(Error error, const std::string& file) {
  // To a reader of definitions bytes that are not JSON are a wrong definition, not foreign input.
  if (error.kind == ErrorKind::kMalformed) error.kind = ErrorKind::kDefinition;
  if (!error.place) error.place = Place{file, 0, 0};
  return tl::unexpected<std::vector<Error>>({std::move(error)});
}

}  // namespace

Loaded<LocatedJson> ParseDocument(const std::string& text, const std::string& file, const JsonLimits& limits) {
  Result<LocatedJson> parsed = ParseLocatedJson(text, file, limits);
  if (!parsed) return FailAlone(parsed.error(), file);
  return std::move(*parsed);
}

Loaded<LocatedJson> ReadDocument(const std::string& file, const JsonLimits& limits) {
  const Result<std::string> text = ReadFile(file, limits.bytes);
  if (!text) return FailAlone(text.error(), file);
  return ParseDocument(*text, file, limits);
}

}  // namespace readiness
