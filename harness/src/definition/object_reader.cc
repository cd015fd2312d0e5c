#include "definition/object_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "definition/syntax.h"

namespace readiness {
namespace {

constexpr std::size_t kLongestText = 64 * 1024;
constexpr std::size_t kLongestLine = 2000;
// ctest -L is an unanchored search, so only the one label of all items may contain it.
constexpr std::string_view kReservedInLabels = "readiness";

bool HasControl(std::string_view text, std::string_view but) {
  return std::any_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 || byte == 0x7F) && but.find(c) == std::string_view::npos;
  });
}

std::string Lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// The form that `rule` demands, or empty when `text` has it.
std::string_view BrokenForm(std::string_view text, TextRule rule) {
  switch (rule) {
    case TextRule::kAny:
    case TextRule::kText:
    case TextRule::kLine:
      return {};
    case TextRule::kName:
    case TextRule::kLabel:
      return IsName(text) ? "" : "a letter, then letters, digits, _ and -, at most 100";
    case TextRule::kSnakeLabel:
      return IsSnakeCase(text) ? "" : "a lower-case letter, then lower-case letters, digits and _, at most 100";
    case TextRule::kItemId:
      return IsItemId(text) ? "" : "a letter or digit, then letters, digits, ., _ and -, at most 100";
    case TextRule::kIdentifier:
      return IsIdentifier(text) ? "" : "a letter or _, then letters, digits and _, at most 100";
    case TextRule::kHeaderName:
      return IsHeaderName(text) ? "" : "letters, digits and !#$%&'*+-.^_`|~, at most 100";
    case TextRule::kHostName:
      return IsHostName(text) ? "" : "a host name or address without scheme, port and path";
  }
  return {};
}

std::string_view TypeHint(const LocatedJson& value, LocatedJson::Type wanted) {
  using Type = LocatedJson::Type;
  if (wanted == Type::kString && (value.type == Type::kNumber || value.type == Type::kBoolean))
    return "put it in quotes";
  if (value.type == Type::kString && (wanted == Type::kNumber || wanted == Type::kBoolean)) {
    const std::string& text = value.scalar.get_ref<const std::string&>();
    const bool is_number =
        !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool fits = wanted == Type::kNumber ? is_number : (text == "true" || text == "false");
    return fits ? "write it without quotes" : "";
  }
  if (wanted == Type::kArray && value.type != Type::kNull && value.type != Type::kObject) return "put it in [ ]";
  return {};
}

void AddWrongType(const LocatedJson& value, LocatedJson::Type wanted, std::string_view label, std::string_view expected,
                  Problems& problems) {
  problems.Add(value, fmt::format("{} has the wrong type", label), std::string(expected), DescribeValue(value),
               std::string(TypeHint(value, wanted)));
}

}  // namespace

bool ExpectType(const LocatedJson& value, LocatedJson::Type type, std::string_view label, std::string_view expected,
                Problems& problems) {
  if (value.type == type) return true;
  AddWrongType(value, type, label, expected, problems);
  return false;
}

bool CheckText(At at, std::string_view text, std::string_view label, TextRule rule, Problems& problems) {
  if (text.empty()) {
    if (rule == TextRule::kAny) return true;
    const std::string_view form = BrokenForm(text, rule);
    problems.Add(at, fmt::format("{} is empty", label), form.empty() ? "some text" : std::string(form),
                 "an empty string");
    return false;
  }
  if (const std::string_view form = BrokenForm(text, rule); !form.empty()) {
    problems.Add(at, fmt::format("{} is not well formed", label), std::string(form), Quoted(text));
    return false;
  }
  if (rule == TextRule::kText && text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    problems.Add(at, fmt::format("{} says nothing", label), "some text", "white space");
    return false;
  }
  const bool one_line = rule != TextRule::kAny && rule != TextRule::kText;
  if (HasControl(text, one_line ? "" : "\n\t\r")) {
    // Longer texts may be secrets or statements; the place says enough.
    problems.Add(at, fmt::format("{} has a control character", label), one_line ? "one line of text" : "text",
                 one_line ? Quoted(text) : "");
    return false;
  }
  if (const std::size_t most = one_line ? kLongestLine : kLongestText; text.size() > most) {
    problems.Add(at, fmt::format("{} is too long", label), fmt::format("at most {} bytes", most),
                 fmt::format("{} bytes", text.size()));
    return false;
  }
  const bool is_label = rule == TextRule::kLabel || rule == TextRule::kSnakeLabel;
  if (is_label && Lower(text).find(kReservedInLabels) != std::string::npos) {
    problems.Add(at, fmt::format("{} contains the word \"{}\"", label, kReservedInLabels),
                 "a word that `ctest -L` does not take for the label of all items", Quoted(text),
                 "choose another word");
    return false;
  }
  return true;
}

std::optional<std::string> ReadString(const LocatedJson& value, std::string_view label, TextRule rule,
                                      Problems& problems) {
  if (!ExpectType(value, LocatedJson::Type::kString, label, "a string", problems)) return std::nullopt;
  const std::string& text = value.scalar.get_ref<const std::string&>();
  if (!CheckText(value, text, label, rule, problems)) return std::nullopt;
  return text;
}

std::optional<std::int64_t> ReadInteger(const LocatedJson& value, std::string_view label, Bounds bounds,
                                        Problems& problems) {
  if (!ExpectType(value, LocatedJson::Type::kNumber, label, "a whole number", problems)) return std::nullopt;
  if (!value.scalar.is_number_integer()) {
    // Whole numbers beyond 64 bits arrive as floating point too.
    AddWrongType(value, LocatedJson::Type::kNumber, label,
                 fmt::format("a whole number from {} to {}", bounds.least, bounds.most), problems);
    return std::nullopt;
  }
  const bool beyond_signed = value.scalar.is_number_unsigned() && value.scalar.get<std::uint64_t>() > INT64_MAX;
  const std::int64_t number = beyond_signed ? 0 : value.scalar.get<std::int64_t>();
  if (beyond_signed || number < bounds.least || number > bounds.most) {
    problems.Add(value, fmt::format("{} is out of range", label), fmt::format("{} to {}", bounds.least, bounds.most),
                 value.scalar.dump());
    return std::nullopt;
  }
  return number;
}

std::optional<bool> ReadBoolean(const LocatedJson& value, std::string_view label, Problems& problems) {
  if (!ExpectType(value, LocatedJson::Type::kBoolean, label, "true or false", problems)) return std::nullopt;
  return value.scalar.get<bool>();
}

std::optional<std::vector<std::string>> ReadStrings(const LocatedJson& value, std::string_view label, TextRule rule,
                                                    bool distinct, Problems& problems) {
  if (!ExpectType(value, LocatedJson::Type::kArray, label, "a list of strings", problems)) return std::nullopt;
  std::vector<std::string> texts;
  std::set<std::string> seen;
  bool good = true;
  for (const LocatedJson& element : value.elements) {
    const auto text = ReadString(element, fmt::format("an entry of {}", label), rule, problems);
    if (!text) {
      good = false;
      continue;
    }
    if (distinct && !seen.insert(*text).second) {
      problems.Add(element, fmt::format("{} is listed twice in {}", Quoted(*text), label));
      good = false;
    }
    texts.push_back(*text);
  }
  if (!good) return std::nullopt;
  return texts;
}

std::optional<StatusSet> ReadStatuses(const LocatedJson& value, std::string_view label, Problems& problems) {
  constexpr std::string_view kExpected = "a list of exact statuses, like [401, 403]";
  if (value.type == LocatedJson::Type::kString) {
    problems.Add(value, fmt::format("{} has the wrong type", label), std::string(kExpected), DescribeValue(value),
                 "a range would take any error for the right one: write each status as a number");
    return std::nullopt;
  }
  if (!ExpectType(value, LocatedJson::Type::kArray, label, kExpected, problems)) return std::nullopt;
  if (value.elements.empty()) {
    problems.Add(value, fmt::format("{} is empty", label), "at least one exact status, like [401, 403]");
    return std::nullopt;
  }
  StatusSet statuses;
  bool good = true;
  for (const LocatedJson& element : value.elements) {
    const auto status = ReadInteger(element, fmt::format("a status in {}", label), shapes::kStatuses, problems);
    if (!status) {
      good = false;
    } else if (!statuses.insert(static_cast<int>(*status)).second) {
      problems.Add(element, fmt::format("status {} is listed twice in {}", *status, label));
      good = false;
    }
  }
  if (!good) return std::nullopt;
  return statuses;
}

void ForEachNamed(const LocatedJson& value, std::string_view label, std::string_view noun, TextRule rule,
                  Problems& problems, const MemberVisitor& visit) {
  if (!ExpectType(value, LocatedJson::Type::kObject, label, "an object", problems)) return;
  const std::string key_label = fmt::format("the name of the {}", noun);
  for (const LocatedJson::Member& member : value.members) {
    if (CheckText(member, member.key, key_label, rule, problems)) visit(member);
  }
}

std::vector<std::pair<std::string, std::string>> ReadStringMembers(const LocatedJson& value, std::string_view label,
                                                                   std::string_view noun, TextRule key_rule,
                                                                   TextRule value_rule, Problems& problems) {
  std::vector<std::pair<std::string, std::string>> pairs;
  ForEachNamed(value, label, noun, key_rule, problems, [&](const LocatedJson::Member& member) {
    const auto text = ReadString(member.value, fmt::format("{} {}", noun, Quoted(member.key)), value_rule, problems);
    if (text) pairs.emplace_back(member.key, *text);
  });
  return pairs;
}

ObjectReader::ObjectReader(const LocatedJson& value, const Shape& shape, Problems& problems)
    : value_(value), shape_(shape), problems_(problems), asked_(shape.keys.size(), false) {
  valid_ = value.type == LocatedJson::Type::kObject;
  if (valid_) {
    RecordMissing();
  } else {
    AddWrongType(value, LocatedJson::Type::kObject, shape.what, "an object", problems);
  }
}

void ObjectReader::RecordMissing() {
  std::string required;
  std::vector<std::string> missing;
  for (const Key& key : shape_.keys) {
    if (!key.required) continue;
    required += (required.empty() ? "" : ", ") + key.name;
    const bool there = std::any_of(value_.members.begin(), value_.members.end(),
                                   [&](const LocatedJson::Member& member) { return member.key == key.name; });
    if (!there) missing.push_back(key.name);
  }
  for (const std::string& name : missing) {
    problems_.Add(value_, fmt::format("{} lacks \"{}\"", shape_.what, name), fmt::format("the keys {}", required));
  }
}

std::size_t ObjectReader::IndexOf(std::string_view key) {
  for (std::size_t i = 0; i < shape_.keys.size(); ++i) {
    if (shape_.keys[i].name == key) {
      asked_[i] = true;
      return i;
    }
  }
  return shape_.keys.size();
}

const LocatedJson* ObjectReader::Find(std::string_view key) {
  if (!valid_) return nullptr;
  if (IndexOf(key) == shape_.keys.size()) {
    problems_.AddInternal(value_, fmt::format("the loader asks {} for the unknown key {}", shape_.what, key));
    return nullptr;
  }
  for (const LocatedJson::Member& member : value_.members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string ObjectReader::String(std::string_view key, TextRule rule) {
  const LocatedJson* value = Find(key);
  if (value == nullptr) return {};
  return ReadString(*value, fmt::format("\"{}\"", key), rule, problems_).value_or("");
}

std::vector<std::string> ObjectReader::Strings(std::string_view key, TextRule rule) {
  const LocatedJson* value = Find(key);
  if (value == nullptr) return {};
  return ReadStrings(*value, fmt::format("\"{}\"", key), rule, true, problems_).value_or(std::vector<std::string>{});
}

std::int64_t ObjectReader::Integer(std::string_view key, std::int64_t fallback) {
  const LocatedJson* value = Find(key);
  if (value == nullptr) return fallback;
  const std::optional<Bounds> bounds = shape_.keys[IndexOf(key)].bounds;
  if (!bounds) {
    problems_.AddInternal(*value, fmt::format("the key {} has no bounds", key));
    return fallback;
  }
  return ReadInteger(*value, fmt::format("\"{}\"", key), *bounds, problems_).value_or(fallback);
}

bool ObjectReader::Boolean(std::string_view key, bool fallback) {
  const LocatedJson* value = Find(key);
  if (value == nullptr) return fallback;
  return ReadBoolean(*value, fmt::format("\"{}\"", key), problems_).value_or(fallback);
}

std::chrono::milliseconds ObjectReader::Duration(std::string_view key, std::chrono::milliseconds fallback) {
  return std::chrono::milliseconds(Integer(key, fallback.count()));
}

StatusSet ObjectReader::Statuses(std::string_view key) {
  const LocatedJson* value = Find(key);
  if (value == nullptr) return {};
  return ReadStatuses(*value, fmt::format("\"{}\"", key), problems_).value_or(StatusSet{});
}

std::optional<std::size_t> ObjectReader::Word(std::string_view key) {
  const LocatedJson* value = Find(key);
  if (value == nullptr) return std::nullopt;
  const Words* words = shape_.keys[IndexOf(key)].words;
  if (words == nullptr) {
    problems_.AddInternal(*value, fmt::format("the key {} has no words", key));
    return std::nullopt;
  }
  const auto text = ReadString(*value, fmt::format("\"{}\"", key), TextRule::kText, problems_);
  if (!text) return std::nullopt;
  const auto found = std::find(words->begin(), words->end(), *text);
  if (found == words->end()) {
    problems_.AddUnknown(*value, key, *text, *words);
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - words->begin());
}

void ObjectReader::Named(std::string_view key, std::string_view noun, const MemberVisitor& visit) {
  const LocatedJson* value = Find(key);
  if (value != nullptr) ForEachNamed(*value, fmt::format("\"{}\"", key), noun, TextRule::kName, problems_, visit);
}

void ObjectReader::Finish() {
  if (!valid_) return;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < shape_.keys.size(); ++i) {
    known.push_back(shape_.keys[i].name);
    if (!asked_[i]) problems_.AddInternal(value_, fmt::format("the loader ignores the key {}", shape_.keys[i].name));
  }
  const std::string of = fmt::format("of {}", shape_.what);
  for (const LocatedJson::Member& member : value_.members) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      problems_.AddUnknown(member, "key", member.key, known, of);
    }
  }
}

}  // namespace readiness
