#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "readiness/late_effects.h"
#include "readiness/sweep.h"
#include "same_answer.h"

namespace readiness::probes::stranger_parts {
namespace {

constexpr std::size_t kMostWays = 12;  // of naming the owner, in one operation

// What the item says, typed.
struct Settings {
  std::string identity, service, store;
  StatusSet refusals;
  std::vector<std::string> owner_names, owner_headers, may_change;
  std::int64_t canaries_seen_in_at_least = 1;
  std::chrono::milliseconds late_effects_within{0};
  std::vector<Operation> operations;  // in the order of the sweep
  std::vector<OperationNote> left_out, owner_may_get, shown_to_all;
};

enum class Naming { kNone, kQuery, kHeader, kBody, kOptional };

// How the owner is named in an attempt.
struct Way {
  Naming naming = Naming::kNone;
  std::string parameter{};  // the optional one that is set
  std::string value{};      // to this
};

std::string ToString(const Way& way) {
  switch (way.naming) {
    case Naming::kNone:
      return "with its own token";
    case Naming::kQuery:
      return "naming the owner in the query";
    case Naming::kHeader:
      return "naming the owner in a header";
    case Naming::kBody:
      return "naming the owner in the body";
    case Naming::kOptional:
      return fmt::format("with {}={}", way.parameter, way.value);
  }
  return "";
}

// What was seen of one operation.
struct Judgement {
  Operation operation;
  std::map<int, std::vector<std::string>> seen;    // of each attempt, as phrases
  std::vector<std::pair<Way, int>> unclear;        // neither refused nor answered, and with which status
  std::vector<std::pair<Way, Exchange>> answered;  // successes that may tell that the owner's object exists
  std::string shown_to_all;                        // what was shown and may be
  bool served = false;                             // a success at least
  std::vector<std::string> undecided;              // the same, where the owner succeeded or nobody knows
  std::string cannot;                              // why it could not be tried at all
  bool violated = false;
};

// "status 200 with its own token, naming the owner in a header; status 404 naming the owner in the query"
std::string Grouped(const std::map<int, std::vector<std::string>>& attempts) {
  std::string text;
  for (const auto& [status, how] : attempts)
    text += fmt::format("{}status {} {}", text.empty() ? "" : "; ", status, fmt::join(how, ", "));
  return text;
}

Result<Settings> ReadSettings(Context& context) {
  const Parameters& parameters = context.parameters;
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.service, parameters.String("service"));
  READINESS_ASSIGN(settings.store, parameters.String("store"));
  READINESS_ASSIGN(settings.refusals, parameters.Refusals("refusals"));
  READINESS_ASSIGN(settings.owner_names, parameters.StringList("owner_names"));
  READINESS_ASSIGN(settings.owner_headers, parameters.StringList("owner_headers"));
  READINESS_ASSIGN(settings.may_change, parameters.StringList("may_change"));
  READINESS_ASSIGN(settings.canaries_seen_in_at_least, parameters.Integer("canaries_seen_in_at_least"));
  READINESS_ASSIGN(settings.late_effects_within, parameters.Duration("late_effects_within_ms"));
  if (settings.canaries_seen_in_at_least < 1)
    return Fail(ErrorKind::kDefinition, "parameter canaries_seen_in_at_least is below 1: canaries would prove nothing");
  READINESS_ASSIGN(std::vector<Operation> operations, context.openapi.Operations(settings.service));
  READINESS_ASSIGN(settings.left_out, ReadOperationNotes(parameters, "left_out", operations));
  READINESS_ASSIGN(settings.owner_may_get, ReadOperationNotes(parameters, "owner_may_get", operations, true));
  READINESS_ASSIGN(settings.shown_to_all, ReadShownToAll(parameters, "shown_to_all", operations));
  for (const OperationNote& note : settings.owner_may_get) {
    for (const int status : note.statuses) {
      if (!settings.refusals.contains(status)) continue;
      return Fail(
          ErrorKind::kDefinition,
          fmt::format("parameter owner_may_get: {} refuses, so {} would show nothing with it", status, note.operation));
    }
  }
  settings.operations = InSweepOrder(std::move(operations));
  return settings;
}

// The identity's id as the target gave it: a number stays a number in a JSON body.
Json IdOf(const Identity& identity) {
  for (const auto& [name, value] : identity.values) {
    if (value.is_number_integer() && value.dump() == identity.owner) return value;
  }
  return identity.owner;
}

// What `identity` is called by the parameter or field `name`: by its user name, if that is what it is, else by its id.
Json NameOf(const Identity& identity, const std::string& name) {
  const auto own = identity.values.find(name);
  return own == identity.values.end() || !own->second.is_primitive() || own->second.is_null() ? IdOf(identity)
                                                                                              : own->second;
}

std::string AsText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
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
    READINESS_RETURN_IF_ERROR(MakeStranger());
    AddOwnIds(stranger_.who.values, owner_);
    READINESS_RETURN_IF_ERROR(FindMirror());
    READINESS_RETURN_IF_ERROR(sight_.Find(owner_, *rows_));
    READINESS_ASSIGN(const std::vector<std::string> none, others_.Look());
    for (const Operation& operation : settings_.operations) {
      if (const OperationNote* note = NoteAbout(settings_.left_out, operation)) {
        // Told, but nothing that was looked at: it must not count as an observation.
        context_.findings.AddControl({"left_out", operation.Name() + " is left out", true, "because " + note->reason});
        continue;
      }
      READINESS_RETURN_IF_ERROR(Attempt(operation));
    }
    if (judgements_.empty()) return Fail(ErrorKind::kDefinition, "every operation is left out");
    READINESS_RETURN_IF_ERROR(LookIntoMirror());
    READINESS_RETURN_IF_ERROR(AwaitLateEffects());
    for (Judgement& judgement : judgements_) READINESS_RETURN_IF_ERROR(OwnerTries(judgement));
    Conclude();
    return {};
  }

 private:
  // The owner, or a new one in the place of one that lost something.
  Result<void> MakeOwner() {
    READINESS_ASSIGN(const Identity who, context_.identities.Create(settings_.identity, "owner"));
    rows_.emplace(store_, who.owner, settings_.may_change);
    READINESS_RETURN_IF_ERROR(rows_->BeforeObjects());
    READINESS_ASSIGN(owner_, context_.openapi.Populate(who));
    if (owner_.canaries.empty())
      return Fail(ErrorKind::kDefinition,
                  "the owner has no text of its own: state \"operations\".\"populate\" in target.json");
    READINESS_ASSIGN(const std::string unseen, rows_->AfterObjects());
    if (!unseen.empty()) rows_unseen_ = unseen;
    if (!stranger_.who.values.empty()) AddOwnIds(stranger_.who.values, owner_);
    sight_.Forget();
    owner_is_fresh_ = true;
    return {};
  }

  Result<void> MakeStranger() {
    READINESS_ASSIGN(const Identity who, context_.identities.Create(settings_.identity, "stranger"));
    READINESS_ASSIGN(stranger_, context_.openapi.Populate(who));
    return {};
  }

  // A reading operation that shows the stranger its own texts, by which its token is known to be good.
  Result<void> FindMirror() {
    for (const Operation& operation : settings_.operations) {
      if (operation.method != "GET" || NoteAbout(settings_.left_out, operation) != nullptr) continue;
      const Result<Exchange> exchange = context_.openapi.Call(operation, stranger_.who, stranger_.who);
      if (!exchange || !IsSuccess(*exchange) || GivenAway(*exchange, stranger_.canaries).empty()) continue;
      // What shows them to nobody too says nothing about the token.
      const Result<Exchange> anonymous = context_.openapi.Call(operation, Identity::Anonymous(), stranger_.who);
      if (!anonymous || IsSuccess(*anonymous)) continue;
      mirror_ = operation;
      return {};
    }
    return {};
  }

  // Does the stranger's token still work, for the one that it was made for?
  Result<bool> StrangerIsGood() {
    const Result<Exchange> exchange = context_.openapi.Call(*mirror_, stranger_.who, stranger_.who);
    if (!exchange && exchange.error().kind == ErrorKind::kInternal) return Fail(exchange.error());
    mirrored_ = exchange ? fmt::format("status {}", exchange->response.status) : exchange.error().Brief();
    return exchange && IsSuccess(*exchange) && !GivenAway(*exchange, stranger_.canaries).empty();
  }

  // Whoever changes or ends what it is by an attempt of its own is of no use for further ones. True: there is a new
  // one.
  Result<bool> RenewBrokenStranger(const Operation& operation) {
    if (!mirror_ || stranger_is_lost_) return false;
    READINESS_ASSIGN(const bool good, StrangerIsGood());
    if (good) return false;
    READINESS_RETURN_IF_ERROR(MakeStranger());
    broken_by_.insert(operation.Name());
    READINESS_ASSIGN(const bool new_one_is_good, StrangerIsGood());
    stranger_is_lost_ = !new_one_is_good;
    return true;
  }

  Result<void> LookIntoMirror() {
    std::string seen = "no reading operation showed them at the beginning";
    bool satisfied = false;
    if (mirror_) {
      READINESS_ASSIGN(satisfied, StrangerIsGood());
      seen = fmt::format("{}: {} after the attempts", mirror_->Name(), mirrored_);
      if (!broken_by_.empty()) seen += fmt::format("; made anew after {}", fmt::join(broken_by_, ", "));
    }
    context_.findings.AddControl({"stranger_is_genuine",
                                  "the stranger sees its own canaries, before and after the attempts",
                                  satisfied && !stranger_is_lost_, seen});
    return {};
  }

  // How the request names its user: `named` outside the path, and the owner again where `naming` says.
  OperationInput Input(const Operation& operation, const Way& way, const Identity& named) const {
    OperationInput input;
    for (const std::string& name : settings_.owner_names) {
      if (!operation.Takes("path", name)) input.values[name] = NameOf(named, name);
    }
    const Naming naming = way.naming;
    if (naming == Naming::kOptional) {
      input.query.emplace_back(way.parameter, way.value);
    } else if (naming == Naming::kQuery) {
      for (const std::string& name : Names(operation, "query"))
        input.query.emplace_back(name, AsText(NameOf(owner_.who, name)));
    } else if (naming == Naming::kBody) {
      for (const std::string& name : Names(operation, "body")) input.body[name] = NameOf(owner_.who, name);
    } else if (naming == Naming::kHeader) {
      for (const std::string& name : settings_.owner_headers) input.headers.emplace_back(name, owner_.who.owner);
    }
    return input;
  }

  // Those that the operation declares; all when it declares none, as it may listen to them all the same.
  std::vector<std::string> Names(const Operation& operation, const std::string& in) const {
    std::vector<std::string> names;
    for (const std::string& name : settings_.owner_names) {
      if (operation.Takes(in, name)) names.push_back(name);
    }
    return names.empty() ? settings_.owner_names : names;
  }

  std::vector<Way> Ways(const Operation& operation) const {
    std::vector<Way> ways = {{Naming::kNone}};
    if (!settings_.owner_names.empty()) ways.push_back({Naming::kQuery});
    if (!settings_.owner_headers.empty()) ways.push_back({Naming::kHeader});
    if (!settings_.owner_names.empty() && !operation.body_type.empty()) ways.push_back({Naming::kBody});
    for (const OperationParameter& parameter : operation.parameters) {
      if (parameter.in != "query" || parameter.required || ways.size() > kMostWays) continue;
      const auto& names = settings_.owner_names;
      if (std::find(names.begin(), names.end(), parameter.name) != names.end()) continue;
      if (parameter.schema.value("type", Json()) == "boolean") {
        const bool value = parameter.schema.value("default", Json()) != true;
        ways.push_back({Naming::kOptional, parameter.name, value ? "true" : "false"});
      } else if (parameter.name.ends_with("_id") || parameter.name.ends_with("Id")) {
        ways.push_back({Naming::kOptional, parameter.name, AsText(NameOf(owner_.who, parameter.name))});
      }
    }
    return ways;
  }

  Result<void> Attempt(const Operation& operation) {
    Judgement judgement;
    judgement.operation = operation;
    const bool reads = operation.method == "GET" || operation.method == "HEAD";
    if (!reads) READINESS_RETURN_IF_ERROR(sight_.Before(operation, owner_));
    READINESS_RETURN_IF_ERROR(TryAll(judgement, !reads));
    READINESS_ASSIGN(const bool renewed, RenewBrokenStranger(operation));
    if (renewed && reads) {
      // Nobody knows which of the answers a broken stranger got.
      judgement.seen.clear();
      judgement.unclear.clear();
      judgement.answered.clear();
      judgement.undecided.clear();
      READINESS_RETURN_IF_ERROR(TryAll(judgement, true));
    }
    READINESS_ASSIGN(bool damaged, ReportChanges(judgement));
    if (!reads) {
      READINESS_ASSIGN(const bool lost, ReportSight(judgement));
      damaged = damaged || lost;
    }
    if (!judgement.violated && !judgement.answered.empty()) {
      READINESS_RETURN_IF_ERROR(CompareWithAbsent(judgement));
      READINESS_ASSIGN(const bool damaged_now, ReportChanges(judgement));
      damaged = damaged || damaged_now;
    }
    if (!judgement.shown_to_all.empty()) {
      const OperationNote* note = NoteAbout(settings_.shown_to_all, operation);
      context_.findings.AddControl({"shown_to_all", operation.Name() + " shows something to all", true,
                                    fmt::format("{}, because {}", judgement.shown_to_all, note->reason)});
    }
    const bool took_away = judgement.served && IsDestructive(operation);
    damaged = damaged || (took_away && judgement.violated);
    judgements_.push_back(std::move(judgement));
    if (took_away) READINESS_RETURN_IF_ERROR(MakeStranger());
    return damaged ? MakeOwner() : Result<void>{};
  }

  // Every way of naming the owner once, by a stranger that is known to be good; `closely`: after each it is looked at.
  Result<void> TryAll(Judgement& judgement, bool closely) {
    const Operation& operation = judgement.operation;
    for (const Way& way : Ways(operation)) {
      Result<Exchange> exchange = CallAsStranger(operation, way);
      if (exchange && (closely || exchange->response.status == 401)) {
        READINESS_ASSIGN(const bool renewed, RenewBrokenStranger(operation));
        if (renewed && !IsSuccess(*exchange)) exchange = CallAsStranger(operation, way);
        // The new one may have gone the same way.
        if (renewed) READINESS_RETURN_IF_ERROR(RenewBrokenStranger(operation));
      }
      if (!exchange) {
        if (exchange.error().kind == ErrorKind::kInternal) return Fail(exchange.error());
        const bool cannot = exchange.error().kind == ErrorKind::kNotAvailable;
        (cannot ? judgement.cannot : judgement.undecided.emplace_back()) = exchange.error().Brief();
        return {};  // what cannot be made, or hangs, will do so again
      }
      READINESS_RETURN_IF_ERROR(Judge(*exchange, way, judgement));
    }
    return {};
  }

  Result<Exchange> CallAsStranger(const Operation& operation, const Way& way) {
    Result<Exchange> exchange =
        context_.openapi.Call(operation, stranger_.who, owner_.who, Input(operation, way, stranger_.who));
    late_effects_.Attempted();
    return exchange;
  }

  // True: the owner is of no use any more.
  Result<bool> ReportChanges(Judgement& judgement) {
    READINESS_ASSIGN(const std::vector<TableChange> changes, rows_->Look());
    if (changes.empty()) return false;
    const std::string name = judgement.operation.Name();
    judgement.violated = true;
    context_.findings.AddViolation({fmt::format("a stranger changed the owner's rows by {}", name),
                                    fmt::format("{} with the owner's objects as the stranger", name),
                                    "no row of the owner changed",
                                    fmt::format("{}; {}", Describe(changes), Grouped(judgement.seen)), kFix});
    return Damaged(changes);
  }

  // The same for what is in no table of the owner's.
  Result<bool> ReportSight(Judgement& judgement) {
    const std::string name = judgement.operation.Name();
    READINESS_ASSIGN(const std::vector<std::string> others, others_.Look());
    for (const std::string& lost : others) others_lost_.insert(lost + " by " + name);
    READINESS_ASSIGN(const std::vector<std::string> lost, sight_.LostAfter(judgement.operation, owner_));
    if (lost.empty()) return false;
    if (!std::exchange(judgement.violated, true)) {
      context_.findings.AddViolation({fmt::format("a stranger changed what the owner has by {}", name),
                                      fmt::format("{} with the owner's objects as the stranger", name),
                                      "the owner sees what it saw before",
                                      fmt::format("{}; {}", fmt::join(lost, "; "), Grouped(judgement.seen)), kFix});
    }
    return true;
  }

  static bool Damaged(const std::vector<TableChange>& changes) {
    return std::any_of(changes.begin(), changes.end(),
                       [](const TableChange& change) { return change.rows_after <= change.rows_before; });
  }

  Result<void> Judge(const Exchange& exchange, const Way& way, Judgement& judgement) {
    const Operation& operation = judgement.operation;
    const int status = exchange.response.status;
    judgement.seen[status].push_back(ToString(way));
    judgement.served = judgement.served || IsSuccess(exchange);
    std::vector<CanaryHit> shown = GivenAway(exchange, owner_.canaries);
    const OperationNote* by_design = NoteAbout(settings_.shown_to_all, operation);
    READINESS_ASSIGN(const std::string may_be_shown, TakeShownToAll(shown, owner_.who, by_design));
    if (!may_be_shown.empty()) judgement.shown_to_all = may_be_shown;
    if (!shown.empty()) {
      Violate(judgement, fmt::format("{} shows a stranger what belongs to the owner", operation.Name()), exchange, way,
              fmt::format("{}; {}", Describe(shown), DescribeAnswer(exchange)));
    } else if (IsSuccess(exchange)) {
      const bool meant_for_all = by_design != nullptr && operation.method == "GET";
      if (!meant_for_all && !context_.openapi.SubjectPathParameters(operation).empty())
        judgement.answered.emplace_back(way, exchange);
    } else if (!settings_.refusals.contains(status) || (status == 401 && stranger_is_lost_)) {
      judgement.unclear.emplace_back(way, status);
    }
    return {};
  }

  // Is a success the one that an id gets that does not exist? Else it tells that the owner's object exists.
  Result<void> CompareWithAbsent(Judgement& judgement) {
    const Operation& operation = judgement.operation;
    for (const auto& [way, exchange] : judgement.answered) {
      READINESS_ASSIGN(const Exchange absent, CallAboutAbsent(operation, way, 1));
      READINESS_ASSIGN(const Exchange absent_again, CallAboutAbsent(operation, way, 2));
      const int failed = std::max(absent.response.status, absent_again.response.status);
      if (failed >= 500) {
        judgement.undecided.push_back(fmt::format("status {} {}, where an id that does not exist got {}",
                                                  exchange.response.status, ToString(way), failed));
      } else if (!TellsTheSame(operation, exchange, absent, absent_again)) {
        Violate(judgement, fmt::format("{} lets a stranger reach an object of the owner", operation.Name()), exchange,
                way, DescribeAnswer(exchange) + "; an id that does not exist gets another answer");
      }
    }
    READINESS_RETURN_IF_ERROR(RenewBrokenStranger(operation));
    return {};
  }

  Result<Exchange> CallAboutAbsent(const Operation& operation, const Way& way, int number) {
    // What the request before did to its sender must not show in the answer.
    if (operation.method != "GET") READINESS_RETURN_IF_ERROR(MakeStranger());
    const std::vector<std::string> addressed = context_.openapi.SubjectPathParameters(operation);
    OperationInput input = Input(operation, way, stranger_.who);
    for (const OperationParameter& parameter : operation.parameters) {
      const bool is_addressed =
          parameter.in == "path" && std::find(addressed.begin(), addressed.end(), parameter.name) != addressed.end();
      if (is_addressed) input.values[parameter.name] = NonexistentId(parameter, number);
    }
    return context_.openapi.Call(operation, stranger_.who, owner_.who, input);
  }

  // One violation for an operation; the others of the kind would say the same.
  void Violate(Judgement& judgement, std::string what, const Exchange& exchange, const Way& way, std::string actual) {
    if (std::exchange(judgement.violated, true)) return;
    context_.findings.AddViolation(
        {std::move(what), fmt::format("{} as the stranger {}", DescribeRequest(exchange), ToString(way)),
         fmt::format("status {}, or only the stranger's own data", readiness::ToString(settings_.refusals)),
         std::move(actual), kFix});
  }

  Result<void> AwaitLateEffects() {
    late_effects_.Await();
    READINESS_ASSIGN(const std::vector<TableChange> changes, rows_->Look());
    if (changes.empty()) return {};
    context_.findings.AddViolation({"a stranger's request changed the owner's rows later",
                                    "nothing more, after the attempts on all operations", "no further change",
                                    Describe(changes), kFix});
    return {};
  }

  Result<Exchange> CallAsOwner(const Operation& operation, const Way& way) {
    return context_.openapi.Call(operation, owner_.who, owner_.who, Input(operation, way, owner_.who));
  }

  // The control: the same request by who may.
  Result<void> OwnerTries(Judgement& judgement) {
    const Operation& operation = judgement.operation;
    Result<Exchange> exchange = CallAsOwner(operation, {});
    const std::set<int> gone = {401, 404, 410};
    const int first = exchange ? exchange->response.status : 0;
    if ((gone.contains(first) || settings_.refusals.contains(first)) && !owner_is_fresh_) {
      // An operation before may have ended the session or taken the object away.
      READINESS_RETURN_IF_ERROR(MakeOwner());
      exchange = CallAsOwner(operation, {});
    }
    if (!exchange && exchange.error().kind == ErrorKind::kInternal) return Fail(exchange.error());
    const OperationNote* note = NoteAbout(settings_.owner_may_get, operation);
    const bool succeeded =
        exchange && (IsSuccess(*exchange) || (note != nullptr && note->statuses.contains(exchange->response.status)));
    if (exchange && !GivenAway(*exchange, owner_.canaries).empty()) ++canaries_seen_;
    std::string seen = exchange ? fmt::format("status {}", exchange->response.status) : exchange.error().Brief();
    if (succeeded && !IsSuccess(*exchange)) seen += ", because " + note->reason;
    if (succeeded) {
      ++succeeded_;
      READINESS_RETURN_IF_ERROR(Decide(judgement, exchange->response.status));
    } else if (!judgement.violated) {
      failed_.push_back(fmt::format("{}: {}", operation.Name(), judgement.cannot.empty() ? seen : judgement.cannot));
    }
    if (succeeded && !judgement.violated && judgement.undecided.empty()) {
      context_.findings.AddObservation({fmt::format("{} keeps the owner's data from a stranger", operation.Name()),
                                        fmt::format("{}; the owner got {}", Grouped(judgement.seen), seen)});
    }
    READINESS_ASSIGN(const std::vector<TableChange> changes, rows_->Look());
    owner_is_fresh_ = false;
    const bool replaces = operation.method == "PUT" || operation.method == "PATCH" || operation.method == "DELETE";
    const bool ended = exchange && IsSuccess(*exchange) && IsDestructive(operation);
    if (LostRows(changes) || ended || (replaces && Damaged(changes))) return MakeOwner();
    return {};
  }

  // What the stranger was told is clear when the owner is told the same: the target takes no such request at all.
  Result<void> Decide(Judgement& judgement, int owner_status) {
    for (const auto& [way, status] : judgement.unclear) {
      int control = owner_status;
      if (way.naming != Naming::kNone) {
        const Result<Exchange> exchange = CallAsOwner(judgement.operation, way);
        control = exchange ? exchange->response.status : 0;
      }
      const bool nobody_may = way.naming != Naming::kNone && control == status && (status == 400 || status == 422);
      if (nobody_may) continue;
      judgement.undecided.push_back(fmt::format("status {} {} (the owner got {})", status, ToString(way), control));
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
      undecided.push_back(fmt::format("{}: {}", judgement.operation.Name(), fmt::join(judgement.undecided, ", ")));
    }
    Findings& findings = context_.findings;
    findings.AddControl(
        {"owner_succeeds", "the owner succeeds with the same request in every operation", failed_.empty(),
         failed_.empty()
             ? fmt::format("{} operations", succeeded_)
             : fmt::format("not judged, as the owner did not succeed either: {}", fmt::join(failed_, "; "))});
    findings.AddControl({"attempts_are_decided", "every attempt was refused or answered", undecided.empty(),
                         undecided.empty() ? fmt::format("{} operations", judgements_.size())
                                           : fmt::format("{}", fmt::join(undecided, "; "))});
    findings.AddControl(
        {"canaries_are_seen",
         fmt::format("the owner sees its canaries in at least {} operations", settings_.canaries_seen_in_at_least),
         canaries_seen_ >= settings_.canaries_seen_in_at_least, fmt::format("in {} operations", canaries_seen_)});
    ConcludeTables();
  }

  static constexpr const char* kFix =
      "load every object by its id and the caller's own id, and take the caller from the credential only";

  Context& context_;
  const Settings settings_;
  Store& store_;
  PopulatedIdentity owner_, stranger_;
  std::optional<OwnerRows> rows_;
  OtherTables others_;
  OwnerSight sight_;
  std::string rows_unseen_;            // why comparing rows says nothing
  std::set<std::string> others_lost_;  // as phrases
  bool owner_is_fresh_ = true;
  std::optional<Operation> mirror_;
  std::string mirrored_;             // what it showed last
  std::set<std::string> broken_by_;  // operations by which a stranger lost its session or itself
  bool stranger_is_lost_ = false;    // a new one is as broken
  LateEffects late_effects_{settings_.late_effects_within};
  std::vector<Judgement> judgements_;
  std::vector<std::string> failed_;  // controls, as phrases
  int succeeded_ = 0;
  std::int64_t canaries_seen_ = 0;
};

}  // namespace
}  // namespace readiness::probes::stranger_parts

READINESS_PROBE(strangers_cannot_reach_owned_objects) {
  using namespace readiness;
  READINESS_ASSIGN(probes::stranger_parts::Settings settings, probes::stranger_parts::ReadSettings(context));
  READINESS_ASSIGN(Store * store, context.stores.Open(settings.store));
  return probes::stranger_parts::Sweep(context, std::move(settings), *store).Run();
}
