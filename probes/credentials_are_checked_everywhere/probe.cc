#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "pretenders.h"
#include "readiness/late_effects.h"
#include "readiness/sweep.h"

namespace readiness::probes::credential_parts {
namespace {

// What the item says, typed.
struct Settings {
  std::string identity, service, store;
  StatusSet refusals;
  std::map<std::string, StatusSet> refusals_of;  // by name of a forgery, instead of `refusals`
  std::vector<std::string> may_change, owner_names, owner_headers;
  std::chrono::milliseconds late_effects_within{0};
  std::vector<Operation> operations;  // in the order of the sweep
  std::vector<OperationNote> open, left_out, owner_may_get, shown_to_all;
};

constexpr const char* kGarbage = "forged: garbage";
// Statuses of one who was let in and then not served; others say nothing about the credential.
const std::set<int> kAfterTheCheck = {402, 403, 404, 409, 410, 423};

// What was seen of one operation.
struct Judgement {
  Operation operation;
  int refused = 0;
  bool garbage_refused = false;
  bool deleted = false;                                       // somebody got a success from what takes something away
  std::map<int, std::vector<std::string>> by_status;          // the undecided ones that were answered
  std::map<std::string, std::vector<std::string>> undecided;  // what was seen -> by whom
  std::vector<std::pair<Caller, int>> unclear;                // may be a request that nobody may send
  std::string cannot;                                         // why it could not be tried at all
  bool violated = false;
  std::string did, answer;                                 // the first attempt that was served
  std::map<std::string, std::vector<std::string>> served;  // what it was given -> who
};

// "status 500 to anonymous and 11 more; status 422 to forged: garbage"
std::string Grouped(const std::map<std::string, std::vector<std::string>>& groups) {
  std::string text;
  for (const auto& [seen, who] : groups) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", seen, who.front());
    if (who.size() == 2) text += " and " + who.back();
    if (who.size() > 2) text += fmt::format(" and {} more", who.size() - 1);
  }
  return text;
}

// {"unknown-user": [401, 404]}: the exact refusals of one forgery.
Result<std::map<std::string, StatusSet>> ReadRefusalsOf(const Parameters& parameters) {
  static const std::set<std::string> kNames = {"garbage",
                                               "empty-signature",
                                               "alg-none",
                                               "alg-none-capitalised",
                                               "alg-none-mixed-case",
                                               "payload-swapped",
                                               "truncated-signature",
                                               "wrong-key",
                                               "key-named",
                                               "key-brought",
                                               "null",
                                               "undefined",
                                               "expired",
                                               "not-yet-valid",
                                               "unknown-user",
                                               "wrong-audience",
                                               "other-algorithm",
                                               "key-confusion"};
  READINESS_ASSIGN(const Json of, parameters.Raw("refusals_of"));
  std::map<std::string, StatusSet> refusals;
  for (const auto& [name, statuses] : of.items()) {
    if (!of.is_object() || !kNames.contains(name) || !statuses.is_array() || statuses.empty()) {
      return Fail(
          ErrorKind::kDefinition,
          fmt::format("parameter refusals_of: \"{}\" is not as expected: {{\"unknown-user\": [401, 404]}}, with "
                      "one of {} and a list of statuses",
                      name, fmt::join(kNames, ", ")));
    }
    READINESS_ASSIGN(refusals[name], Parameters(Json{{"refusals_of", statuses}}).Refusals("refusals_of"));
  }
  return refusals;
}

Result<void> CheckNotes(const Settings& settings) {
  for (const OperationNote& note : settings.owner_may_get) {
    for (const int status : note.statuses) {
      if (!settings.refusals.contains(status)) continue;
      return Fail(ErrorKind::kDefinition,
                  fmt::format("parameter owner_may_get: {} refuses, so {} would show nothing with status {}", status,
                              note.operation, status));
    }
  }
  for (const OperationNote& note : settings.left_out) {
    const bool both = std::any_of(settings.open.begin(), settings.open.end(),
                                  [&](const OperationNote& other) { return other.operation == note.operation; });
    if (both) return Fail(ErrorKind::kDefinition, fmt::format("{} is in public and in left_out", note.operation));
  }
  for (const OperationNote& note : settings.shown_to_all) {
    const bool open = std::any_of(settings.open.begin(), settings.open.end(),
                                  [&](const OperationNote& other) { return other.operation == note.operation; });
    if (!open)
      return Fail(ErrorKind::kDefinition, fmt::format("{} is in shown_to_all and not in public", note.operation));
  }
  return {};
}

Result<Settings> ReadSettings(Context& context) {
  const Parameters& parameters = context.parameters;
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.service, parameters.String("service"));
  READINESS_ASSIGN(settings.store, parameters.String("store"));
  READINESS_ASSIGN(settings.refusals, parameters.Refusals("refusals"));
  READINESS_ASSIGN(settings.may_change, parameters.StringList("may_change"));
  READINESS_ASSIGN(settings.owner_names, parameters.StringList("owner_names"));
  READINESS_ASSIGN(settings.owner_headers, parameters.StringList("owner_headers"));
  READINESS_ASSIGN(settings.late_effects_within, parameters.Duration("late_effects_within_ms"));
  READINESS_ASSIGN(std::vector<Operation> operations, context.openapi.Operations(settings.service));
  READINESS_ASSIGN(settings.open, ReadOperationNotes(parameters, "public", operations));
  READINESS_ASSIGN(settings.left_out, ReadOperationNotes(parameters, "left_out", operations));
  READINESS_ASSIGN(settings.owner_may_get, ReadOperationNotes(parameters, "owner_may_get", operations, true));
  READINESS_ASSIGN(settings.shown_to_all, ReadShownToAll(parameters, "shown_to_all", operations));
  READINESS_ASSIGN(settings.refusals_of, ReadRefusalsOf(parameters));
  READINESS_RETURN_IF_ERROR(CheckNotes(settings));
  settings.operations = InSweepOrder(std::move(operations));
  return settings;
}

// May the sweep go on after `error`? It concerns one operation only.
bool IsAboutOneOperation(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kTimeout:
    case ErrorKind::kTarget:
    case ErrorKind::kLimit:
    case ErrorKind::kMalformed:
    case ErrorKind::kNotAvailable:
    case ErrorKind::kRefused:
      return true;
    default:
      return false;
  }
}

// Those that may be asked: whatever is left out stays so.
std::vector<Operation> Asked(const Settings& settings) {
  std::vector<Operation> asked;
  std::copy_if(settings.operations.begin(), settings.operations.end(), std::back_inserter(asked),
               [&](const Operation& operation) { return NoteAbout(settings.left_out, operation) == nullptr; });
  return asked;
}

class Sweep {
 public:
  Sweep(Context& context, Settings settings, Store& store)
      : context_(context),
        settings_(std::move(settings)),
        store_(store),
        others_(store, settings_.may_change),
        sight_(context.openapi, Asked(settings_)) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(MakeOwner());
    READINESS_RETURN_IF_ERROR(MakeCallers());
    READINESS_RETURN_IF_ERROR(sight_.Find(owner_, *rows_));
    READINESS_ASSIGN(const std::vector<std::string> none, others_.Look());
    for (const Operation& operation : settings_.operations) {
      if (const OperationNote* note = NoteAbout(settings_.left_out, operation)) {
        // Told, but nothing that was looked at: it must not count as an observation.
        context_.findings.AddControl({"left_out", operation.Name() + " is left out", true, "because " + note->reason});
      } else if (NoteAbout(settings_.open, operation) == nullptr) {
        READINESS_RETURN_IF_ERROR(Attempt(operation));
      }
    }
    if (judgements_.empty()) return Fail(ErrorKind::kDefinition, "every operation is public or left out");
    READINESS_RETURN_IF_ERROR(AwaitLateEffects());
    for (Judgement& judgement : judgements_) READINESS_RETURN_IF_ERROR(OwnerTries(judgement));
    READINESS_RETURN_IF_ERROR(MintedTokenIsHonoured());
    Conclude();
    return LookAtPublicOnes();
  }

 private:
  // The owner, or a new one in the place of one that lost something.
  Result<void> MakeOwner() {
    READINESS_ASSIGN(const Identity who, context_.identities.Create(settings_.identity, "owner"));
    rows_.emplace(store_, who.owner, settings_.may_change);
    READINESS_RETURN_IF_ERROR(rows_->BeforeObjects());
    READINESS_ASSIGN(owner_, context_.openapi.Populate(who));
    texts_ = owner_.canaries;
    READINESS_ASSIGN(const std::string unseen, rows_->AfterObjects());
    if (!unseen.empty()) rows_unseen_ = unseen;
    sight_.Forget();
    owner_is_fresh_ = true;
    if (stranger_) {
      AddOwnIds(stranger_->values, owner_);
      READINESS_ASSIGN(forged_, context_.tokens.Forge(owner_.who, *stranger_));
    }
    return {};
  }

  Result<void> MakeCallers() {
    READINESS_ASSIGN(stranger_.emplace(), context_.identities.Create(settings_.identity, "stranger"));
    AddOwnIds(stranger_->values, owner_);
    READINESS_ASSIGN(forged_, context_.tokens.Forge(owner_.who, *stranger_));
    if (forged_.empty()) return Fail(ErrorKind::kInternal, "no token was forged");
    const auto minted = context_.tokens.Reissue(owner_.who);
    if (!minted && minted.error().kind != ErrorKind::kNotAvailable) return Fail(minted.error());
    minting_ = minted.has_value();
    const bool expired =
        std::any_of(forged_.begin(), forged_.end(), [](const ForgedToken& token) { return token.name == "expired"; });
    if (minting_ && !expired)
      return Fail(ErrorKind::kInternal, "no expired token was made although the signing key is known");
    return {};
  }

  std::vector<Caller> Callers() const {
    std::vector<Caller> callers = {{Nobody(owner_.who, "anonymous"), {}, false}};
    for (const ForgedToken& token : forged_)
      callers.push_back({owner_.who.WithToken(kForged + token.name, token.token), {}, false});
    for (Caller& pretender : Pretenders(owner_.who, settings_.owner_names, settings_.owner_headers))
      callers.push_back(std::move(pretender));
    return callers;
  }

  // HEAD is answered by many frameworks beside what the document says, and by some before the check.
  Result<void> AttemptHead(const Operation& operation, Judgement& judgement) {
    if (operation.method != "GET") return {};
    Operation head = operation;
    head.method = "HEAD";
    const Identity nobody = Nobody(owner_.who, "anonymous by HEAD");
    const Result<Exchange> exchange = context_.openapi.Call(head, nobody, owner_.who);
    if (!exchange) {
      // Its values may be stated for GET alone.
      return exchange.error().kind == ErrorKind::kInternal ? Result<void>(Fail(exchange.error())) : Result<void>();
    }
    const int status = exchange->response.status;
    if (status == 404 || status == 405 || status == 501) return {};
    Judge(*exchange, nobody, judgement);
    return {};
  }

  Result<void> Attempt(const Operation& operation) {
    Judgement judgement;
    judgement.operation = operation;
    const bool reads = operation.method == "GET" || operation.method == "HEAD";
    if (!reads) READINESS_RETURN_IF_ERROR(sight_.Before(operation, owner_));
    for (const Caller& caller : Callers()) {
      const Result<Exchange> exchange = context_.openapi.Call(operation, caller.who, owner_.who, caller.input);
      late_effects_.Attempted();
      if (exchange) {
        const int status = exchange->response.status;
        if (caller.names_owner && (status == 400 || status == 422) && GivenAway(*exchange, owner_.canaries).empty()) {
          judgement.unclear.emplace_back(caller, status);
        } else {
          Judge(*exchange, caller.who, judgement);
        }
        continue;
      }
      if (!IsAboutOneOperation(exchange.error())) return Fail(exchange.error());
      const bool cannot = exchange.error().kind == ErrorKind::kNotAvailable;
      if (cannot) judgement.cannot = exchange.error().Brief();
      if (!cannot) judgement.undecided[exchange.error().Brief()].push_back(caller.who.label);
      break;  // what cannot be made, or hangs, will do so again
    }
    READINESS_RETURN_IF_ERROR(AttemptHead(operation, judgement));
    READINESS_ASSIGN(const std::vector<TableChange> changes, rows_->Look());
    Report(judgement, changes);
    bool lost = false;
    if (!reads) {
      READINESS_ASSIGN(lost, ReportSight(judgement));
    }
    judgements_.push_back(std::move(judgement));
    // Nobody can be asked for what is gone, or became another's.
    const bool damaged = std::any_of(changes.begin(), changes.end(),
                                     [](const TableChange& change) { return change.rows_after <= change.rows_before; });
    return damaged || lost || judgements_.back().deleted ? MakeOwner() : Result<void>{};
  }

  const StatusSet& RefusalsOf(const Identity& caller) const {
    const bool forged = caller.label.starts_with(kForged);
    const auto own = settings_.refusals_of.find(forged ? caller.label.substr(std::string_view(kForged).size()) : "");
    return own == settings_.refusals_of.end() ? settings_.refusals : own->second;
  }

  void Judge(const Exchange& exchange, const Identity& caller, Judgement& judgement) const {
    const std::vector<CanaryHit> shown = GivenAway(exchange, owner_.canaries);
    const int status = exchange.response.status;
    judgement.deleted = judgement.deleted || (IsSuccess(exchange) && IsDestructive(judgement.operation));
    if (!shown.empty() || IsSuccess(exchange)) {
      if (judgement.served.empty()) {
        judgement.did = fmt::format("{} as \"{}\"", DescribeRequest(exchange), caller.label);
        judgement.answer = DescribeAnswer(exchange);
      }
      judgement.served[shown.empty() ? "answered" : "showed " + Describe(shown) + " to"].push_back(caller.label);
    } else if (RefusalsOf(caller).contains(status)) {
      ++judgement.refused;
      judgement.garbage_refused = judgement.garbage_refused || caller.label == kGarbage;
    } else {
      judgement.undecided[fmt::format("status {} to", status)].push_back(caller.label);
      judgement.by_status[status].push_back(caller.label);
    }
  }

  void Report(Judgement& judgement, const std::vector<TableChange>& changes) {
    const std::string name = judgement.operation.Name();
    if (!judgement.served.empty()) {
      judgement.violated = true;
      context_.findings.AddViolation({fmt::format("{} answers without a valid credential", name), judgement.did,
                                      Expected(),
                                      fmt::format("{}; {}; {} refused; owner's rows: {}", judgement.answer,
                                                  Grouped(judgement.served), judgement.refused, Describe(changes)),
                                      kFix});
    } else if (!changes.empty()) {
      judgement.violated = true;
      context_.findings.AddViolation(
          {fmt::format("{} changed the owner's rows without a valid credential, whatever it answered", name),
           fmt::format("{} with the owner's objects as nobody and with {} forged tokens", name, forged_.size()),
           Expected(),
           fmt::format("{} refused{}{}; owner's rows: {}", judgement.refused, judgement.undecided.empty() ? "" : ", ",
                       Grouped(judgement.undecided), Describe(changes)),
           kFix});
    }
  }

  // The same for what is in no table of the owner's.
  Result<bool> ReportSight(Judgement& judgement) {
    const std::string name = judgement.operation.Name();
    READINESS_ASSIGN(const std::vector<std::string> others, others_.Look());
    for (const std::string& lost : others) others_lost_.insert(lost + " by " + name);
    READINESS_ASSIGN(const std::vector<std::string> lost, sight_.LostAfter(judgement.operation, owner_));
    if (lost.empty()) return false;
    if (!std::exchange(judgement.violated, true)) {
      context_.findings.AddViolation(
          {fmt::format("{} changed what the owner has without a valid credential, whatever it answered", name),
           fmt::format("{} with the owner's objects as nobody and with {} forged tokens", name, forged_.size()),
           Expected(), fmt::format("{} refused; {}", judgement.refused, fmt::join(lost, "; ")), kFix});
    }
    return true;
  }

  std::string Expected() const { return fmt::format("status {}, no row changed", ToString(settings_.refusals)); }

  Result<void> AwaitLateEffects() {
    late_effects_.Await();
    READINESS_ASSIGN(const std::vector<TableChange> changes, rows_->Look());
    if (changes.empty()) return {};
    context_.findings.AddViolation({"a refused request changed the owner's rows later",
                                    "nothing more, after the attempts on all operations", "no further change",
                                    Describe(changes), kFix});
    return {};
  }

  // Whoever is refused exactly as the owner is, by an operation that refuses garbage otherwise, was taken for the
  // owner.
  Result<void> LookForBelieved(const Exchange& of_owner, Judgement& judgement) {
    const auto same = judgement.by_status.find(of_owner.response.status);
    if (judgement.violated || !judgement.garbage_refused || same == judgement.by_status.end()) return {};
    if (!kAfterTheCheck.contains(same->first)) return {};
    std::vector<std::string> believed;
    for (const Caller& caller : Callers()) {
      if (std::find(same->second.begin(), same->second.end(), caller.who.label) == same->second.end()) continue;
      const Result<Exchange> exchange =
          context_.openapi.Call(judgement.operation, caller.who, owner_.who, caller.input);
      if (!exchange && !IsAboutOneOperation(exchange.error())) return Fail(exchange.error());
      const bool alike =
          exchange && exchange->response.status == same->first && exchange->response.body == of_owner.response.body;
      if (alike) believed.push_back(caller.who.label);
    }
    if (believed.empty()) return {};
    judgement.violated = true;
    context_.findings.AddViolation(
        {fmt::format("{} believes a forged token: it refuses it as it refuses the owner", judgement.operation.Name()),
         fmt::format("{} as \"{}\"", DescribeRequest(of_owner), believed.front()), Expected(),
         fmt::format("{} to the owner, and the very same {}; garbage was refused by {}", DescribeAnswer(of_owner),
                     Grouped({{"to", believed}}), ToString(settings_.refusals)),
         kFix});
    return {};
  }

  // Where the owner is told the same for naming itself so, the target takes no such request from anybody.
  Result<void> Decide(Judgement& judgement) {
    for (const auto& [caller, status] : judgement.unclear) {
      const Result<Exchange> exchange =
          context_.openapi.Call(judgement.operation, owner_.who, owner_.who, caller.input);
      if (!exchange && !IsAboutOneOperation(exchange.error())) return Fail(exchange.error());
      if (exchange && exchange->response.status == status) continue;
      judgement.undecided[fmt::format("status {} to", status)].push_back(caller.who.label);
    }
    return {};
  }

  // The control: the same request by who may.
  Result<void> OwnerTries(Judgement& judgement) {
    const Operation& operation = judgement.operation;
    const OperationNote* note = NoteAbout(settings_.owner_may_get, operation);
    const auto as_it_should = [&](const Exchange& answer) {
      return IsSuccess(answer) || (note != nullptr && note->statuses.contains(answer.response.status));
    };
    Result<Exchange> exchange = context_.openapi.Call(operation, owner_.who, owner_.who);
    const bool refused = exchange && !as_it_should(*exchange) && exchange->response.status < 500;
    if (refused && !owner_is_fresh_) {
      // An operation before may have ended the session or taken the object away.
      READINESS_RETURN_IF_ERROR(MakeOwner());
      exchange = context_.openapi.Call(operation, owner_.who, owner_.who);
    }
    if (!exchange && !IsAboutOneOperation(exchange.error())) return Fail(exchange.error());
    const bool succeeded = exchange && as_it_should(*exchange);
    if (exchange) READINESS_RETURN_IF_ERROR(LookForBelieved(*exchange, judgement));
    std::string seen = exchange ? fmt::format("status {}", exchange->response.status) : exchange.error().Brief();
    if (succeeded) {
      ++succeeded_;
      READINESS_RETURN_IF_ERROR(Decide(judgement));
      if (!works_ && operation.method == "GET" && IsSuccess(*exchange) && !judgement.violated && judgement.refused > 0)
        works_ = operation;
      if (note != nullptr && !IsSuccess(*exchange)) seen += ", because " + note->reason;
      if (!judgement.violated && judgement.undecided.empty() && judgement.cannot.empty()) {
        context_.findings.AddObservation({fmt::format("{} is refused without a valid credential", operation.Name()),
                                          fmt::format("{} to nobody and {} forged tokens; the owner got {}",
                                                      ToString(settings_.refusals), forged_.size(), seen)});
      }
    } else if (!judgement.violated) {
      failed_.push_back(fmt::format("{}: {}", operation.Name(), judgement.cannot.empty() ? seen : judgement.cannot));
    }
    READINESS_ASSIGN(const std::vector<TableChange> changes, rows_->Look());
    owner_is_fresh_ = false;
    if (LostRows(changes) || (exchange && IsSuccess(*exchange) && IsDestructive(operation))) return MakeOwner();
    return {};
  }

  Result<void> MintedTokenIsHonoured() {
    if (!minting_ || !works_) return {};
    READINESS_ASSIGN(const std::string token, context_.tokens.Reissue(owner_.who));
    const Identity who = owner_.who.WithToken("owner with a minted token", token);
    READINESS_ASSIGN(const Exchange exchange, context_.openapi.Call(*works_, who, owner_.who));
    context_.findings.AddControl(
        {"minted_token_is_honoured", "a token that Readiness minted for the owner with the signing key is honoured",
         IsSuccess(exchange), fmt::format("{}: status {}", works_->Name(), exchange.response.status)});
    return {};
  }

  // Whoever logs in as the owner is told the owner's id: a request that carries a text of the owner's may be answered
  // so.
  const Canaries& ForPublic(const Exchange& exchange) const {
    const bool speaks_of_owner = !texts_.FindIn(exchange.request.url + "\n" + exchange.request.body).empty();
    return speaks_of_owner ? texts_ : owner_.canaries;
  }

  Result<void> LookAtPublicOnes() {
    for (const Operation& operation : settings_.operations) {
      const OperationNote* note = NoteAbout(settings_.open, operation);
      if (note == nullptr) continue;
      const Result<Exchange> exchange = context_.openapi.Call(operation, Identity::Anonymous(), owner_.who);
      if (!exchange && !IsAboutOneOperation(exchange.error())) return Fail(exchange.error());
      std::string seen = exchange ? fmt::format("status {}", exchange->response.status) : exchange.error().Brief();
      std::vector<CanaryHit> shown = exchange ? GivenAway(*exchange, ForPublic(*exchange)) : std::vector<CanaryHit>{};
      const OperationNote* by_design = NoteAbout(settings_.shown_to_all, operation);
      READINESS_ASSIGN(const std::string taken, TakeShownToAll(shown, owner_.who, by_design));
      if (shown.empty()) {
        if (!taken.empty()) seen += fmt::format(" with {}, because {}", taken, by_design->reason);
        context_.findings.AddControl({"is_public", operation.Name() + " is public", true,
                                      fmt::format("{} to nobody, because {}", seen, note->reason)});
      } else {
        context_.findings.AddViolation(
            {fmt::format("{} is declared public and shows what belongs to the owner", operation.Name()),
             DescribeRequest(*exchange) + " as nobody", "nothing of the owner",
             fmt::format("{}; {}", Describe(shown), DescribeAnswer(*exchange)), kFix});
      }
    }
    return {};
  }

  void ConcludeTables() {
    context_.findings.AddControl({"most_is_tried", "at least as many operations are tried as left out",
                                  judgements_.size() >= settings_.left_out.size(),
                                  fmt::format("{} tried, {} left out", judgements_.size(), settings_.left_out.size())});
    context_.findings.AddControl({"rows_are_seen", "the owner has rows, and making its objects added some",
                                  rows_unseen_.empty(), rows_unseen_.empty() ? "each time" : rows_unseen_});
    const std::string others = others_.Names();
    context_.findings.AddControl(
        {"other_tables_keep_their_rows", "tables whose rows are not known to be somebody's lost none by an attempt",
         others_lost_.empty(),
         !others_lost_.empty() ? fmt::format("nobody knows whose they were: {}", fmt::join(others_lost_, "; "))
         : others.empty()      ? "every table's rows are somebody's"
                               : "watched for lost rows only: " + others});
  }

  void Conclude() {
    std::vector<std::string> undecided;
    for (const Judgement& judgement : judgements_) {
      if (judgement.violated || judgement.undecided.empty()) continue;
      undecided.push_back(fmt::format("{}: {}", judgement.operation.Name(), Grouped(judgement.undecided)));
    }
    context_.findings.AddControl(
        {"owner_succeeds", "the owner's genuine token succeeds with the same request in every operation",
         failed_.empty(),
         failed_.empty()
             ? fmt::format("{} operations", succeeded_)
             : fmt::format("not judged, as the owner did not succeed either: {}", fmt::join(failed_, "; "))});
    context_.findings.AddControl(
        {"attempts_are_decided", "every attempt was refused or answered", undecided.empty(),
         undecided.empty()
             ? fmt::format(
                   "{} operations, each by nobody, by who names the owner elsewhere, and with {} forged tokens{}",
                   judgements_.size(), forged_.size(),
                   minting_ ? "" : "; none made with the signing key, which is not stated")
             : fmt::format("{}", fmt::join(undecided, "; "))});
    ConcludeTables();
  }

  static constexpr const char* kFix =
      "check the credential in one place that every route passes, before anything is read or written";

  Context& context_;
  const Settings settings_;
  Store& store_;
  PopulatedIdentity owner_;
  Canaries texts_;  // the owner's, without its ids
  std::optional<OwnerRows> rows_;
  OtherTables others_;
  OwnerSight sight_;
  std::string rows_unseen_;            // why comparing rows says nothing
  std::set<std::string> others_lost_;  // as phrases
  bool owner_is_fresh_ = true;
  std::optional<Identity> stranger_;
  std::vector<ForgedToken> forged_;
  bool minting_ = false;  // the deployment's signing key is known
  LateEffects late_effects_{settings_.late_effects_within};
  std::vector<Judgement> judgements_;
  std::vector<std::string> failed_;  // controls, as phrases
  int succeeded_ = 0;
  std::optional<Operation> works_;  // a reading operation that needs the owner's token, and honours it
};

}  // namespace
}  // namespace readiness::probes::credential_parts

READINESS_PROBE(credentials_are_checked_everywhere) {
  using namespace readiness;
  READINESS_ASSIGN(probes::credential_parts::Settings settings, probes::credential_parts::ReadSettings(context));
  READINESS_ASSIGN(Store * store, context.stores.Open(settings.store));
  return probes::credential_parts::Sweep(context, std::move(settings), *store).Run();
}
