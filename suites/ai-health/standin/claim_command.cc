#include "claim_command.h"

#include "claims.h"
#include "standin/json.h"

namespace readiness::ai_health {
namespace {

using standin::Json;

Error WrongInput(std::string expected) {
  return Error{ErrorKind::kUsage, "check-claim cannot read its input", {}, std::move(expected), {}, {}};
}

ClaimRules RulesFor(const standin::Defects& defects) {
  ClaimRules rules;
  const bool literal = defects.Active("ai-health.W2-4:case-sensitive") || defects.Active("ai-health.W2-4:punctuation");
  rules.fold = !literal;
  rules.ends_at_punctuation = !defects.Active("ai-health.W2-4:punctuation");
  rules.whole_words = !defects.Active("ai-health.W2-4");
  rules.joins_lines = !defects.Active("ai-health.W2-4:line-breaks");
  rules.synonyms = !defects.Active("ai-health.W2-4:no-synonyms");
  rules.levels = !defects.Active("ai-health.W2-4:levels-ignored");
  rules.own_lexicon = !defects.Active("ai-health.W2-4:one-lexicon");
  return rules;
}

Result<std::vector<std::string>> Check(const Json& sentence, const ClaimRules& rules) {
  const Json text = sentence.is_object() ? sentence.value("text", Json()) : Json();
  if (!text.is_string()) return Fail(WrongInput("a text in each sentence"));
  const Json grade = sentence.value("grade", Json());
  const Json level = sentence.value("level", Json());
  const auto parsed = grade.is_string() ? ParseGrade(grade.get<std::string>()) : std::nullopt;
  if (parsed && level.is_null()) return CheckGrade(text.get<std::string>(), *parsed, rules);
  if (grade.is_null() && level.is_number_integer() && level >= kLowestLevel && level <= kHighestLevel)
    return CheckLevel(text.get<std::string>(), level.get<int>(), rules);
  return Fail(WrongInput("either a grade from A to D or a level from 1 to 5 in each sentence"));
}

}  // namespace

Result<std::string> CheckClaims(const std::string& input, const standin::Defects& defects) {
  const auto body = standin::ParseJson(input);
  const Json sentences = body && body->is_object() ? body->value("sentences", Json()) : Json();
  if (!sentences.is_array()) return Fail(WrongInput("a JSON object with a list of sentences"));
  Json verdicts = Json::array();
  for (const Json& sentence : sentences) {
    READINESS_ASSIGN(auto violations, Check(sentence, RulesFor(defects)));
    if (defects.Active("ai-health.W2-4:everything-allowed")) violations.clear();
    if (defects.Active("ai-health.W2-4:everything-refused")) violations = {"not understood"};
    verdicts.push_back({{"accepted", violations.empty()}, {"reasons", violations}});
  }
  return standin::Compact({{"verdicts", verdicts}});
}

}  // namespace readiness::ai_health
