#include "judge/fields.h"

#include <fmt/format.h>

#include <limits>

#include "base/text.h"
#include "judge/one_line.h"

namespace readiness {
namespace {

constexpr std::size_t kShownBytes = 80;

const char* NameOf(LocatedJson::Type type) {
  switch (type) {
    case LocatedJson::Type::kNull:
      return "null";
    case LocatedJson::Type::kBoolean:
      return "a boolean";
    case LocatedJson::Type::kNumber:
      return "a number";
    case LocatedJson::Type::kString:
      return "a string";
    case LocatedJson::Type::kArray:
      return "an array";
    case LocatedJson::Type::kObject:
      return "an object";
  }
  return "?";
}

std::optional<std::int64_t> AsInteger(const Json& number) {
  if (number.is_number_unsigned()) {
    const auto value = number.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
  if (number.is_number_integer()) return number.get<std::int64_t>();
  return std::nullopt;
}

}  // namespace

Fields::Fields(const LocatedJson& object, const std::string& file, std::string_view what)
    : object_(object), file_(file), what_(what) {
  if (object.type != LocatedJson::Type::kObject)
    error_ = At(object, what_ + " is not an object", "an object", NameOf(object.type));
}

Error Fields::At(const LocatedJson& value, std::string problem, std::string expected, std::string actual) const {
  return Error{ErrorKind::kMalformed, std::move(problem), Place{file_, value.line, value.column},
               std::move(expected),   std::move(actual),  {}};
}

void Fields::Adopt(Result<void> result) {
  if (!result && !error_) error_ = result.error();
}

const LocatedJson* Fields::Member(const char* key, LocatedJson::Type type, const char* expected) {
  known_.insert(key);
  if (error_) return nullptr;
  for (const LocatedJson::Member& member : object_.members) {
    if (member.key != key) continue;
    if (member.value.type == type) return &member.value;
    error_ = At(member.value, fmt::format("\"{}\" of {} has the wrong type", key, what_), expected,
                NameOf(member.value.type));
    return nullptr;
  }
  error_ = At(object_, fmt::format("{} lacks the key \"{}\"", what_, key), expected, "no such key");
  return nullptr;
}

void Fields::Refuse(const char* key, std::string problem, std::string expected, std::string actual) {
  if (error_) return;
  const LocatedJson* at = &object_;
  for (const LocatedJson::Member& member : object_.members) {
    if (member.key == key) at = &member.value;
  }
  error_ =
      At(*at, fmt::format("\"{}\" of {} {}", key, what_, problem), std::move(expected), OneLine(actual, kShownBytes));
}

std::string Fields::Text(const char* key) {
  const LocatedJson* value = Member(key, LocatedJson::Type::kString, "a string");
  return value == nullptr ? std::string() : value->scalar.get<std::string>();
}

std::string Fields::NonEmptyText(const char* key) {
  std::string text = Text(key);
  if (text.empty()) Refuse(key, "is empty", "a text", "\"\"");
  return text;
}

std::int64_t Fields::Integer(const char* key, std::int64_t least, std::int64_t most) {
  const LocatedJson* value = Member(key, LocatedJson::Type::kNumber, "an integer");
  if (value == nullptr) return least;
  const std::optional<std::int64_t> number = AsInteger(value->scalar);
  if (number && *number >= least && *number <= most) return *number;
  Refuse(key, "is out of range", fmt::format("an integer from {} to {}", least, most), value->scalar.dump());
  return least;
}

bool Fields::Flag(const char* key) {
  const LocatedJson* value = Member(key, LocatedJson::Type::kBoolean, "true or false");
  return value != nullptr && value->scalar.get<bool>();
}

Json Fields::Object(const char* key) {
  const LocatedJson* value = Member(key, LocatedJson::Type::kObject, "an object");
  return value == nullptr ? Json::object() : value->ToJson();
}

std::vector<std::string> Fields::Texts(const char* key) {
  std::vector<std::string> texts;
  Each(key, [&](const LocatedJson& element) -> Result<void> {
    if (element.type != LocatedJson::Type::kString)
      return Fail(At(element, fmt::format("an element of \"{}\" of {} has the wrong type", key, what_), "a string",
                     NameOf(element.type)));
    texts.push_back(element.scalar.get<std::string>());
    return {};
  });
  return texts;
}

std::map<std::string, int> Fields::Counts(const char* key) {
  std::map<std::string, int> counts;
  Nested(key, [&](const LocatedJson& object) -> Result<void> {
    for (const LocatedJson::Member& member : object.members) {
      const std::optional<std::int64_t> number =
          member.value.type == LocatedJson::Type::kNumber ? AsInteger(member.value.scalar) : std::nullopt;
      if (!number || *number < 0 || *number > 1'000'000)
        return Fail(
            At(member.value,
               fmt::format("\"{}\" in \"{}\" of {} is out of range", OneLine(member.key, kShownBytes), key, what_),
               "an integer from 0 to 1000000", NameOf(member.value.type)));
      counts[member.key] = static_cast<int>(*number);
    }
    return {};
  });
  return counts;
}

Result<void> Fields::Finish() {
  if (!error_) {
    for (const LocatedJson::Member& member : object_.members) {
      if (known_.count(member.key) != 0) continue;
      const std::vector<std::string> words(known_.begin(), known_.end());
      const std::optional<std::string> nearest = NearestWord(member.key, words);
      error_ = Error{ErrorKind::kMalformed,
                     fmt::format("unknown key \"{}\" in {}", OneLine(member.key, kShownBytes), what_),
                     Place{file_, member.line, member.column},
                     nearest ? fmt::format("perhaps \"{}\"", *nearest) : std::string(),
                     {},
                     {}};
      break;
    }
  }
  if (error_) return Fail(*error_);
  return {};
}

}  // namespace readiness
