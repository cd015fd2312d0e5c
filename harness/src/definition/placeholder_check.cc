#include "definition/placeholder_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "definition/syntax.h"

namespace readiness {
namespace {

constexpr std::string_view kEnvironment = "env.";

bool IsKnown(std::string_view name, const KnownPlaceholders& known) {
  if (known.environment && name.starts_with(kEnvironment)) return IsIdentifier(name.substr(kEnvironment.size()));
  return std::find(known.names.begin(), known.names.end(), name) != known.names.end();
}

}  // namespace

std::vector<std::string> CheckPlaceholders(At at, std::string_view label, std::string_view text,
                                           const KnownPlaceholders* known, Problems& problems) {
  const Placeholders found = ParsePlaceholders(text);
  if (!found.problem.empty()) {
    problems.Add(at, fmt::format("{} {}", label, found.problem), "${name} with letters, digits, _, . and - in the name",
                 known != nullptr && known->secret ? "" : Quoted(text));
    return {};
  }
  if (known == nullptr) return found.names;
  for (const std::string& name : found.names) {
    if (IsKnown(name, *known)) continue;
    std::vector<std::string> listed = known->names;
    if (known->environment) listed.emplace_back("env.<NAME>");
    if (const auto elsewhere = known->not_here.find(name); elsewhere != known->not_here.end()) {
      problems.Add(at, fmt::format("{} has {}, which means nothing here", label, Quoted("${" + name + "}")),
                   OneOf(listed), {}, elsewhere->second);
      continue;
    }
    problems.Add(at, fmt::format("{} has the unknown placeholder {}", label, Quoted("${" + name + "}")), OneOf(listed),
                 {}, DidYouMean(name, listed));
  }
  return found.names;
}

}  // namespace readiness
