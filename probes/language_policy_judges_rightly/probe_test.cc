#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "readiness/testing.h"
#include "sentences.h"

READINESS_DECLARE_PROBE(language_policy_judges_rightly);

namespace readiness::testing {
namespace {

using probes::language_parts::HasPhrase;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

Json LanguageParameters() {
  return Json::parse(R"json({
    "command": "check_claim",
    "agreed_synonyms": ["cures", "leads to"],
    "innocent_words": ["approves", "secures", "indefinitely", "sees"],
    "policies": [
      {"name": "grade A", "input": {"grade": "A"}, "plain": "Sleep is associated with light.",
       "forbidden": ["causes", "proves"], "allowed": ["improves", "is associated with"],
       "rejected": ["Nothing to see here."]},
      {"name": "grade C", "input": {"grade": "C"}, "plain": "Light may be associated with sleep.",
       "forbidden": ["causes", "proves", "improves", "always works"], "allowed": ["might improve"],
       "required": ["uncertain", "may"], "accepted": ["It may possibly help."]}
    ]
  })json");
}

using Judge = std::function<bool(const std::string& text, const std::string& grade)>;

std::vector<std::string> ForbiddenAt(const std::string& grade) {
  std::vector<std::string> words{"causes", "proves", "cures", "leads to"};
  if (grade == "C") words.insert(words.end(), {"improves", "always works"});
  return words;
}

bool JudgesRightly(const std::string& text, const std::string& grade) {
  const auto words = ForbiddenAt(grade);
  if (text.starts_with("Nothing")) return false;
  return std::none_of(words.begin(), words.end(), [&](const auto& word) { return HasPhrase(text, word); });
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

class LanguagePolicyTest : public ::testing::Test {
 protected:
  explicit LanguagePolicyTest(Json parameters = LanguageParameters()) : t(std::move(parameters)) {}
  void JudgedBy(Judge judge) {
    t.commands.Answer("check_claim", [judge](const Json& input) {
      Json verdicts = Json::array();
      for (const Json& one : input.at("sentences")) {
        const bool accepted = judge(one.at("text"), one.at("grade"));
        verdicts.push_back({{"accepted", accepted}, {"reasons", accepted ? Json::array() : Json{"forbidden word"}}});
      }
      return Result<CommandResult>(CommandResult{0, {{"verdicts", verdicts}}, ""});
    });
  }
  void Answers(Json output, int exit_code = 0) {
    t.commands.Answer("check_claim", [output, exit_code](const Json&) {
      return Result<CommandResult>(CommandResult{exit_code, output, "Traceback: no module"});
    });
  }
  Result<void> Run() { return probes::language_policy_judges_rightly(t.context()); }
  // The texts that were asked.
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const Json& one : t.commands.calls.front().second.at("sentences")) texts.push_back(one.at("text"));
    return texts;
  }

  TestContext t;
};

TEST_F(LanguagePolicyTest, Holds) {
  JudgedBy(JudgesRightly);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_TRUE(t.Satisfied("every_sentence_is_judged"));
  EXPECT_TRUE(t.Satisfied("verdicts_differ"));
  EXPECT_THAT(t.commands.calls, SizeIs(1));
  // Plain, allowed, innocent (approves, secures), forbidden in 8 forms, stated.
  EXPECT_THAT(t.findings.observations(), SizeIs((1 + 2 + 2 + 4 * 8 + 1) + (1 + 1 + 2 + 6 * 8 + 1)));
}

TEST_F(LanguagePolicyTest, MakesTheSentencesThatTheMethodNames) {
  JudgedBy(JudgesRightly);
  ASSERT_TRUE(Run());
  const auto texts = Texts();
  for (const char* text : {"Sleep is associated with light.", "Magnesium improves sleep duration.",
                           "Magnesium might improve sleep duration. It is uncertain.",
                           "Sleep is associated with light. The board approves it.",
                           "Sleep is associated with light. Magnesium CAUSES deep sleep.",
                           "Sleep is associated with light. Magnesium cAuSeS deep sleep.",
                           "Light may be associated with sleep. Magnesium\nalways\nworks\ndeep sleep.",
                           "Magnesium leads to deep sleep. Sleep is associated with light.", "Nothing to see here."}) {
    EXPECT_THAT(texts, Contains(text));
  }
  EXPECT_THAT(texts, Not(Contains(HasSubstr("indefinitely"))));  // contains nothing that is forbidden here
  EXPECT_EQ(t.commands.calls.front().second.at("sentences")[0].at("grade"), "A");
}

// How sly or clumsy policies judge, and what shows it.
struct Clumsy {
  const char* name;
  Judge judge;
  const char* headline;
  const char* in;
};

class ClumsyLanguagePolicyTest : public LanguagePolicyTest, public ::testing::WithParamInterface<Clumsy> {};

TEST_P(ClumsyLanguagePolicyTest, IsViolated) {
  JudgedBy(GetParam().judge);
  ASSERT_TRUE(Run());
  EXPECT_THAT(t.findings.violations(), Contains(AllOf(Field(&Violation::what, GetParam().headline),
                                                      Field(&Violation::did, HasSubstr(GetParam().in)))));
}

bool FindsParts(const std::string& text, const std::string& grade) {
  const auto words = ForbiddenAt(grade);
  if (text.starts_with("Nothing")) return false;
  return std::none_of(words.begin(), words.end(),
                      [&](const auto& word) { return Lower(text).find(word) != std::string::npos; });
}

INSTANTIATE_TEST_SUITE_P(
    LanguagePolicy, ClumsyLanguagePolicyTest,
    ::testing::Values(Clumsy{"PartsOfWords", FindsParts, "an allowed phrase is rejected",
                             "Magnesium improves sleep duration."},
                      Clumsy{"PartsOfInnocentWords", FindsParts,
                             "a word that merely contains a forbidden one is rejected", "\"secures\""},
                      Clumsy{"LettersAsTheyStand",
                             [](const std::string& text, const std::string& grade) {
                               const auto words = ForbiddenAt(grade);
                               return std::none_of(words.begin(), words.end(),
                                                   [&](const auto& word) {
                                                     return HasPhrase(text, word) &&
                                                            text.find(word) != std::string::npos;
                                                   }) &&
                                      !text.starts_with("Nothing");
                             },
                             "a forbidden phrase is accepted",
                             "in 4 of 8 forms (upper case, mixed case, at the beginning, with line breaks)"},
                      Clumsy{"LinesOnTheirOwn",
                             [](const std::string& text, const std::string& grade) {
                               return JudgesRightly(text, grade) || text.find("always\nworks") != std::string::npos;
                             },
                             "a forbidden phrase is accepted", "always\\nworks"},
                      Clumsy{"WithoutSynonyms",
                             [](const std::string& text, const std::string& grade) {
                               return JudgesRightly(text, grade) || HasPhrase(text, "cures") ||
                                      HasPhrase(text, "leads to");
                             },
                             "a forbidden phrase is accepted", "\"cures\", \"leads to\""},
                      Clumsy{"OneGradeOnly",
                             [](const std::string& text, const std::string& grade) {
                               return grade == "C" || JudgesRightly(text, grade);
                             },
                             "a forbidden phrase is accepted", "grade C"},
                      Clumsy{"DemandsNothing",
                             [](const std::string& text, const std::string& grade) {
                               return text.starts_with("Nothing") || JudgesRightly(text, grade);
                             },
                             "a sentence that the policy forbids is accepted", "Nothing to see here."},
                      Clumsy{"FirstSentenceOnly",
                             [](const std::string& text, const std::string& grade) {
                               return JudgesRightly(text.substr(0, text.find('.') + 1), grade);
                             },
                             "a forbidden phrase is accepted", "grade A"}),
    [](const auto& tried) { return tried.param.name; });

TEST_F(LanguagePolicyTest, ViolatedAndWithoutWeightWhenEverythingIsRejected) {
  JudgedBy([](const std::string&, const std::string&) { return false; });
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("verdicts_differ"));
  EXPECT_THAT(t.findings.observations(), IsEmpty());
  EXPECT_THAT(t.findings.violations(), Contains(Field(&Violation::what, "an allowed sentence is rejected")));
}

TEST_F(LanguagePolicyTest, ViolatedWhenEverythingIsAccepted) {
  JudgedBy([](const std::string&, const std::string&) { return true; });
  ASSERT_TRUE(Run());
  EXPECT_FALSE(t.Satisfied("verdicts_differ"));
  EXPECT_THAT(t.findings.violations(), SizeIs(3));  // forbidden at A and C, demanded at A
}

TEST_F(LanguagePolicyTest, Undecidable) {
  EXPECT_FALSE(Run());  // no such command
  const Json one{{"accepted", true}};
  const Json outputs[] = {Json(),
                          Json::array(),
                          {{"verdicts", Json::array()}},
                          {{"verdicts", {one}}},
                          {{"verdicts", std::vector<Json>(91, Json{{"accepted", "yes"}})}}};
  for (const Json& output : outputs) {
    Answers(output);
    const auto ran = Run();
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().kind, ErrorKind::kMalformed);
  }
  Answers(Json(), 1);
  const auto failed = Run();
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().Brief(), HasSubstr("no module"));
  EXPECT_THAT(t.findings.violations(), IsEmpty());
  EXPECT_THAT(t.findings.controls(), IsEmpty());
}

Json WithPolicy(const char* policy) {
  Json parameters = LanguageParameters();
  parameters["policies"] = {Json::parse(policy)};
  return parameters;
}

TEST(LanguagePolicyParameters, ContradictionsAreResolvedByData) {
  const char* text = R"json({"name": "p", "input": {"grade": "A"}, "plain": "Fine.", "forbidden": ["shows", "causes"],
                             "allowed": ["shows", "clearly shows", "may"], "contradictions": {}})json";
  const struct {
    const char* holds;
    std::vector<std::string> contains;
    std::vector<std::string> lacks;
  } cases[] = {{"accepted", {"Magnesium shows sleep duration."}, {"Fine. Magnesium shows deep sleep."}},
               {"rejected", {"Fine. Magnesium shows deep sleep."}, {"Magnesium shows sleep duration."}},
               {"unclear", {}, {"Magnesium shows sleep duration.", "Fine. Magnesium shows deep sleep."}}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.holds);
    Json parameters = WithPolicy(text);
    parameters["policies"][0]["contradictions"] = {{"shows", test.holds}, {"clearly shows", "unclear"}};
    const auto table = probes::language_parts::MakeTable(Parameters(parameters));
    ASSERT_TRUE(table) << table.error().Brief();
    std::vector<std::string> texts;
    for (const auto& sentence : table->sentences) texts.push_back(sentence.text);
    for (const std::string& wanted : test.contains) EXPECT_THAT(texts, Contains(wanted));
    for (const std::string& unwanted : test.lacks) EXPECT_THAT(texts, Not(Contains(unwanted)));
    EXPECT_THAT(texts, Contains("Magnesium may sleep duration."));
  }
}

TEST(LanguagePolicyParameters, WrongOnesAreDefinitionErrors) {
  const struct {
    const char* policy;
    const char* says;
  } cases[] = {
      {R"({"name": "p", "input": {"text": "x"}, "plain": "Fine."})", "/policies/0/input"},
      {R"({"name": "p", "input": {}, "plain": "Fine.", "forbiden": ["a"]})", "/policies/0/forbiden"},
      {R"({"name": "p", "input": {}, "plain": "It causes it.", "forbidden": ["causes"]})", "causes"},
      {R"({"name": "p", "input": {}, "plain": "Fine.", "forbidden": ["shows"], "allowed": ["shows"]})",
       "contradictions"},
      {R"({"name": "p", "input": {}, "plain": "Fine.", "allowed": ["a"], "contradictions": {"a": "accepted"}})",
       "/policies/0/contradictions/a"},
      {R"({"name": "p", "input": {}, "plain": "Fine.", "forbidden": ["may"], "required": ["may"]})",
       "/policies/0/required"},
      {R"({"name": "p", "input": {}, "plain": "Fine.", "contradictions": {"a": "perhaps"}})", "what holds of a"}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.policy);
    TestContext t(WithPolicy(test.policy));
    const auto ran = probes::language_policy_judges_rightly(t.context());
    ASSERT_FALSE(ran);
    EXPECT_EQ(ran.error().kind, ErrorKind::kDefinition);
    EXPECT_THAT(ran.error().Brief(), HasSubstr(test.says));
    EXPECT_THAT(t.commands.calls, IsEmpty());
  }
}

}  // namespace
}  // namespace readiness::testing
