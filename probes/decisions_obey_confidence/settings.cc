#include "settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "readiness/nested.h"

namespace readiness::probes::decision_parts {
namespace {

constexpr std::size_t kMostCases = 500;

std::set<std::string> AsSet(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

bool IsConfidence(const Json& value) {
  return value.is_null() || (value.is_number() && value >= 0.0 && value <= 1.0);
}

bool IsWord(const Json& value) {
  return value.is_string() && !value.get_ref<const std::string&>().empty();
}

// One value or a list of them: a list stands for each of its elements.
std::vector<Json> Alternatives(NestedObject& object, const std::string& key, bool (*fits)(const Json&),
                               const char* expected) {
  const Json* value = object.Find(key);
  if (value == nullptr) {
    object.Problem(key, "is missing", expected);
    return {};
  }
  const std::vector<Json> all = value->is_array() ? value->get<std::vector<Json>>() : std::vector<Json>{*value};
  if (all.empty() || !std::all_of(all.begin(), all.end(), fits))
    object.Problem(key, "is unusable", expected, Shown(*value));
  return all;
}

void AddOnce(std::vector<Case>& cases, const Case& added) {
  if (std::find(cases.begin(), cases.end(), added) == cases.end()) cases.push_back(added);
}

// The product of what an element states.
std::vector<Case> ReadCases(NestedObject& object) {
  const auto verdicts = Alternatives(object, "verdict", IsWord, "a word or a list of words");
  const auto confidences =
      Alternatives(object, "confidence", IsConfidence, "a number from 0 to 1, null, or a list of such");
  const auto directions = Alternatives(object, "direction", IsWord, "a word or a list of words");
  std::vector<Case> cases;
  if (!object.Finish()) return cases;
  for (const Json& verdict : verdicts) {
    for (const Json& confidence : confidences) {
      for (const Json& direction : directions) {
        Case one{verdict.get<std::string>(), std::nullopt, direction.get<std::string>()};
        if (!confidence.is_null()) one.confidence = confidence.get<double>();
        cases.push_back(std::move(one));
      }
    }
  }
  return cases;
}

class SettingsReader {
 public:
  explicit SettingsReader(const Parameters& parameters) : parameters_(parameters) {}

  Result<Settings> Read() {
    READINESS_ASSIGN(settings_.identity, parameters_.String("identity"));
    READINESS_ASSIGN(settings_.prepare, parameters_.StringList("prepare"));
    READINESS_ASSIGN(settings_.store_evaluation, parameters_.String("store_evaluation"));
    READINESS_ASSIGN(settings_.decide, parameters_.String("decide"));
    READINESS_ASSIGN(settings_.decided_with, parameters_.Statuses("decided_with"));
    READINESS_ASSIGN(settings_.decision_at, parameters_.String("decision_at"));
    READINESS_ASSIGN(settings_.used_confidence_at, parameters_.StringList("used_confidence_at"));
    READINESS_ASSIGN(settings_.read_decisions, parameters_.String("read_decisions"));
    READINESS_ASSIGN(settings_.decisions_as, parameters_.String("decisions_as"));
    READINESS_ASSIGN(settings_.late_effects_within, parameters_.Duration("late_effects_within_ms"));
    READINESS_RETURN_IF_ERROR(ReadMeaning());
    READINESS_RETURN_IF_ERROR(ReadPolicy());
    READINESS_RETURN_IF_ERROR(ReadCaseList());
    READINESS_RETURN_IF_ERROR(ReadTrusted());
    READINESS_RETURN_IF_ERROR(ReadComputation());
    READINESS_RETURN_IF_ERROR(CheckSense());
    return std::move(settings_);
  }

 private:
  Result<void> ReadMeaning() {
    READINESS_ASSIGN(const Json meaning, parameters_.Raw("meaning"));
    if (!meaning.is_object() || meaning.empty()) {
      return WrongParameter("/meaning", "is no object", "decision word -> policy word", Shown(meaning));
    }
    for (const auto& [word, policy_word] : meaning.items()) {
      if (!IsWord(policy_word))
        return WrongParameter("/meaning/" + word, "is no word", "a policy word", Shown(policy_word));
      settings_.meaning.emplace(word, policy_word.get<std::string>());
    }
    return {};
  }

  Result<void> ReadPolicy() {
    READINESS_ASSIGN(const Json policy, parameters_.Raw("policy"));
    for (std::size_t i = 0; i < policy.size(); ++i) {
      if (!policy.is_array()) break;
      NestedObject object(policy[i], fmt::format("/policy/{}", i));
      PolicyRange range{object.Number("from"), AsSet(object.Texts("allowed"))};
      const double least = settings_.policy.empty() ? 0 : settings_.policy.back().from;
      if (settings_.policy.empty() ? range.from != 0 : range.from <= least || range.from > 1) {
        object.Problem("from", "is out of order", "0 in the first range, then ascending up to 1", Shown(range.from));
      }
      READINESS_RETURN_IF_ERROR(object.Finish());
      settings_.policy.push_back(std::move(range));
    }
    if (settings_.policy.empty()) return WrongParameter("/policy", "has no ranges", "a list of {from, allowed}");
    settings_.allowed_without = settings_.policy.front().allowed;
    if (!parameters_.Has("allowed_without_confidence")) return {};
    READINESS_ASSIGN(const auto words, parameters_.StringList("allowed_without_confidence"));
    settings_.allowed_without = AsSet(words);
    return {};
  }

  Result<void> ReadCaseList() {
    READINESS_ASSIGN(const Json cases, parameters_.Raw("cases"));
    if (!cases.is_array() || cases.empty()) {
      return WrongParameter("/cases", "has no elements", "a list of {verdict, confidence, direction}", Shown(cases));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
      NestedObject object(cases[i], fmt::format("/cases/{}", i));
      for (const Case& one : ReadCases(object)) AddOnce(settings_.cases, one);
      READINESS_RETURN_IF_ERROR(object.Finish());
    }
    return {};
  }

  Result<void> ReadTrusted() {
    READINESS_ASSIGN(const Json trusted, parameters_.Raw("trusted"));
    if (!trusted.is_array() || trusted.empty()) {
      return WrongParameter("/trusted", "has no elements", "a list of {verdict, confidence, direction, decisions}",
                            Shown(trusted));
    }
    for (std::size_t i = 0; i < trusted.size(); ++i) {
      NestedObject object(trusted[i], fmt::format("/trusted/{}", i));
      const std::vector<std::string> decisions = object.Texts("decisions");
      if (decisions.empty()) object.Problem("decisions", "is empty", "decision words that it may lead to");
      for (const std::string& word : decisions) {
        if (settings_.meaning.contains(word)) continue;
        object.Problem("decisions", fmt::format("has the unknown word {}", word), "decision words of \"meaning\"");
      }
      for (const Case& one : ReadCases(object)) {
        settings_.trusted.push_back({one, AsSet(decisions)});
        AddOnce(settings_.cases, one);
      }
      READINESS_RETURN_IF_ERROR(object.Finish());
    }
    return {};
  }

  Result<void> ReadComputation() {
    if (!parameters_.Has("computed")) return {};
    READINESS_ASSIGN(const Json computed, parameters_.Raw("computed"));
    NestedObject object(computed, "/computed");
    Computation computation;
    computation.prepare = object.Texts("prepare");
    computation.evaluate = object.Text("evaluate");
    computation.confidence_at = object.Text("confidence_at");
    computation.read = object.Text("read");
    computation.read_as = object.Text("read_as");
    READINESS_RETURN_IF_ERROR(object.Finish());
    if (settings_.used_confidence_at.empty()) {
      return WrongParameter("/computed", "has nothing to compare with", "used_confidence_at to be stated as well");
    }
    settings_.computation = std::move(computation);
    return {};
  }

  bool Forbids(const Case& one) const {
    const std::set<std::string>& allowed = settings_.AllowedAt(one.confidence);
    return std::any_of(settings_.meaning.begin(), settings_.meaning.end(),
                       [&](const auto& entry) { return !allowed.contains(entry.second); });
  }

  // Items that could not turn red, or never green.
  Result<void> CheckSense() const {
    for (const auto& [word, policy_word] : settings_.meaning) {
      const bool somewhere =
          std::any_of(settings_.policy.begin(), settings_.policy.end(),
                      [&, &sought = policy_word](const PolicyRange& range) { return range.allowed.contains(sought); });
      if (somewhere) continue;
      return WrongParameter("/meaning/" + word, fmt::format("is {}, which no range allows", policy_word),
                            "a word of \"policy\"");
    }
    if (std::none_of(settings_.cases.begin(), settings_.cases.end(), [&](const Case& one) { return Forbids(one); })) {
      return WrongParameter("/cases", "look only where the policy allows everything",
                            "a case whose confidence forbids a decision");
    }
    for (const TrustedCase& trusted : settings_.trusted) {
      for (const std::string& word : trusted.decisions) {
        if (settings_.AllowedAt(trusted.evaluation.confidence).contains(settings_.meaning.at(word))) continue;
        return WrongParameter("/trusted", fmt::format("wants {} for {}", word, trusted.evaluation.Text()),
                              "decisions that the policy allows there");
      }
    }
    if (settings_.cases.size() > kMostCases) {
      return WrongParameter("/cases", "are too many", fmt::format("at most {}", kMostCases),
                            std::to_string(settings_.cases.size()));
    }
    return {};
  }

  const Parameters& parameters_;
  Settings settings_;
};

}  // namespace

std::string Case::Text() const {
  return fmt::format("{} {}, {}", verdict,
                     confidence ? fmt::format("with confidence {}", *confidence) : "without confidence", direction);
}

const std::set<std::string>& Settings::AllowedAt(const std::optional<double>& confidence) const {
  if (!confidence) return allowed_without;
  const PolicyRange* range = &policy.front();
  for (const PolicyRange& next : policy) {
    if (next.from <= *confidence) range = &next;
  }
  return range->allowed;
}

Result<Settings> ReadSettings(const Parameters& parameters) {
  return SettingsReader(parameters).Read();
}

}  // namespace readiness::probes::decision_parts
