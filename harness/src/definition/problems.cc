#include "definition/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace readiness {
namespace {

constexpr std::size_t kQuotedBytes = 80;
constexpr std::size_t kListedWords = 24;

// Words that differ only in what people mix up: case, hyphen for underscore, and the unit.
std::string Simplified(std::string_view word) {
  std::string simple;
  for (const char c : word) {
    simple += c == '-' ? '_' : (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  }
  constexpr std::array<std::string_view, 9> kUnits = {"_ms",      "_s",      "_sec",  "_secs",        "_seconds",
                                                      "_minutes", "_millis", "_msec", "_milliseconds"};
  for (const std::string_view unit : kUnits) {
    if (simple.size() > unit.size() && simple.ends_with(unit)) {
      simple.resize(simple.size() - unit.size());
      break;
    }
  }
  return simple;
}

}  // namespace

std::string Quoted(std::string_view foreign) {
  std::string out = "\"";
  for (const char c : Printable(foreign, kQuotedBytes)) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '"') {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string DescribeValue(const LocatedJson& value) {
  switch (value.type) {
    case LocatedJson::Type::kNull:
      return "null";
    case LocatedJson::Type::kBoolean:
      return value.scalar.get<bool>() ? "true" : "false";
    case LocatedJson::Type::kNumber:
      return fmt::format("the number {}", value.scalar.dump());
    case LocatedJson::Type::kString:
      return fmt::format("the string {}", Quoted(value.scalar.get_ref<const std::string&>()));
    case LocatedJson::Type::kArray:
      return value.elements.empty() ? "an empty list" : "a list";
    case LocatedJson::Type::kObject:
      return value.members.empty() ? "an empty object" : "an object";
  }
  return "something else";
}

std::string OneOf(const std::vector<std::string>& words) {
  if (words.empty()) return "nothing, as none is declared";
  std::string out = "one of: ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == kListedWords) return out + fmt::format(", and {} more", words.size() - i);
    if (i > 0) out += ", ";
    out += Printable(words[i], kQuotedBytes);
  }
  return out;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > 200) return {};
  const std::string simple = Simplified(word);
  std::optional<std::string> meant;
  for (const std::string& candidate : known) {
    if (candidate.size() <= 200 && Simplified(candidate) == simple) {
      meant = candidate;
      break;
    }
  }
  // What was begun correctly is nearer than what merely has as few letters wrong.
  for (const std::string& candidate : known) {
    if (word.size() < 4 || !candidate.starts_with(word) || candidate.size() > 200) continue;
    if (!meant || (Simplified(*meant) != simple && candidate.size() < meant->size())) meant = candidate;
  }
  if (!meant) meant = NearestWord(word, known);
  if (!meant) return {};
  const bool unit_was_missing = meant->ends_with("_ms") && !word.ends_with("_ms");
  return fmt::format("did you mean {}?{}", Quoted(*meant), unit_was_missing ? " numbers carry their unit" : "");
}

void Problems::Add(At at, std::string what, std::string expected, std::string actual, std::string fix) {
  Keep(at, Error{ErrorKind::kDefinition, std::move(what), Place{file_, at.line, at.column}, std::move(expected),
                 std::move(actual), std::move(fix)});
}

void Problems::AddUnknown(At at, std::string_view noun, std::string_view word, const std::vector<std::string>& known,
                          std::string_view of) {
  if (Full(at)) {  // looking for the nearest word would be wasted
    ++total_;
    return;
  }
  Add(at, fmt::format("unknown {} {}{}{}", noun, Quoted(word), of.empty() ? "" : " ", of), OneOf(known), {},
      DidYouMean(word, known));
}

void Problems::AddInternal(At at, std::string what) {
  Keep(at, Error{ErrorKind::kInternal, std::move(what), Place{file_, at.line, at.column}, {}, {}, {}});
}

bool Problems::Full(At at) const {
  return kept_.size() >= kMost && !(at < std::prev(kept_.end())->first);
}

void Problems::Keep(At at, Error error) {
  ++total_;
  if (Full(at)) return;
  kept_.emplace(at, std::move(error));
  if (kept_.size() > kMost) kept_.erase(std::prev(kept_.end()));
}

std::vector<Error> Problems::Take() {
  std::vector<Error> errors;
  errors.reserve(kept_.size());
  for (auto& [at, error] : kept_) errors.push_back(std::move(error));
  if (total_ > kMost) {
    Error& last = errors.back();
    last = Error{ErrorKind::kDefinition,
                 fmt::format("{} further problems from here on are not shown", total_ - kMost + 1),
                 last.place,
                 {},
                 {},
                 "mend those above first"};
  }
  kept_.clear();
  total_ = 0;
  return errors;
}

}  // namespace readiness
