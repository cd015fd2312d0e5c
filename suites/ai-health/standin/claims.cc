#include "claims.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <span>

#include "folding.h"

namespace readiness::ai_health {
namespace {

using Phrases = std::span<const std::string_view>;

// Base forms such as "improve" are left out on purpose: "might improve" is how a weak claim is to be made.
constexpr std::string_view kForbiddenA[] = {"causes",  "caused",  "causing", "guarantees", "guaranteed", "guarantee",
                                            "ensures", "ensured", "proves",  "proved",     "proven"};
constexpr std::string_view kForbiddenB[] = {"definitely"};
constexpr std::string_view kForbiddenC[] = {"improves", "increases", "significantly", "consistently"};
constexpr std::string_view kForbiddenD[] = {"appears to"};
constexpr std::string_view kSynonyms[] = {"cures",     "cured",    "treats", "prevents",
                                          "prevented", "leads to", "led to", "leading to"};

constexpr std::string_view kHedges[] = {"uncertain", "unclear",  "may",         "might",
                                        "could",     "possibly", "potentially", "suggests"};

constexpr std::string_view kVerbsA[] = {"improves", "increases",       "decreases",          "reduces",
                                        "enhances", "correlates with", "is associated with", "shows"};
constexpr std::string_view kVerbsB[] = {"appears to improve", "may increase", "suggests",
                                        "is associated with", "tends to",     "shows"};
constexpr std::string_view kVerbsC[] = {"might improve", "could increase", "possibly", "may be associated with",
                                        "suggests a potential"};
constexpr std::string_view kVerbsD[] = {"might suggest", "could indicate", "possibly hints at",
                                        "uncertain association with"};
constexpr std::array<Phrases, 4> kVerbs = {kVerbsA, kVerbsB, kVerbsC, kVerbsD};

constexpr std::string_view kForbidden1[] = {"causes",    "proves",     "improves",    "worsens",
                                            "recommend", "recommends", "recommended", "recommending"};
constexpr std::string_view kForbidden2[] = {"causes",       "proves",    "recommend",  "recommends", "recommended",
                                            "recommending", "prescribe", "prescribes", "prescribed"};
constexpr std::string_view kForbidden3[] = {"causes", "proves", "prescribe", "prescribes", "prescribed", "definitely"};
constexpr std::string_view kForbidden4[] = {"cures", "guarantees", "always works"};
constexpr std::array<Phrases, 5> kForbiddenAtLevel = {kForbidden1, kForbidden2, kForbidden3, kForbidden4, kForbidden4};

constexpr std::string_view kRequired2[] = {"associated with", "correlated with", "co-occurs with"};
constexpr std::string_view kRequired3[] = {"appears to", "may", "suggests", "worth testing"};
constexpr std::string_view kRequired4[] = {"improved", "changed", "effect size", "with adherence"};
constexpr std::string_view kRequired5[] = {"consistently", "repeated", "reliable pattern"};
constexpr std::array<Phrases, 5> kRequiredAtLevel = {Phrases{}, kRequired2, kRequired3, kRequired4, kRequired5};

constexpr std::string_view kAdvice[] = {"you should take", "you must take",  "you need to take", "we recommend",
                                        "i recommend",     "is recommended", "are recommended",  "prescribe",
                                        "prescribed",      "prescribes",     "diagnose",         "diagnosed",
                                        "diagnosis is",    "your dose",      "your dosage",      "self medicate"};
constexpr std::string_view kTreatmentVerbs[] = {
    "take",     "taking", "start",       "starting", "begin", "stop", "stopping", "quit", "skip",   "double",
    "increase", "reduce", "discontinue", "switch",   "swap",  "use",  "try",      "add",  "inject", "supplement"};
constexpr std::string_view kTreatments[] = {
    "medication",  "medications", "medicine",       "medicines",       "drug",        "drugs",
    "pill",        "pills",       "tablet",         "tablets",         "capsule",     "capsules",
    "dose",        "doses",       "dosage",         "therapy",         "treatment",   "supplement",
    "supplements", "vitamin",     "vitamins",       "magnesium",       "melatonin",   "omega",
    "iron",        "zinc",        "insulin",        "aspirin",         "ibuprofen",   "statin",
    "statins",     "metformin",   "antidepressant", "antidepressants", "ashwagandha", "blocker",
    "blockers",    "antibiotic",  "antibiotics",    "steroid",         "steroids",    "sedative",
    "sedatives",   "cbd"};
constexpr std::string_view kDoseUnits[] = {"mg", "mcg", "ug", "g", "grams", "milligrams", "micrograms", "iu", "ml"};

/// FoldedWords of a phrase of the tables above; each is folded once per thread.
const std::string& FoldedPhrase(std::string_view phrase) {
  thread_local std::map<std::string_view, std::string> folded;
  const auto [entry, unknown] = folded.try_emplace(phrase);
  if (unknown) entry->second = FoldedWords(phrase);
  return entry->second;
}

/// A text ready to be searched for phrases.
class Searched {
 public:
  Searched(std::string_view text, const ClaimRules& rules) : rules_(rules) {
    for (const std::string_view part : Parts(text)) {
      if (!rules.fold)
        forms_.push_back(Separated(part));
      else
        forms_.insert(forms_.end(), {FoldedWords(part), FoldedWordsWithoutMarkup(part)});
    }
  }

  bool Contains(std::string_view phrase) const {
    std::string wanted = rules_.fold ? FoldedPhrase(phrase) : Separated(phrase);
    if (!rules_.whole_words) wanted = wanted.substr(1, wanted.size() - 2);
    return std::any_of(forms_.begin(), forms_.end(),
                       [&](const std::string& form) { return form.find(wanted) != std::string::npos; });
  }

  std::optional<std::string_view> First(Phrases phrases) const {
    const auto found =
        std::find_if(phrases.begin(), phrases.end(), [this](std::string_view phrase) { return Contains(phrase); });
    if (found == phrases.end()) return std::nullopt;
    return *found;
  }

 private:
  std::vector<std::string_view> Parts(std::string_view text) const {
    std::vector<std::string_view> parts;
    while (!rules_.joins_lines && text.find('\n') != std::string_view::npos) {
      parts.push_back(text.substr(0, text.find('\n')));
      text.remove_prefix(text.find('\n') + 1);
    }
    parts.push_back(text);
    return parts;
  }

  std::string Separated(std::string_view text) const {
    std::string words = " ";
    for (const char c : text) {
      const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
      const bool separates = std::isspace(static_cast<unsigned char>(c)) || (rules_.ends_at_punctuation && !letter);
      if (!separates || words.back() != ' ') words += separates ? ' ' : c;
    }
    return words.back() == ' ' ? words : words + " ";
  }

  const ClaimRules rules_;
  std::vector<std::string> forms_;
};

void Refuse(const Searched& text, Phrases phrases, const std::string& where, std::vector<std::string>& violations) {
  for (const std::string_view phrase : phrases) {
    if (text.Contains(phrase)) violations.push_back("must not say \"" + std::string(phrase) + "\" " + where);
  }
}

void Require(const Searched& text, Phrases phrases, const std::string& where, std::vector<std::string>& violations) {
  if (phrases.empty() || text.First(phrases)) return;
  std::string listed;
  for (const std::string_view phrase : phrases) listed += (listed.empty() ? "\"" : ", \"") + std::string(phrase) + "\"";
  violations.push_back("must say one of " + listed + " " + where);
}

std::string At(Grade grade) {
  return std::string("at grade ") + ToString(grade);
}

std::vector<std::string> Overclaims(const Searched& text, Grade grade, const ClaimRules& rules) {
  const Grade lexicon = rules.own_lexicon ? grade : Grade::kA;
  std::vector<std::string> violations;
  Refuse(text, kForbiddenA, At(grade), violations);
  if (lexicon >= Grade::kB) Refuse(text, kForbiddenB, At(grade), violations);
  if (lexicon >= Grade::kC) Refuse(text, kForbiddenC, At(grade), violations);
  if (lexicon >= Grade::kD) Refuse(text, kForbiddenD, At(grade), violations);
  if (rules.synonyms) Refuse(text, kSynonyms, At(grade), violations);
  return violations;
}

/// Whether `text` has a number followed by a unit of mass or volume: "400 mg", "2.5ml".
bool NamesDose(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  for (std::size_t at = text.find_first_of(kDigits); at != std::string_view::npos;
       at = text.find_first_of(kDigits, at)) {
    at = text.find_first_not_of("0123456789., ", at);
    if (at == std::string_view::npos) return false;
    const std::string unit = FoldedWords(text.substr(at, text.find_first_of(" .,;:!?)\n\t", at) - at));
    if (std::any_of(std::begin(kDoseUnits), std::end(kDoseUnits),
                    [&](std::string_view each) { return unit == FoldedPhrase(each); }))
      return true;
  }
  return false;
}

}  // namespace

const char* ToString(Grade grade) {
  constexpr std::array<const char*, 4> kNames = {"A", "B", "C", "D"};
  return kNames[static_cast<std::size_t>(grade)];
}

std::optional<Grade> ParseGrade(std::string_view text) {
  if (text.size() != 1 || text[0] < 'A' || text[0] > 'D') return std::nullopt;
  return static_cast<Grade>(text[0] - 'A');
}

Grade GradeOf(double confidence, int points, double coverage, double effect) {
  if (confidence >= 0.8 && points >= 30 && coverage >= 0.7 && effect >= 0.5) return Grade::kA;
  if (confidence >= 0.6 && points >= 14 && coverage >= 0.5) return Grade::kB;
  if (confidence >= 0.4 && points >= 7 && coverage >= 0.3) return Grade::kC;
  return Grade::kD;
}

int LevelOf(std::optional<double> confidence) {
  constexpr std::array<double, 4> kLeast = {0.2, 0.4, 0.6, 0.8};
  if (!confidence) return kLowestLevel;
  return kLowestLevel + static_cast<int>(std::count_if(kLeast.begin(), kLeast.end(),
                                                       [&](double least) { return *confidence >= least; }));
}

std::vector<std::string> CheckGrade(std::string_view text, Grade grade, const ClaimRules& rules) {
  std::vector<std::string> violations = Overclaims(Searched(text, rules), grade, rules);
  const Searched searched(text, {});
  const Grade lexicon = rules.own_lexicon ? grade : Grade::kA;
  if (lexicon >= Grade::kB) Require(searched, kHedges, At(grade), violations);
  Require(searched, kVerbs[static_cast<std::size_t>(lexicon)], At(grade), violations);
  return violations;
}

std::vector<std::string> CheckLevel(std::string_view text, int level, const ClaimRules& rules) {
  if (!rules.levels) return {};
  const std::string where = "at level " + std::to_string(level);
  const auto index = static_cast<std::size_t>(std::clamp(level, kLowestLevel, kHighestLevel) - kLowestLevel);
  const Searched for_forbidden(text, rules);
  std::vector<std::string> violations;
  Refuse(for_forbidden, kForbiddenAtLevel[index], where, violations);
  if (rules.synonyms) Refuse(for_forbidden, kSynonyms, where, violations);
  Require(Searched(text, {}), kRequiredAtLevel[index], where, violations);
  return violations;
}

std::vector<std::string> CheckOverclaiming(std::string_view text, Grade grade, const ClaimRules& rules) {
  return Overclaims(Searched(text, rules), grade, rules);
}

std::vector<std::string> CheckAdvice(std::string_view text) {
  const Searched searched(text, {});
  std::vector<std::string> violations;
  if (const auto phrase = searched.First(kAdvice)) violations.push_back("advises: \"" + std::string(*phrase) + "\"");
  const auto verb = searched.First(kTreatmentVerbs);
  const auto treatment = searched.First(kTreatments);
  if (verb && treatment)
    violations.push_back("advises: \"" + std::string(*verb) + "\" with \"" + std::string(*treatment) + "\"");
  if (NamesDose(text)) violations.push_back("names a dose");
  return violations;
}

}  // namespace readiness::ai_health
