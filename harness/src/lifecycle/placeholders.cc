#include "lifecycle/placeholders.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/text.h"

namespace readiness {
namespace {

constexpr std::string_view kEnvironmentPrefix = "env.";

}  // namespace

Result<std::string> PlaceholderValues::Fill(const std::string& text, const std::string& file,
                                            const std::string& field) const {
  std::string filled;
  std::size_t position = 0;
  for (;;) {
    const std::size_t begin = text.find("${", position);
    if (begin == std::string::npos) return filled + text.substr(position);
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) {
      return Fail(Error{ErrorKind::kDefinition, fmt::format("unfinished placeholder in {}", field), Place{file, 0, 0},
                        "${name}", Printable(text.substr(begin), 100), "add the closing }"});
    }
    READINESS_ASSIGN(const std::string value, ValueOf(text.substr(begin + 2, end - begin - 2), file, field));
    filled += text.substr(position, begin - position) + value;
    position = end + 1;
  }
}

Result<std::string> PlaceholderValues::ValueOf(const std::string& name, const std::string& file,
                                               const std::string& field) const {
  if (const auto known = values_.find(name); known != values_.end()) return known->second;
  if (environment_ && name.starts_with(kEnvironmentPrefix) && name.size() > kEnvironmentPrefix.size()) {
    const std::string variable = name.substr(kEnvironmentPrefix.size());
    if (std::optional<std::string> value = environment_(variable)) return *value;
    return Fail(Error{ErrorKind::kEnvironment,
                      fmt::format("environment variable {} is not set", Printable(variable, 100)),
                      Place{file, 0, 0},
                      fmt::format("a value for ${{{}}} in {}", Printable(name, 100), field),
                      {},
                      fmt::format("export {} before `readiness up`", Printable(variable, 100))});
  }
  std::vector<std::string> names;
  for (const auto& entry : values_) names.push_back(entry.first);
  const std::optional<std::string> nearest = NearestWord(name, names);
  return Fail(Error{ErrorKind::kDefinition,
                    fmt::format("unknown placeholder ${{{}}} in {}", Printable(name, 100), field),
                    Place{file, 0, 0},
                    names.empty() ? "no placeholder here" : fmt::format("one of {}", fmt::join(names, ", ")),
                    {},
                    nearest ? fmt::format("did you mean ${{{}}}?", *nearest) : ""});
}

}  // namespace readiness
