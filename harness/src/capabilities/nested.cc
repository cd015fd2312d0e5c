#include "readiness/nested.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace readiness {
namespace {

std::string UnescapeToken(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      text += token[++i] == '0' ? '~' : '/';
    } else {
      text += token[i];
    }
  }
  return text;
}

const Json* Child(const Json& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto found = parent.find(token);
    return found == parent.end() ? nullptr : &*found;
  }
  if (!parent.is_array()) return nullptr;
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool is_number = failure == std::errc() && end == token.data() + token.size();
  const bool leading_zero = token.size() > 1 && token[0] == '0';
  return is_number && !leading_zero && index < parent.size() ? &parent[index] : nullptr;
}

bool IsText(const Json& value) {
  return value.is_string() && !value.get_ref<const std::string&>().empty();
}

}  // namespace

const Json* AtPointer(const Json& document, std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return nullptr;
  const Json* value = &document;
  while (value != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    value = Child(*value, UnescapeToken(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return value;
}

std::string Shown(const Json& value) {
  return Printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), 200);
}

tl::unexpected<Error> WrongParameter(const std::string& place, const std::string& what, std::string expected,
                                     std::string actual) {
  return Fail(
      {ErrorKind::kDefinition, "parameter " + place + " " + what, {}, std::move(expected), std::move(actual), {}});
}

NestedObject::NestedObject(const Json& value, std::string place) : value_(value), place_(std::move(place)) {
  if (!value_.is_object()) problem_ = WrongParameter(place_, "is not an object", "an object", Shown(value_)).value();
}

const Json* NestedObject::Find(const std::string& key) {
  known_.push_back(key);
  if (!Has(key)) return nullptr;
  return &value_[key];
}

std::string NestedObject::Text(const std::string& key) {
  const Json* value = Find(key);
  if (value != nullptr && IsText(*value)) return value->get<std::string>();
  Problem(key, value == nullptr ? "is missing" : "is no text", "a text that is not empty",
          value == nullptr ? "" : Shown(*value));
  return {};
}

std::string NestedObject::Text(const std::string& key, const std::string& fallback) {
  if (Has(key)) return Text(key);
  known_.push_back(key);
  return fallback;
}

double NestedObject::Number(const std::string& key) {
  const Json* value = Find(key);
  if (value != nullptr && value->is_number() && std::isfinite(value->get<double>())) return value->get<double>();
  Problem(key, value == nullptr ? "is missing" : "is no number", "a number", value == nullptr ? "" : Shown(*value));
  return 0;
}

bool NestedObject::Boolean(const std::string& key, bool fallback) {
  const Json* value = Find(key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  Problem(key, "is neither true nor false", "true or false", Shown(*value));
  return fallback;
}

std::vector<std::string> NestedObject::Texts(const std::string& key) {
  const Json* value = Find(key);
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), IsText)) {
    Problem(key, "is no list of texts", "a list of texts that are not empty", Shown(*value));
    return texts;
  }
  for (const Json& element : *value) texts.push_back(element.get<std::string>());
  return texts;
}

void NestedObject::Problem(const std::string& key, const std::string& what, std::string expected, std::string actual) {
  if (problem_) return;
  problem_ = WrongParameter(PlaceOf(key), what, std::move(expected), std::move(actual)).value();
}

Result<void> NestedObject::Finish() const {
  if (problem_) return Fail(*problem_);
  for (const auto& [key, ignored] : value_.items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const auto near = NearestWord(key, known_);
    Error error = WrongParameter(PlaceOf(key), "is not known", "").value();
    std::string listed;
    for (const std::string& known : known_) listed += (listed.empty() ? "" : ", ") + known;
    error.expected = "one of " + listed;
    if (near) error.fix = "did you mean \"" + *near + "\"?";
    return Fail(std::move(error));
  }
  return {};
}

}  // namespace readiness
