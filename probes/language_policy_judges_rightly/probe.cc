#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "readiness/nested.h"
#include "sentences.h"

namespace readiness::probes {
namespace {

using language_parts::Kind;
using language_parts::MakeTable;
using language_parts::Sentence;
using language_parts::Table;

constexpr std::size_t kShownWords = 20;

struct Verdict {
  bool accepted = false;
  std::string reasons;
};

const char* Headline(Kind kind) {
  switch (kind) {
    case Kind::kPlain:
    case Kind::kFurther:
      return "an allowed sentence is rejected";
    case Kind::kAllowed:
      return "an allowed phrase is rejected";
    case Kind::kInnocent:
      return "a word that merely contains a forbidden one is rejected";
    case Kind::kForbidden:
      return "a forbidden phrase is accepted";
    case Kind::kDemanded:
      break;
  }
  return "a sentence that the policy forbids is accepted";
}

const char* Fix(Kind kind) {
  if (kind == Kind::kForbidden) {
    return "fold letter case and white space before comparing, and add the agreed synonyms to the forbidden phrases";
  }
  if (kind == Kind::kDemanded) return "demand of every sentence what the policy demands";
  return "compare whole words, not parts of words";
}

// The same fault in one policy, in several sentences.
struct Fault {
  std::vector<const Sentence*> sentences;
  std::string reasons;  // of the first
};

class PolicyJudgement {
 public:
  PolicyJudgement(Context& context, std::string command, Table table)
      : context_(context), command_(std::move(command)), table_(std::move(table)) {}

  Result<void> Run() {
    READINESS_ASSIGN(const CommandResult result, context_.commands.Run(command_, Input()));
    if (result.exit_code != 0) {
      return Fail({ErrorKind::kTarget,
                   fmt::format("command {} failed", command_),
                   std::nullopt,
                   "exit code 0",
                   fmt::format("exit code {}, standard error ends: {}", result.exit_code, Tail(result.error_output)),
                   {}});
    }
    READINESS_ASSIGN(const std::vector<Verdict> verdicts, ReadVerdicts(result.output));
    RecordControls(verdicts);
    Judge(verdicts);
    return {};
  }

 private:
  static std::string Tail(const std::string& text) {
    return Shown(Json(text.substr(text.size() - std::min<std::size_t>(text.size(), 150))));
  }

  Json Input() const {
    Json sentences = Json::array();
    for (const Sentence& sentence : table_.sentences) {
      Json one = table_.policies[sentence.policy].input;
      one["text"] = sentence.text;
      sentences.push_back(std::move(one));
    }
    return {{"sentences", std::move(sentences)}};
  }

  tl::unexpected<Error> NotUnderstood(const std::string& expected, const std::string& actual) const {
    return Fail({ErrorKind::kMalformed,
                 fmt::format("the answer of command {} is not understood", command_),
                 std::nullopt,
                 expected,
                 actual,
                 {}});
  }

  Result<std::vector<Verdict>> ReadVerdicts(const Json& output) const {
    const Json* list = AtPointer(output, "/verdicts");
    if (list == nullptr || !list->is_array()) return NotUnderstood("{\"verdicts\": [...]}", Shown(output));
    if (list->size() != table_.sentences.size()) {
      return NotUnderstood(fmt::format("{} verdicts, one for each sentence", table_.sentences.size()),
                           fmt::format("{} verdicts", list->size()));
    }
    std::vector<Verdict> verdicts;
    for (const Json& one : *list) {
      const Json* accepted = AtPointer(one, "/accepted");
      if (accepted == nullptr || !accepted->is_boolean()) {
        return NotUnderstood("{\"accepted\": true or false, \"reasons\": [...]} for each sentence",
                             fmt::format("{} for \"{}\"", Shown(one), table_.sentences[verdicts.size()].text));
      }
      const Json* reasons = AtPointer(one, "/reasons");
      verdicts.push_back({accepted->get<bool>(), reasons == nullptr || reasons->empty() ? "" : Shown(*reasons)});
    }
    return verdicts;
  }

  void RecordControls(const std::vector<Verdict>& verdicts) {
    const auto accepted =
        std::count_if(verdicts.begin(), verdicts.end(), [](const Verdict& one) { return one.accepted; });
    const auto rejected = static_cast<std::ptrdiff_t>(verdicts.size()) - accepted;
    context_.findings.AddControl({"every_sentence_is_judged", "the command gives a verdict on each sentence", true,
                                  fmt::format("{} sentences, {} verdicts", table_.sentences.size(), verdicts.size())});
    context_.findings.AddControl({"verdicts_differ", "the command both accepts and rejects",
                                  accepted > 0 && rejected > 0,
                                  fmt::format("{} accepted, {} rejected", accepted, rejected)});
  }

  void Judge(const std::vector<Verdict>& verdicts) {
    std::map<std::pair<std::size_t, Kind>, Fault> faults;
    std::map<std::size_t, bool> plain_accepted;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const Sentence& sentence = table_.sentences[i];
      if (sentence.kind == Kind::kPlain) plain_accepted[sentence.policy] = verdicts[i].accepted;
      if (verdicts[i].accepted != sentence.MustBeAccepted()) {
        Fault& fault = faults[{sentence.policy, sentence.kind}];
        if (fault.sentences.empty()) fault.reasons = verdicts[i].reasons;
        fault.sentences.push_back(&sentence);
      } else if (sentence.MustBeAccepted() || plain_accepted[sentence.policy]) {
        // A policy that rejects everything rejects the forbidden too.
        context_.findings.AddObservation({Name(sentence),
                                          verdicts[i].accepted ? "accepted" : "rejected " + verdicts[i].reasons,
                                          {{"text", sentence.text}}});
      }
    }
    for (const auto& [key, fault] : faults) Report(key.second, fault);
  }

  std::string Name(const Sentence& sentence) const {
    return fmt::format("{}, \"{}\"{}{}", table_.policies[sentence.policy].name, sentence.word,
                       sentence.form.empty() ? "" : ", ", sentence.form);
  }

  void Report(Kind kind, const Fault& fault) {
    const Sentence& first = *fault.sentences.front();
    const std::string did = fmt::format(
        "{} on {} with {}{}", command_, Shown(Json(first.text)), table_.policies[first.policy].name,
        fault.sentences.size() > 1 ? fmt::format(", and {} more: {}", fault.sentences.size() - 1, Words(fault)) : "");
    const std::string verdict = first.MustBeAccepted() ? "rejected" : "accepted";
    context_.findings.AddViolation({Headline(kind), did, first.MustBeAccepted() ? "accepted" : "rejected",
                                    fault.reasons.empty() ? verdict : fmt::format("{}: {}", verdict, fault.reasons),
                                    Fix(kind)});
  }

  // "causes" (2 of 8 forms), "leads to"
  std::string Words(const Fault& fault) const {
    std::vector<std::string> order;
    std::map<std::string, int> count;
    for (const Sentence* sentence : fault.sentences) {
      if (count[sentence->word]++ == 0) order.push_back(sentence->word);
    }
    std::vector<std::string> shown;
    for (const std::string& word : order) {
      if (shown.size() == kShownWords) {
        shown.push_back(fmt::format("and {} more", order.size() - kShownWords));
        break;
      }
      const auto forms = std::count_if(table_.sentences.begin(), table_.sentences.end(), [&](const Sentence& sentence) {
        return sentence.policy == fault.sentences.front()->policy && sentence.kind == fault.sentences.front()->kind &&
               sentence.word == word;
      });
      shown.push_back(count[word] == forms ? fmt::format("\"{}\"", word)
                                           : fmt::format("\"{}\" in {} of {} forms ({})", word, count[word], forms,
                                                         FormsOf(fault, word)));
    }
    return fmt::format("{}", fmt::join(shown, ", "));
  }

  static std::string FormsOf(const Fault& fault, const std::string& word) {
    std::vector<std::string> forms;
    for (const Sentence* sentence : fault.sentences) {
      if (sentence->word == word) forms.push_back(sentence->form);
    }
    return fmt::format("{}", fmt::join(forms, ", "));
  }

  Context& context_;
  const std::string command_;
  const Table table_;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(language_policy_judges_rightly) {
  using namespace readiness;
  READINESS_ASSIGN(std::string command, context.parameters.String("command"));
  READINESS_ASSIGN(probes::language_parts::Table table, probes::language_parts::MakeTable(context.parameters));
  return probes::PolicyJudgement(context, std::move(command), std::move(table)).Run();
}
