#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "readiness/late_effects.h"

namespace readiness::probes {
namespace {

// A way to be connected to the provider without valid consent.
struct Case {
  std::string name;
  std::vector<std::string> before_connect;
  std::vector<std::string> after_connect;
};

// What the item says, typed.
struct Settings {
  std::string identity, store, provider, connect, grant, sync;
  std::vector<std::string> stored_in, may_change;
  StatusSet refused_with;
  std::chrono::milliseconds late_effects_within{0};
  std::vector<Case> cases;
};

// A connected user and how things stood before its sync.
struct Subject {
  std::string name;
  Identity user;
  ProviderAccount account;
  bool consented_once = false;  // some of its data may have been fetched and stored legitimately
  StoreSnapshot rows_before;
  std::set<std::string> canaries_before;  // tables that held its canaries
  std::int64_t last_call_before = 0;
};

// What a sync did behind its answer.
struct Effects {
  std::vector<TableChange> changes;          // of the user's rows, without the tables that may change
  std::vector<ProviderCall> calls;           // with the user's credential
  std::vector<ProviderCall> unattributable;  // with no credential that the double knows
  bool None() const { return changes.empty() && calls.empty(); }
};

Result<std::vector<Case>> ReadCases(const Json& json) {
  std::vector<Case> cases;
  for (const Json& entry : json) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) {
      return Fail(ErrorKind::kDefinition, "parameter cases: every entry needs a name");
    }
    Case one{entry["name"], {}, {}};
    for (const auto& [key, actions] :
         {std::pair{"before_connect", &one.before_connect}, {"after_connect", &one.after_connect}}) {
      for (const Json& action : entry.value(key, Json::array())) {
        if (!action.is_string())
          return Fail(ErrorKind::kDefinition, fmt::format("parameter cases: {} lists actions", key));
        actions->push_back(action);
      }
    }
    cases.push_back(std::move(one));
  }
  if (cases.empty()) return Fail(ErrorKind::kDefinition, "parameter cases is empty: nothing would be tried");
  return cases;
}

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.store, parameters.String("store"));
  READINESS_ASSIGN(settings.provider, parameters.String("provider"));
  READINESS_ASSIGN(settings.connect, parameters.String("connect"));
  READINESS_ASSIGN(settings.grant, parameters.String("grant"));
  READINESS_ASSIGN(settings.sync, parameters.String("sync"));
  READINESS_ASSIGN(settings.stored_in, parameters.StringList("stored_in"));
  READINESS_ASSIGN(settings.may_change, parameters.StringList("may_change"));
  READINESS_ASSIGN(settings.refused_with, parameters.Refusals("refused_with"));
  READINESS_ASSIGN(settings.late_effects_within, parameters.Duration("late_effects_within_ms"));
  READINESS_ASSIGN(const Json cases, parameters.Raw("cases"));
  READINESS_ASSIGN(settings.cases, ReadCases(cases));
  for (const std::string& table : settings.stored_in) {
    const auto& may_change = settings.may_change;
    if (std::find(may_change.begin(), may_change.end(), table) == may_change.end()) continue;
    return Fail(ErrorKind::kDefinition, fmt::format("table {} is in stored_in and in may_change", table));
  }
  if (settings.stored_in.empty()) return Fail(ErrorKind::kDefinition, "parameter stored_in is empty");
  return settings;
}

std::string ListCalls(const std::vector<ProviderCall>& calls) {
  std::vector<std::string> lines;
  for (const ProviderCall& call : calls) lines.push_back(fmt::format("{} {}{}", call.method, call.host, call.path));
  return fmt::format("{}", fmt::join(lines, ", "));
}

// Why the target did what it did often stands only in its answer. ASCII, so that it can be cut anywhere; the note of
// the cut tells a redactor to look for the beginning of a secret there.
std::string Excerpt(const ActionResult& result) {
  constexpr std::size_t kShown = 200;
  if (!result.exchange) return {};
  const auto answer = result.exchange->response.ParseJson();
  if (!answer) return {};
  std::string text = answer->dump(-1, ' ', true);
  if (text.size() > kShown) text = fmt::format("{} [{} more bytes]", text.substr(0, kShown), text.size() - kShown);
  return "; answer: " + text;
}

class Consent {
 public:
  Consent(Context& context, Settings settings, Store& store, DataProvider& provider)
      : context_(context), settings_(std::move(settings)), store_(store), provider_(provider) {}

  Result<void> Run() {
    std::vector<Subject> refused;
    std::vector<std::string> left_out;
    for (const Case& one : settings_.cases) {
      READINESS_ASSIGN(const bool available, Available(one));
      if (!available) {
        if (&one == &settings_.cases.front()) {
          return Fail(ErrorKind::kNotAvailable, fmt::format("the target lacks an action of the case \"{}\"", one.name));
        }
        left_out.push_back(one.name);
        continue;
      }
      READINESS_ASSIGN(Subject subject, Prepare(one));
      READINESS_RETURN_IF_ERROR(NothingWasFetchedYet(subject));
      READINESS_RETURN_IF_ERROR(AttemptTwice(subject));
      refused.push_back(std::move(subject));
    }
    READINESS_RETURN_IF_ERROR(ConsentedSyncStores(left_out));
    if (context_.findings.violations().empty()) late_effects_.Await();
    for (const Subject& subject : refused) READINESS_RETURN_IF_ERROR(LookAgain(subject));
    return StillRefused(refused.front());
  }

 private:
  Result<bool> Available(const Case& one) {
    for (const auto* actions : {&one.before_connect, &one.after_connect}) {
      for (const std::string& action : *actions) {
        READINESS_ASSIGN(const bool has, context_.actions.Has(action));
        if (!has) return false;
      }
    }
    return true;
  }

  // Runs an action that has to work for the case to mean anything.
  Result<void> MustWork(const std::string& action, const Identity& user, const Values& arguments = {}) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(action, user, arguments));
    if (result.as_expected) return {};
    return Fail({ErrorKind::kTarget,
                 fmt::format("{} did not work for \"{}\"", action, user.label),
                 std::nullopt,
                 {},
                 result.mismatch,
                 {}});
  }

  Result<Subject> Prepare(const Case& one) {
    Subject subject;
    subject.name = one.name;
    READINESS_ASSIGN(subject.user, context_.identities.Create(settings_.identity, one.name));
    READINESS_ASSIGN(subject.account, provider_.OpenAccount(one.name, kRecords));
    for (const std::string& action : one.before_connect) READINESS_RETURN_IF_ERROR(MustWork(action, subject.user));
    READINESS_RETURN_IF_ERROR(
        MustWork(settings_.connect, subject.user, {{"authorization_code", subject.account.authorization_code}}));
    for (const std::string& action : one.after_connect) READINESS_RETURN_IF_ERROR(MustWork(action, subject.user));
    for (const auto* actions : {&one.before_connect, &one.after_connect}) {
      if (std::count(actions->begin(), actions->end(), settings_.grant) > 0) subject.consented_once = true;
    }
    if (subject.consented_once) {
      READINESS_ASSIGN(subject.canaries_before, TablesWithCanary(subject));
    }
    READINESS_ASSIGN(subject.rows_before, store_.SnapshotOwned(subject.user.owner));
    READINESS_ASSIGN(const auto calls, provider_.Calls(subject.account.id));
    if (!calls.empty()) subject.last_call_before = calls.back().sequence;
    return subject;
  }

  Result<Effects> Look(const Subject& subject, bool tolerate_may_change) {
    Effects effects;
    READINESS_ASSIGN(const StoreSnapshot rows_after, store_.SnapshotOwned(subject.user.owner));
    effects.changes = Compare(subject.rows_before, rows_after);
    if (tolerate_may_change) {
      std::erase_if(effects.changes, [&](const TableChange& change) {
        return std::count(settings_.may_change.begin(), settings_.may_change.end(), change.table) > 0;
      });
    }
    READINESS_ASSIGN(const auto calls, provider_.Calls(subject.account.id));
    for (const ProviderCall& call : calls) {
      if (call.sequence <= subject.last_call_before) continue;
      (call.account.empty() ? effects.unattributable : effects.calls).push_back(call);
    }
    return effects;
  }

  // Linking an account is no consent either: whoever never gave it has no data fetched before the first sync.
  Result<void> NothingWasFetchedYet(const Subject& subject) {
    if (subject.consented_once) return {};
    READINESS_ASSIGN(std::vector<ProviderCall> calls, provider_.Calls(subject.account.id));
    std::erase_if(
        calls, [](const ProviderCall& call) { return call.account.empty() || call.kind != ProviderCallKind::kData; });
    if (calls.empty()) return {};
    context_.findings.AddViolation({"data was fetched without consent when the account was linked",
                                    fmt::format("{} as \"{}\"", settings_.connect, subject.name),
                                    "no request for data to the provider", ListCalls(calls), kFix});
    return {};
  }

  // The second try must not be let in because of the first.
  Result<void> AttemptTwice(const Subject& subject) {
    const std::size_t known = context_.findings.violations().size();
    READINESS_ASSIGN(std::string seen, Attempt(subject));
    if (context_.findings.violations().size() > known) return {};
    READINESS_ASSIGN(const std::string seen_again, Attempt(subject));
    if (context_.findings.violations().size() > known) return {};
    if (seen_again != seen) seen += ", then " + seen_again;
    context_.findings.AddObservation({fmt::format("sync with {}, tried twice", subject.name),
                                      seen + ", no request to the provider, no row changed",
                                      {}});
    return {};
  }

  // One sync that has to be refused; what it was answered. What it must not do is recorded as a violation.
  Result<std::string> Attempt(const Subject& subject, const std::string& when = {}) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.sync, subject.user));
    late_effects_.Attempted();
    READINESS_ASSIGN(const Effects effects, Look(subject, true));
    const bool refused = settings_.refused_with.contains(result.status());
    const bool served = result.as_expected || (result.status() >= 200 && result.status() < 300);
    const std::string answered = fmt::format("status {}{}", result.status(), when);
    if (served) {
      Violate(subject, effects.None() ? "sync without consent was not refused" : "sync ran for a user without consent",
              answered, effects);
    } else if (!effects.None()) {
      Violate(subject, "sync was refused and had an effect all the same", answered, effects);
    } else if (!refused) {
      return Fail({ErrorKind::kTarget,
                   fmt::format("sync of \"{}\" neither ran nor was refused", subject.name),
                   std::nullopt,
                   fmt::format("status {}", ToString(settings_.refused_with)),
                   answered + Excerpt(result),
                   {}});
    }
    READINESS_RETURN_IF_ERROR(RequireAttributable(effects));
    return answered;
  }

  // A call that may be this user's or anybody's decides nothing, but it must not go unnoticed.
  static Result<void> RequireAttributable(const Effects& effects) {
    if (effects.unattributable.empty()) return {};
    return Fail({ErrorKind::kTarget,
                 "the provider was asked with a credential that it never issued",
                 std::nullopt,
                 "calls that can be attributed",
                 ListCalls(effects.unattributable),
                 {}});
  }

  void Violate(const Subject& subject, const std::string& what, const std::string& answered, const Effects& effects) {
    const std::string calls = effects.calls.empty() ? "no request to the provider"
                                                    : fmt::format("{} requests to the provider ({})",
                                                                  effects.calls.size(), ListCalls(effects.calls));
    context_.findings.AddViolation(
        {what, fmt::format("{} as \"{}\"", settings_.sync, subject.name),
         fmt::format("status {}, no request to the provider, no row changed", ToString(settings_.refused_with)),
         fmt::format("{}, {}, {}", answered, calls, Describe(effects.changes)), kFix});
  }

  // The control: the same sync by a user who consented asks the provider and stores rows in every table.
  Result<void> ConsentedSyncStores(const std::vector<std::string>& left_out) {
    READINESS_ASSIGN(Subject subject, Prepare({"consent given", {settings_.grant}, {}}));
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.sync, subject.user));
    READINESS_ASSIGN(const Effects effects, Look(subject, false));
    const auto asked = std::count_if(effects.calls.begin(), effects.calls.end(),
                                     [](const ProviderCall& call) { return call.kind == ProviderCallKind::kData; });
    const bool stored =
        std::all_of(settings_.stored_in.begin(), settings_.stored_in.end(), [&](const std::string& table) {
          return std::any_of(effects.changes.begin(), effects.changes.end(), [&](const TableChange& change) {
            return change.table == table && change.rows_after > change.rows_before;
          });
        });
    std::string seen = fmt::format("status {}, {} data requests to the provider, {}", result.status(), asked,
                                   Describe(effects.changes));
    const bool satisfied = result.as_expected && asked > 0 && stored;
    if (!result.as_expected) seen += "; " + result.mismatch;
    if (!satisfied) seen += Excerpt(result);
    READINESS_ASSIGN(const auto tables, TablesWithCanary(subject));
    canaries_are_stored_ = !tables.empty();
    if (!left_out.empty()) seen += fmt::format("; not expressible in this target: {}", fmt::join(left_out, ", "));
    context_.findings.AddControl({"consented_sync_stores",
                                  fmt::format("a consented user's sync asks the provider and stores rows in {}",
                                              fmt::join(settings_.stored_in, ", ")),
                                  satisfied, seen});
    return {};
  }

  // Tables, whoever owns the rows, that hold a value which only the provider's answer to this user contains.
  Result<std::set<std::string>> TablesWithCanary(const Subject& subject) {
    std::set<std::string> found;
    for (const std::string& canary : subject.account.canaries) {
      READINESS_ASSIGN(const auto tables, store_.TablesContaining(canary));
      found.insert(tables.begin(), tables.end());
    }
    return found;
  }

  // A refusal may be followed by a job that syncs after all, or store under another owner; it would show by now.
  Result<void> LookAgain(const Subject& subject) {
    READINESS_ASSIGN(const Effects effects, Look(subject, true));
    const auto& violations = context_.findings.violations();
    const bool known = std::any_of(violations.begin(), violations.end(), [&](const Violation& violation) {
      return violation.did == fmt::format("{} as \"{}\"", settings_.sync, subject.name);
    });
    if (!effects.None() && !known) Violate(subject, "sync was refused and ran later", "refused at first", effects);
    READINESS_RETURN_IF_ERROR(RequireAttributable(effects));
    if (!canaries_are_stored_) return {};
    READINESS_ASSIGN(auto tables, TablesWithCanary(subject));
    for (const std::string& table : subject.canaries_before) tables.erase(table);
    if (!tables.empty()) {
      context_.findings.AddViolation({"data of a user without consent is stored",
                                      settings_.sync + " as \"" + subject.name + "\"",
                                      "the provider's values for this user in no table",
                                      fmt::format("found in {}", fmt::join(tables, ", ")), kFix});
    }
    return {};
  }

  // Somebody has consented by now, which must not count for anybody else.
  Result<void> StillRefused(const Subject& subject) {
    const auto& violations = context_.findings.violations();
    if (!violations.empty()) return {};
    READINESS_RETURN_IF_ERROR(Attempt(subject, " after another user consented").map([](const auto&) {}));
    if (!violations.empty()) return {};
    late_effects_.Await();
    return LookAgain(subject);
  }

  static constexpr int kRecords = 5;
  static constexpr const char* kFix =
      "check consent before the provider is called, in the service that every route and job uses";

  Context& context_;
  const Settings settings_;
  Store& store_;
  DataProvider& provider_;
  LateEffects late_effects_{settings_.late_effects_within};
  bool canaries_are_stored_ = false;  // the control's canaries were found, so the search works on this target
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(sync_needs_consent) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  READINESS_ASSIGN(Store * store, context.stores.Open(settings.store));
  READINESS_ASSIGN(DataProvider * provider, context.doubles.OpenDataProvider(settings.provider));
  return probes::Consent(context, std::move(settings), *store, *provider).Run();
}
