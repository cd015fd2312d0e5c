#include "script.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "text.h"

namespace readiness::probes::scenario_parts {
namespace {

constexpr std::array kJsonTypes = {"string", "number", "integer", "boolean", "object", "array", "null"};

tl::unexpected<Error> Wrong(const std::string& place, const std::string& what, std::string expected,
                            std::string actual = {}) {
  return Fail({ErrorKind::kDefinition,
               fmt::format("parameter {} {}", place, what),
               std::nullopt,
               std::move(expected),
               std::move(actual),
               {}});
}

std::string Join(const std::string& place, const std::string& key) {
  return place + "/" + key;
}

Result<void> CheckObject(const Json& value, const std::string& place, const std::vector<std::string>& keys) {
  if (!value.is_object())
    return Wrong(place, "is not an object", fmt::format("{}", fmt::join(keys, ", ")), Shown(value));
  for (const auto& [key, ignored] : value.items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    return Wrong(Join(place, key), "is not known", fmt::format("one of {}", fmt::join(keys, ", ")));
  }
  return {};
}

Result<std::string> Text(const Json& object, const std::string& key, const std::string& place) {
  const auto found = object.find(key);
  if (found == object.end()) return Wrong(place, "lacks \"" + key + "\"", "a text");
  if (!found->is_string() || found->get_ref<const std::string&>().empty()) {
    return Wrong(Join(place, key), "is no text", "a text that is not empty", Shown(*found));
  }
  return found->get<std::string>();
}

Result<std::int64_t> Integer(const Json& object, const std::string& key, const std::string& place, std::int64_t least,
                             std::int64_t most) {
  const auto found = object.find(key);
  if (found == object.end()) return Wrong(place, "lacks \"" + key + "\"", "an integer");
  if (!found->is_number_integer() || *found < least || *found > most) {
    return Wrong(Join(place, key), "is not usable", fmt::format("an integer from {} to {}", least, most),
                 Shown(*found));
  }
  return found->get<std::int64_t>();
}

// Elements of an optional list, each with its place.
Result<std::vector<std::pair<std::string, Json>>> List(const Json& object, const std::string& key,
                                                       const std::string& place) {
  std::vector<std::pair<std::string, Json>> elements;
  const auto found = object.find(key);
  if (found == object.end()) return elements;
  if (!found->is_array() || found->empty()) {
    return Wrong(Join(place, key), "is no list with elements", "at least one, or no such key", Shown(*found));
  }
  for (const Json& element : *found) {
    elements.emplace_back(Join(Join(place, key), std::to_string(elements.size())), element);
  }
  return elements;
}

class ScriptReader {
 public:
  explicit ScriptReader(const Parameters& parameters) : parameters_(parameters) {}

  Result<Script> Read() {
    READINESS_RETURN_IF_ERROR(ReadIdentities());
    READINESS_ASSIGN(script_.store, parameters_.String("store"));
    READINESS_ASSIGN(script_.may_change, parameters_.StringList("may_change"));
    READINESS_ASSIGN(script_.fix, parameters_.String("fix"));
    if (parameters_.Has("provider")) {
      READINESS_ASSIGN(script_.provider, parameters_.String("provider"));
    }
    READINESS_ASSIGN(script_.control, ReadSteps("control"));
    READINESS_ASSIGN(script_.attempt, ReadSteps("attempt"));
    for (const Step& step : script_.attempt) {
      const Expectations& expect = step.expect;
      if (!expect.json.empty() || !expect.headers.empty() || !expect.rows.empty() || !expect.unchanged.empty() ||
          !expect.calls.empty() || !expect.never_contains.empty()) {
        continue;
      }
      return Wrong(Join(step.place, "expect"), "looks at nothing but the status",
                   "an attempt to look at the answer or at the state too: json, headers, rows, unchanged, calls or "
                   "never_contains");
    }
    return std::move(script_);
  }

 private:
  Result<void> ReadIdentities() {
    READINESS_ASSIGN(const Json identities, parameters_.Raw("identities"));
    if (!identities.is_object()) return Wrong("/identities", "is not an object", "name -> kind", Shown(identities));
    for (const auto& [name, kind] : identities.items()) {
      const std::string place = Join("/identities", name);
      if (name.empty() || name == kAnonymous || name.find_first_of(".{}$/~ ") != std::string::npos) {
        return Wrong(place, "is no name for an identity", "letters, digits, _ and -; \"anonymous\" is taken");
      }
      if (!kind.is_string() || kind.get_ref<const std::string&>().empty()) {
        return Wrong(place, "is no kind", "a kind of identity", Shown(kind));
      }
      script_.identities.emplace(name, kind.get<std::string>());
    }
    return {};
  }

  Result<std::vector<Step>> ReadSteps(const std::string& name) {
    READINESS_ASSIGN(const Json list, parameters_.Raw(name));
    if (!list.is_array() || list.empty()) return Wrong("/" + name, "has no steps", "at least one", Shown(list));
    std::vector<Step> steps;
    for (const Json& element : list) {
      READINESS_ASSIGN(Step step, ReadStep(element, fmt::format("/{}/{}", name, steps.size())));
      steps.push_back(std::move(step));
    }
    return steps;
  }

  Result<Step> ReadStep(const Json& json, const std::string& place) {
    READINESS_RETURN_IF_ERROR(CheckObject(json, place, {"as", "action", "arguments", "expect"}));
    Step step;
    step.place = place;
    READINESS_ASSIGN(step.as, Text(json, "as", place));
    if (step.as != kAnonymous) READINESS_RETURN_IF_ERROR(CheckIdentity(step.as, Join(place, "as")));
    READINESS_ASSIGN(step.action, Text(json, "action", place));
    if (const auto arguments = json.find("arguments"); arguments != json.end()) {
      const std::string at = Join(place, "arguments");
      if (!arguments->is_object()) return Wrong(at, "is not an object", "name -> value", Shown(*arguments));
      READINESS_RETURN_IF_ERROR(CheckPlaceholders(*arguments, at));
      for (const auto& [name, value] : arguments->items()) step.arguments[name] = value;
    }
    if (!json.contains("expect")) return Wrong(place, "lacks \"expect\"", "at least \"status\"");
    READINESS_ASSIGN(step.expect, ReadExpectations(json["expect"], Join(place, "expect")));
    return step;
  }

  Result<Expectations> ReadExpectations(const Json& json, const std::string& place) {
    READINESS_RETURN_IF_ERROR(CheckObject(
        json, place, {"status", "json", "headers", "rows", "unchanged", "calls", "never_contains", "within_ms"}));
    Expectations expect;
    READINESS_ASSIGN(expect.statuses, ReadStatuses(json, place));
    READINESS_ASSIGN(const auto json_elements, List(json, "json", place));
    for (const auto& [at, element] : json_elements) {
      READINESS_ASSIGN(JsonExpectation one, ReadJson(element, at));
      expect.json.push_back(std::move(one));
    }
    READINESS_ASSIGN(const auto header_elements, List(json, "headers", place));
    for (const auto& [at, element] : header_elements) {
      READINESS_ASSIGN(HeaderExpectation one, ReadHeader(element, at));
      expect.headers.push_back(std::move(one));
    }
    READINESS_RETURN_IF_ERROR(ReadState(json, place, expect));
    READINESS_ASSIGN(const auto texts, List(json, "never_contains", place));
    for (const auto& [at, element] : texts) {
      if (!element.is_string()) return Wrong(at, "is no text", "a text", Shown(element));
      READINESS_RETURN_IF_ERROR(CheckPlaceholders(element, at));
      expect.never_contains.push_back(element.get<std::string>());
      const std::string& text = expect.never_contains.back();
      if (text.size() < kShortestCanary) {
        return Wrong(at, "is too short to mean anything", fmt::format("at least {} bytes", kShortestCanary),
                     Shown(element));
      }
    }
    if (json.contains("within_ms")) {
      READINESS_ASSIGN(const std::int64_t within, Integer(json, "within_ms", place, 1, 600'000));
      expect.within = std::chrono::milliseconds(within);
    }
    return expect;
  }

  static Result<StatusSet> ReadStatuses(const Json& json, const std::string& place) {
    StatusSet statuses;
    const std::string expected = "one or more exact statuses from 100 to 599";
    if (!json.contains("status")) return Wrong(place, "lacks \"status\"", expected);
    READINESS_ASSIGN(const auto elements, List(json, "status", place));
    for (const auto& [at, element] : elements) {
      if (!element.is_number_integer() || element < 100 || element > 599)
        return Wrong(at, "is no status", expected, Shown(element));
      if (!statuses.insert(element.get<int>()).second) return Wrong(at, "is given twice", "each status once");
    }
    return statuses;
  }

  Result<void> ReadState(const Json& json, const std::string& place, Expectations& expect) {
    READINESS_ASSIGN(const auto rows, List(json, "rows", place));
    for (const auto& [at, element] : rows) {
      READINESS_RETURN_IF_ERROR(CheckObject(element, at, {"of", "table", "delta"}));
      RowsExpectation one;
      READINESS_ASSIGN(one.of, Text(element, "of", at));
      READINESS_RETURN_IF_ERROR(CheckIdentity(one.of, Join(at, "of")));
      READINESS_ASSIGN(one.table, Text(element, "table", at));
      READINESS_ASSIGN(one.delta, Integer(element, "delta", at, -1'000'000, 1'000'000));
      expect.rows.push_back(std::move(one));
    }
    READINESS_ASSIGN(const auto unchanged, List(json, "unchanged", place));
    for (const auto& [at, element] : unchanged) {
      if (!element.is_string()) return Wrong(at, "is no identity", "the name of an identity", Shown(element));
      READINESS_RETURN_IF_ERROR(CheckIdentity(element.get<std::string>(), at));
      expect.unchanged.push_back(element.get<std::string>());
    }
    READINESS_ASSIGN(const auto calls, List(json, "calls", place));
    for (const auto& [at, element] : calls) {
      if (script_.provider.empty()) return Wrong(at, "needs a provider", "the parameter \"provider\"");
      READINESS_RETURN_IF_ERROR(CheckObject(element, at, {"of", "delta"}));
      CallsExpectation one;
      READINESS_ASSIGN(one.of, Text(element, "of", at));
      READINESS_RETURN_IF_ERROR(CheckIdentity(one.of, Join(at, "of")));
      READINESS_ASSIGN(one.delta, Integer(element, "delta", at, 0, 1'000'000));
      expect.calls.push_back(std::move(one));
    }
    return {};
  }

  // The one key of `words` that the object has, with its index.
  static Result<std::size_t> OneOf(const Json& object, const std::string& place,
                                   const std::vector<std::string>& words) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (object.contains(words[i])) found.push_back(i);
    }
    if (found.size() == 1) return found.front();
    return Wrong(place, found.empty() ? "says nothing" : "says two things",
                 fmt::format("one of {}", fmt::join(words, ", ")), Shown(object));
  }

  Result<JsonExpectation> ReadJson(const Json& json, const std::string& place) {
    using Kind = JsonExpectation::Kind;
    const std::vector<std::string> words = {"equals", "type", "one_of", "contains", "absent", "min_items"};
    std::vector<std::string> keys = words;
    keys.insert(keys.begin(), "at");
    READINESS_RETURN_IF_ERROR(CheckObject(json, place, keys));
    JsonExpectation one;
    // The empty pointer is the whole answer.
    if (!json.contains("at") || !json["at"].is_string())
      return Wrong(place, "lacks \"at\"", "a JSON pointer into the answer");
    one.at = json["at"].get<std::string>();
    if (const std::string problem = PointerProblem(one.at); !problem.empty()) {
      return Wrong(Join(place, "at"), problem, "a JSON pointer into the answer, like \"/id\"", Shown(json["at"]));
    }
    READINESS_ASSIGN(const std::size_t index, OneOf(json, place, words));
    one.kind = static_cast<Kind>(index);
    one.wanted = json[words[index]];
    const std::string at = Join(place, words[index]);
    READINESS_RETURN_IF_ERROR(CheckPlaceholders(one.wanted, at));
    if (one.kind == Kind::kType && std::find(kJsonTypes.begin(), kJsonTypes.end(), one.wanted) == kJsonTypes.end()) {
      return Wrong(at, "is no type", fmt::format("one of {}", fmt::join(kJsonTypes, ", ")), Shown(one.wanted));
    }
    if (one.kind == Kind::kOneOf && (!one.wanted.is_array() || one.wanted.empty())) {
      return Wrong(at, "is no list of values", "at least one value", Shown(one.wanted));
    }
    if (one.kind == Kind::kContains) READINESS_RETURN_IF_ERROR(Text(json, "contains", place).map([](const auto&) {}));
    if (one.kind == Kind::kAbsent && one.wanted != true) return Wrong(at, "is not true", "true", Shown(one.wanted));
    if (one.kind == Kind::kAbsent && one.at.empty())
      return Wrong(place, "speaks of the whole answer", "a pointer that is not empty");
    if (one.kind == Kind::kMinItems) {
      READINESS_RETURN_IF_ERROR(Integer(json, "min_items", place, 1, 1'000'000).map([](auto) {}));
    }
    return one;
  }

  Result<HeaderExpectation> ReadHeader(const Json& json, const std::string& place) {
    const std::vector<std::string> words = {"equals", "contains", "absent"};
    READINESS_RETURN_IF_ERROR(CheckObject(json, place, {"name", "equals", "contains", "absent"}));
    HeaderExpectation one;
    READINESS_ASSIGN(one.name, Text(json, "name", place));
    READINESS_ASSIGN(const std::size_t index, OneOf(json, place, words));
    one.kind = static_cast<HeaderExpectation::Kind>(index);
    const std::string at = Join(place, words[index]);
    if (one.kind == HeaderExpectation::Kind::kAbsent) {
      if (json["absent"] != true) return Wrong(at, "is not true", "true", Shown(json["absent"]));
      return one;
    }
    READINESS_ASSIGN(one.wanted, Text(json, words[index], place));
    READINESS_RETURN_IF_ERROR(CheckPlaceholders(one.wanted, at));
    return one;
  }

  Result<void> CheckIdentity(const std::string& name, const std::string& place) const {
    if (script_.identities.contains(name)) return {};
    std::vector<std::string> known;
    for (const auto& [identity, kind] : script_.identities) known.push_back(identity);
    return Wrong(place, "names no identity that owns something", fmt::format("one of {}", fmt::join(known, ", ")),
                 "\"" + name + "\"");
  }

  Result<void> CheckPlaceholders(const Json& value, const std::string& place) const {
    if (value.is_structured()) {
      for (const auto& [key, element] : value.items())
        READINESS_RETURN_IF_ERROR(CheckPlaceholders(element, Join(place, key)));
      return {};
    }
    if (!value.is_string()) return {};
    const auto names = PlaceholdersIn(value.get_ref<const std::string&>());
    if (!names)
      return Wrong(place, "has a wrong placeholder: " + names.error().what, "${identity.value}", Shown(value));
    for (const std::string& name : *names) {
      READINESS_RETURN_IF_ERROR(CheckIdentity(name.substr(0, name.find('.')), place));
    }
    return {};
  }

  const Parameters& parameters_;
  Script script_;
};

}  // namespace

Result<Script> ReadScript(const Parameters& parameters) {
  return ScriptReader(parameters).Read();
}

}  // namespace readiness::probes::scenario_parts
