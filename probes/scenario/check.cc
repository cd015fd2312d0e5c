#include "check.h"

#include <fmt/format.h>

#include <algorithm>

namespace readiness::probes::scenario_parts {
namespace {

using State = Check::State;

State MetIf(bool met) {
  return met ? State::kMet : State::kUnmet;
}

bool IsOfType(const Json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  return type == "null" && value.is_null();
}

bool Holds(JsonExpectation::Kind kind, const Json* value, const Json& wanted) {
  using Kind = JsonExpectation::Kind;
  if (kind == Kind::kAbsent) return value == nullptr;
  if (value == nullptr) return false;
  switch (kind) {
    case Kind::kEquals:
      return *value == wanted;
    case Kind::kType:
      return IsOfType(*value, wanted.get_ref<const std::string&>());
    case Kind::kOneOf:
      return std::find(wanted.begin(), wanted.end(), *value) != wanted.end();
    case Kind::kContains:
      // A placeholder may have become a number.
      return value->is_string() && wanted.is_string() &&
             value->get_ref<const std::string&>().find(wanted.get_ref<const std::string&>()) != std::string::npos;
    case Kind::kMinItems:
      return value->is_structured() && value->size() >= wanted.get<std::size_t>();
    case Kind::kAbsent:
      break;
  }
  return false;
}

std::string Describe(const JsonExpectation& expectation, const Json& wanted) {
  static constexpr const char* kWords[] = {"equal to", "of type", "one of", "containing", "absent", "with at least"};
  const std::string where = expectation.at.empty() ? "the answer" : expectation.at;
  const std::string text = fmt::format("{} {}", where, kWords[static_cast<std::size_t>(expectation.kind)]);
  if (expectation.kind == JsonExpectation::Kind::kAbsent) return text;
  return text + " " + Shown(wanted) + (expectation.kind == JsonExpectation::Kind::kMinItems ? " items" : "");
}

Result<Check> CheckJson(const JsonExpectation& expectation, const Result<Json>& body, const Cast& cast) {
  READINESS_ASSIGN(const Json wanted,
                   expectation.kind == JsonExpectation::Kind::kContains
                       ? FillText(expectation.wanted.get<std::string>(), cast).map([](std::string text) {
                           return Json(std::move(text));
                         })
                       : Fill(expectation.wanted, cast));
  Check check;
  check.prohibits = expectation.kind == JsonExpectation::Kind::kAbsent;
  check.what = check.prohibits ? "the answer shows what it must not" : "the answer says something else";
  check.expected = Describe(expectation, wanted);
  if (!body) {
    check.state = State::kUndecidable;
    check.actual = "an answer that is no JSON: " + body.error().Brief();
    return check;
  }
  const Json* value = AtPointer(*body, expectation.at);
  check.state = MetIf(Holds(expectation.kind, value, wanted));
  check.actual = fmt::format("{} is {}", expectation.at.empty() ? "the answer" : expectation.at,
                             value == nullptr ? "absent" : Shown(*value));
  return check;
}

Result<Check> CheckHeader(const HeaderExpectation& expectation, const HttpResponse& answer, const Cast& cast) {
  using Kind = HeaderExpectation::Kind;
  READINESS_ASSIGN(const std::string wanted, FillText(expectation.wanted, cast));
  const std::optional<std::string> value = answer.Header(expectation.name);
  Check check;
  check.prohibits = expectation.kind == Kind::kAbsent;
  check.what =
      check.prohibits ? "the answer has a header that it must not have" : "a header of the answer says something else";
  check.actual = value ? fmt::format("header {}: {}", expectation.name, Shown(*value))
                       : fmt::format("no header {}", expectation.name);
  if (expectation.kind == Kind::kAbsent) {
    check.state = MetIf(!value.has_value());
    check.expected = fmt::format("no header {}", expectation.name);
  } else if (expectation.kind == Kind::kEquals) {
    check.state = MetIf(value == wanted);
    check.expected = fmt::format("header {}: {}", expectation.name, Shown(wanted));
  } else {
    check.state = MetIf(value && value->find(wanted) != std::string::npos);
    check.expected = fmt::format("header {} containing {}", expectation.name, Shown(wanted));
  }
  return check;
}

Result<std::string> FillCanary(const std::string& text, const Cast& cast) {
  READINESS_ASSIGN(std::string canary, FillText(text, cast));
  if (canary.size() >= kShortestCanary) return canary;
  return Fail({ErrorKind::kDefinition,
               "never_contains: " + text + " is too short once filled in",
               std::nullopt,
               fmt::format("at least {} bytes, as shorter texts occur anywhere", kShortestCanary),
               fmt::format("{} bytes", canary.size()),
               {}});
}

}  // namespace

Check CheckStatus(const Expectations& expect, const HttpResponse& answer) {
  Check check;
  const bool met = expect.statuses.contains(answer.status);
  const bool says_nothing = answer.status == 429 || answer.status >= 500;
  check.state = met ? State::kMet : says_nothing ? State::kUndecidable : State::kUnmet;
  check.what = fmt::format("status {} instead of {}", answer.status, ToString(expect.statuses));
  check.expected = "status " + ToString(expect.statuses);
  check.actual = fmt::format("status {}", answer.status);
  return check;
}

Result<std::vector<Check>> CheckAnswer(const Expectations& expect, const Exchange& exchange, const Cast& cast) {
  std::vector<Check> checks;
  if (!expect.json.empty()) {
    const Result<Json> body = exchange.response.ParseJson();
    for (const JsonExpectation& expectation : expect.json) {
      READINESS_ASSIGN(Check check, CheckJson(expectation, body, cast));
      checks.push_back(std::move(check));
    }
  }
  for (const HeaderExpectation& expectation : expect.headers) {
    READINESS_ASSIGN(Check check, CheckHeader(expectation, exchange.response, cast));
    checks.push_back(std::move(check));
  }
  for (const std::string& text : expect.never_contains) {
    READINESS_ASSIGN(const std::string canary, FillCanary(text, cast));
    const bool shows = Shows(exchange.response, canary);
    checks.push_back({MetIf(!shows), true, "the answer shows what it must not",
                      fmt::format("an answer without {}", text),
                      shows ? fmt::format("an answer with {}", Shown(canary)) : fmt::format("no {}", text)});
  }
  if (expect.within) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(exchange.duration);
    checks.push_back({MetIf(exchange.duration <= *expect.within), false, "the answer took too long",
                      fmt::format("within {} ms", expect.within->count()), fmt::format("{} ms", took.count())});
  }
  return checks;
}

Result<std::vector<std::string>> NeverShown(const Expectations& expect, const std::vector<HttpResponse>& shown,
                                            const Cast& cast) {
  std::vector<std::string> missing;
  const auto none = [&](const auto& shows) { return std::none_of(shown.begin(), shown.end(), shows); };
  for (const std::string& text : expect.never_contains) {
    READINESS_ASSIGN(const std::string canary, FillCanary(text, cast));
    if (none([&](const HttpResponse& answer) { return Shows(answer, canary); })) missing.push_back(text);
  }
  for (const JsonExpectation& expectation : expect.json) {
    if (expectation.kind != JsonExpectation::Kind::kAbsent) continue;
    const auto has = [&](const HttpResponse& answer) {
      const Result<Json> body = answer.ParseJson();
      return body && AtPointer(*body, expectation.at) != nullptr;
    };
    if (none(has)) missing.push_back(expectation.at);
  }
  for (const HeaderExpectation& expectation : expect.headers) {
    if (expectation.kind != HeaderExpectation::Kind::kAbsent) continue;
    if (none([&](const HttpResponse& answer) { return answer.Header(expectation.name).has_value(); })) {
      missing.push_back("header " + expectation.name);
    }
  }
  return missing;
}

}  // namespace readiness::probes::scenario_parts
