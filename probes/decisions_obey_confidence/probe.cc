#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "readiness/late_effects.h"
#include "readiness/nested.h"
#include "settings.h"

namespace readiness::probes {
namespace {

using decision_parts::Case;
using decision_parts::Computation;
using decision_parts::Settings;
using decision_parts::TrustedCase;

constexpr double kSameConfidence = 1e-6;  // what a column of single precision may lose
constexpr std::size_t kShownCases = 12;

constexpr const char* kFixPolicy =
    "ask the policy, for every verdict, whether the action is allowed at the evaluation's own confidence, and take one "
    "that is";
constexpr const char* kFixStored = "store the decision that is returned, once, in the same transaction";
constexpr const char* kFixUsed = "decide on the confidence that the evaluation computed and stored, unchanged";

// One evaluation with what was decided on it.
struct Decided {
  std::string name;                  // of the case
  std::optional<double> confidence;  // what the evaluation has
  Values arguments;                  // of decide and read_decisions
  int status = 0;
  std::optional<std::string> word;  // as returned
  std::optional<Json> used;         // the confidence that the decision states; nothing: it states none
  std::string stored;               // decisions as the store has them, ", " between
};

// The same fault seen in several cases.
struct Breach {
  Violation violation;
  std::vector<std::string> cases;
};

std::string Number(const std::optional<double>& confidence) {
  return confidence ? fmt::format("{}", *confidence) : "none";
}

std::optional<double> AsNumber(const Json& value) {
  if (value.is_number()) return value.get<double>();
  return std::nullopt;
}

// No confidence may be written as 0: nothing is allowed at 0 that is not allowed without.
bool Same(const std::optional<double>& has, const Json& used) {
  if (used.is_null()) return !has || *has == 0;
  const auto number = AsNumber(used);
  return number && std::abs(*number - has.value_or(0)) <= kSameConfidence;
}

// Follows one pointer after another; a text in between is JSON in itself.
std::optional<Json> Follow(const Json& body, const std::vector<std::string>& pointers) {
  Json value = body;
  for (const std::string& pointer : pointers) {
    for (int unwrapped = 0; value.is_string() && unwrapped < 2; ++unwrapped) {
      HttpResponse text;
      text.body = value.get<std::string>();
      auto parsed = text.ParseJson();
      if (!parsed) return std::nullopt;
      value = std::move(*parsed);
    }
    const Json* found = AtPointer(value, pointer);
    if (found == nullptr) return std::nullopt;
    value = Json(*found);
  }
  return value;
}

std::vector<std::string> Words(const std::string& joined) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < joined.size();) {
    const std::size_t end = std::min(joined.find(", ", begin), joined.size());
    words.push_back(joined.substr(begin, end - begin));
    begin = end + 2;
  }
  return words;
}

class Decisions {
 public:
  Decisions(Context& context, Settings settings) : context_(context), settings_(std::move(settings)) {}

  Result<void> Run() {
    Result<void> ran = Judge();
    for (const Breach& breach : breaches_) Report(breach);
    if (ran && undecided_) return Fail(*undecided_);
    return ran;
  }

 private:
  Result<void> Judge() {
    READINESS_ASSIGN(user_, context_.identities.Create(settings_.identity, "owner"));
    for (const std::string& action : settings_.prepare) READINESS_RETURN_IF_ERROR(MustRun(action, user_, prepared_));
    for (const Case& one : settings_.cases) {
      READINESS_ASSIGN(Decided decided, DecideOn(one));
      Check(decided);
      CheckTrusted(one, decided);
      decided_.push_back(std::move(decided));
    }
    RecordTrust();
    if (settings_.computation) READINESS_RETURN_IF_ERROR(DecideOnComputed(*settings_.computation));
    return LookAgain();
  }

  // Runs `action`, which only prepares, and adds what it captures to `values`.
  Result<void> MustRun(const std::string& action, const Identity& who, Values& values) {
    READINESS_ASSIGN(ActionResult result, context_.actions.Run(action, who, values));
    if (!result.as_expected) {
      return Fail({ErrorKind::kTarget, action + " did not work", std::nullopt, {}, result.mismatch, {}});
    }
    for (auto& [name, value] : result.captured) values[name] = std::move(value);
    return {};
  }

  Result<std::string> StoredDecisions(const Values& arguments) {
    Values values = arguments;
    READINESS_RETURN_IF_ERROR(MustRun(settings_.read_decisions, user_, values));
    const auto found = values.find(settings_.decisions_as);
    if (found == values.end() || !found->second.is_string()) {
      return Fail(ErrorKind::kDefinition,
                  fmt::format("{} captures no text as {}", settings_.read_decisions, settings_.decisions_as));
    }
    return found->second.get<std::string>();
  }

  Result<Decided> DecideOn(const Case& one) {
    Decided decided{one.Text(), one.confidence, prepared_, 0, {}, {}, {}};
    decided.arguments["verdict"] = one.verdict;
    decided.arguments["confidence"] = one.confidence ? Json(*one.confidence) : Json();
    decided.arguments["direction"] = one.direction;
    READINESS_RETURN_IF_ERROR(MustRun(settings_.store_evaluation, user_, decided.arguments));
    READINESS_RETURN_IF_ERROR(Decide(decided));
    return decided;
  }

  Result<void> Decide(Decided& decided) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.decide, user_, decided.arguments));
    late_effects_.Attempted();
    decided.status = result.status();
    if (result.exchange) {
      if (const auto body = result.exchange->response.ParseJson()) {
        const Json* word = AtPointer(*body, settings_.decision_at);
        if (word != nullptr && word->is_string()) decided.word = word->get<std::string>();
        decided.used = Follow(*body, settings_.used_confidence_at);
      }
    }
    READINESS_ASSIGN(decided.stored, StoredDecisions(decided.arguments));
    return {};
  }

  void Undecided(const Decided& decided, const std::string& what, std::string expected, std::string actual) {
    if (undecided_) return;
    undecided_ = Error{ErrorKind::kTarget, fmt::format("{}: {}", decided.name, what),
                       std::nullopt,       std::move(expected),
                       std::move(actual),  {}};
  }

  void Breached(const Decided& decided, Violation violation) {
    const auto same = std::find_if(breaches_.begin(), breaches_.end(), [&](const Breach& breach) {
      const Violation& known = breach.violation;
      return known.what == violation.what && known.expected == violation.expected && known.actual == violation.actual;
    });
    if (same != breaches_.end()) {
      same->cases.push_back(decided.name);
    } else {
      breaches_.push_back({std::move(violation), {decided.name}});
    }
  }

  void Report(const Breach& breach) {
    Violation violation = breach.violation;
    const std::size_t shown = std::min(breach.cases.size(), kShownCases);
    const std::vector<std::string> first(breach.cases.begin(),
                                         breach.cases.begin() + static_cast<std::ptrdiff_t>(shown));
    violation.did = fmt::format("{} on an evaluation that is {}", settings_.decide, fmt::join(first, "; "));
    if (shown < breach.cases.size()) violation.did += fmt::format("; and {} more", breach.cases.size() - shown);
    context_.findings.AddViolation(std::move(violation));
  }

  // Is this decision allowed? Says nothing of words without meaning.
  bool CheckAllowed(const Decided& decided, const std::string& word, const char* how) {
    const auto meaning = settings_.meaning.find(word);
    if (meaning == settings_.meaning.end()) {
      Undecided(decided, "the decision is a word that \"meaning\" does not have",
                fmt::format("{}", fmt::join(KnownWords(), ", ")), Shown(Json(word)));
      return false;
    }
    const auto& allowed = settings_.AllowedAt(decided.confidence);
    if (allowed.contains(meaning->second)) return true;
    const std::string as = meaning->second == word ? "" : fmt::format(", which is {}", meaning->second);
    Breached(decided, {"a decision goes beyond what its confidence allows",
                       {},
                       fmt::format("an action that is one of: {}", fmt::join(allowed, ", ")),
                       fmt::format("{} {}{}", how, word, as),
                       kFixPolicy});
    return false;
  }

  std::vector<std::string> KnownWords() const {
    std::vector<std::string> words;
    for (const auto& [word, ignored] : settings_.meaning) words.push_back(word);
    return words;
  }

  // True when there is nothing to object to.
  bool Check(const Decided& decided) {
    const bool answered = settings_.decided_with.contains(decided.status) && decided.word;
    bool good = true;
    for (const std::string& word : Words(decided.stored)) {
      if (word != decided.word) good = CheckAllowed(decided, word, "stored") && good;
    }
    if (!answered) {
      Undecided(decided, fmt::format("{} did not decide", settings_.decide),
                fmt::format("status {} with a text at {}", ToString(settings_.decided_with), settings_.decision_at),
                fmt::format("status {}{}, stored: {}", decided.status, decided.word ? "" : " without such a text",
                            decided.stored.empty() ? "nothing" : decided.stored));
      return false;
    }
    good = CheckAllowed(decided, *decided.word, "returned") && good;
    if (decided.stored != *decided.word) {
      good = false;
      Breached(decided, {"the stored decision is not the one that was returned",
                         {},
                         "exactly the returned decision, once",
                         fmt::format("returned {}, stored {}", *decided.word,
                                     decided.stored.empty() ? "nothing" : decided.stored),
                         kFixStored});
    }
    good = CheckUsed(decided) && good;
    if (good) {
      context_.findings.AddObservation(
          {fmt::format("{} on an evaluation that is {}", settings_.decide, decided.name),
           fmt::format("status {}, {} returned and stored", decided.status, *decided.word)});
    }
    return good;
  }

  bool CheckUsed(const Decided& decided) {
    if (settings_.used_confidence_at.empty()) return true;
    const bool readable = decided.used && (decided.used->is_null() || decided.used->is_number());
    if (!readable) {
      Undecided(decided, "the decision does not say which confidence it used",
                fmt::format("a number at {}", fmt::join(settings_.used_confidence_at, " in ")),
                decided.used ? Shown(*decided.used) : "nothing");
      return false;
    }
    if (Same(decided.confidence, *decided.used)) return true;
    Breached(decided, {"a decision was taken with another confidence than the evaluation has",
                       {},
                       fmt::format("confidence {}", Number(decided.confidence)),
                       fmt::format("confidence {}", Shown(*decided.used)),
                       kFixUsed});
    return false;
  }

  void CheckTrusted(const Case& one, const Decided& decided) {
    for (const TrustedCase& trusted : settings_.trusted) {
      if (!(trusted.evaluation == one)) continue;
      const bool answered = settings_.decided_with.contains(decided.status) && decided.word;
      const bool led = answered && trusted.decisions.contains(*decided.word);
      trust_holds_ = trust_holds_ && led;
      trust_seen_.push_back(
          fmt::format("{}: status {}, {}", decided.name, decided.status, decided.word.value_or("no decision")));
      if (led || !answered || !settings_.meaning.contains(*decided.word)) continue;
      // A system that always holds back would obey every policy.
      Breached(decided, {"a well supported evaluation leads to nothing",
                         {},
                         fmt::format("{}", fmt::join(trusted.decisions, " or ")),
                         *decided.word,
                         "let evaluations with sufficient confidence lead to what the policy allows"});
    }
  }

  void RecordTrust() {
    context_.findings.AddControl(
        {"trusted_evaluation_leads_on", "a well supported evaluation leads to the decision that low confidence forbids",
         trust_holds_ && !trust_seen_.empty(), fmt::format("{}", fmt::join(trust_seen_, "; "))});
  }

  // The target's own evaluation, so that the confidence it decides with is seen to be the computed one.
  Result<void> DecideOnComputed(const Computation& computation) {
    Values values;
    for (const std::string& action : computation.prepare) READINESS_RETURN_IF_ERROR(MustRun(action, user_, values));
    READINESS_ASSIGN(const ActionResult evaluated, context_.actions.Run(computation.evaluate, user_, values));
    for (const auto& [name, value] : evaluated.captured) values[name] = value;
    READINESS_ASSIGN(const ActionResult read, context_.actions.Run(computation.read, user_, values));
    const auto stored = read.captured.find(computation.read_as);
    const std::optional<double> confidence =
        read.as_expected && stored != read.captured.end() ? AsNumber(stored->second) : std::nullopt;
    std::string seen = fmt::format(
        "{}: {}; {}: {}", computation.evaluate,
        evaluated.as_expected ? fmt::format("status {}", evaluated.status()) : evaluated.mismatch, computation.read,
        confidence ? fmt::format("confidence {}", *confidence) : "no number; " + read.mismatch);
    // 0 is what a decision without any confidence uses as well.
    const bool telling = confidence && *confidence > 0 && *confidence <= 1;
    context_.findings.AddControl({"evaluation_is_computed",
                                  "the target computes and stores an evaluation with a confidence above 0", telling,
                                  seen});
    if (!telling) return {};
    for (const auto& [name, value] : read.captured) values[name] = value;
    const std::string name = fmt::format("computed by {}, with confidence {}", computation.evaluate, *confidence);
    Decided decided{name, confidence, std::move(values), 0, {}, {}, {}};
    READINESS_RETURN_IF_ERROR(Decide(decided));
    CheckAnswer(computation, evaluated, decided);
    Check(decided);
    decided_.push_back(std::move(decided));
    return {};
  }

  void CheckAnswer(const Computation& computation, const ActionResult& evaluated, const Decided& decided) {
    if (!evaluated.as_expected || !evaluated.exchange) return;  // its row is there all the same
    const auto body = evaluated.exchange->response.ParseJson();
    const Json* answered = body ? AtPointer(*body, computation.confidence_at) : nullptr;
    const auto number = answered == nullptr ? std::nullopt : AsNumber(*answered);
    if (!number) {
      Undecided(decided, fmt::format("{} does not say its confidence", computation.evaluate),
                "a number at " + computation.confidence_at, answered == nullptr ? "nothing" : Shown(*answered));
    } else if (!Same(decided.confidence, *answered)) {
      Breached(decided, {"an evaluation is stored with another confidence than was computed",
                         {},
                         fmt::format("confidence {}, as {} answers", *number, computation.evaluate),
                         fmt::format("confidence {} stored", Number(decided.confidence)),
                         kFixUsed});
    }
  }

  // A job may decide after all, or change what was stored.
  Result<void> LookAgain() {
    late_effects_.Await();
    for (const Decided& decided : decided_) {
      READINESS_ASSIGN(const std::string now, StoredDecisions(decided.arguments));
      if (now == decided.stored) continue;
      Breached(decided, {"what is stored of a decision changed afterwards",
                         {},
                         decided.stored.empty() ? "nothing" : decided.stored,
                         now.empty() ? "nothing" : now,
                         kFixStored});
    }
    return {};
  }

  Context& context_;
  const Settings settings_;
  Identity user_;
  Values prepared_;
  LateEffects late_effects_{settings_.late_effects_within};
  std::vector<Decided> decided_;
  std::vector<Breach> breaches_;
  bool trust_holds_ = true;
  std::vector<std::string> trust_seen_;
  std::optional<Error> undecided_;  // the first one
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(decisions_obey_confidence) {
  using namespace readiness;
  READINESS_ASSIGN(probes::decision_parts::Settings settings, probes::decision_parts::ReadSettings(context.parameters));
  return probes::Decisions(context, std::move(settings)).Run();
}
