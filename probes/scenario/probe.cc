#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "check.h"
#include "script.h"
#include "text.h"

namespace readiness::probes {
namespace {

using scenario_parts::Cast;
using scenario_parts::Check;
using scenario_parts::Expectations;
using scenario_parts::Script;
using scenario_parts::Step;
using State = scenario_parts::Check::State;

// What can be seen of the world outside of an answer, by identity.
struct World {
  std::map<std::string, StoreSnapshot> rows;
  std::map<std::string, std::int64_t> calls;
};

// A step that has been played, with every expectation compared. The status comes first.
struct Played {
  std::string who;  // did what, for headlines
  std::string did;
  HttpResponse answer;
  bool worked = false;  // the action did what it is for, by its own declaration
  std::vector<Check> checks;
};

class Player {
 public:
  Player(Context& context, Script script) : context_(context), script_(std::move(script)) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(Prepare());
    READINESS_ASSIGN(const bool holds, PlayControl());
    if (!holds) return {};
    READINESS_RETURN_IF_ERROR(CheckRefusalsMeanSomething());
    for (const Step& step : script_.attempt) {
      READINESS_RETURN_IF_ERROR(CheckIsShown(step));
      READINESS_RETURN_IF_ERROR(Attempt(step));
    }
    ConcludeShown();
    return {};
  }

 private:
  Result<void> Prepare() {
    std::set<std::string> actions;
    for (const auto* steps : {&script_.control, &script_.attempt}) {
      for (const Step& step : *steps) actions.insert(step.action);
    }
    for (const std::string& action : actions) {
      READINESS_ASSIGN(const bool has, context_.actions.Has(action));
      if (!has) return Fail(ErrorKind::kNotAvailable, fmt::format("the target has no action {}", action));
    }
    if (!script_.provider.empty()) {
      READINESS_ASSIGN(provider_, context_.doubles.OpenDataProvider(script_.provider));
    }
    cast_.emplace(scenario_parts::kAnonymous, Identity::Anonymous());
    for (const auto& [name, kind] : script_.identities) {
      READINESS_ASSIGN(Identity identity, context_.identities.Create(kind, name));
      if (provider_ != nullptr) {
        READINESS_ASSIGN(const ProviderAccount account, provider_->OpenAccount(name, kRecords));
        identity.values["authorization_code"] = account.authorization_code;
        accounts_[name] = account.id;
      }
      cast_.emplace(name, std::move(identity));
    }
    return {};
  }

  Result<bool> PlayControl() {
    std::size_t met = 0;
    std::string unmet;
    for (const Step& step : script_.control) {
      READINESS_ASSIGN(Played played, Play(step));
      for (const Check& check : played.checks) {
        if (check.state == State::kMet) {
          ++met;
        } else if (unmet.empty()) {
          unmet = fmt::format("{}: expected {}, actual {}", played.did, check.expected, check.actual);
        }
      }
      if (!unmet.empty()) break;
      if (played.worked) worked_.insert(step.action);
      shown_.push_back(std::move(played.answer));
    }
    if (unmet.empty() && worked_.empty()) unmet = "no control step did what its action is for";
    context_.findings.AddControl(
        {"control_steps_hold", "the control steps go as declared", unmet.empty(),
         unmet.empty() ? fmt::format("{} steps, {} expectations met", script_.control.size(), met) : unmet});
    return unmet.empty();
  }

  // A path that does not exist answers 404 to everybody, or 401 where the credential is looked at first.
  Result<void> CheckRefusalsMeanSomething() const {
    for (const Step& step : script_.attempt) {
      const StatusSet& expected = step.expect.statuses;
      const auto refusal = std::find_if(expected.begin(), expected.end(), [](int status) {
        return status == 401 || status == 403 || status == 404 || status == 405 || status == 410;
      });
      if (refusal == expected.end() || worked_.contains(step.action)) continue;
      return Fail({ErrorKind::kDefinition,
                   fmt::format("parameter {}: expects {} of an action that no control step showed to work", step.place,
                               *refusal),
                   std::nullopt,
                   fmt::format("a control step in which {} does what it is for", step.action),
                   {},
                   {}});
    }
    return {};
  }

  Result<void> Attempt(const Step& step) {
    READINESS_ASSIGN(const Played played, Play(step));
    const State status = played.checks.front().state;
    std::optional<Error> undecidable;
    for (const Check& check : played.checks) {
      // After another status than expected the rest says nothing, except what must never be.
      const bool is_status = &check == &played.checks.front();
      if (status != State::kMet && !is_status && !(check.prohibits && check.state == State::kUnmet)) continue;
      switch (check.state) {
        case State::kMet:
          context_.findings.AddObservation({fmt::format("{}: {}", played.did, check.expected), check.actual});
          break;
        case State::kUnmet:
          context_.findings.AddViolation(
              {played.who + ": " + check.what, played.did, check.expected, check.actual, script_.fix});
          break;
        case State::kUndecidable:
          if (!undecidable) {
            undecidable = Error{
                ErrorKind::kTarget, played.did + " decided nothing", std::nullopt, check.expected, check.actual, {}};
          }
          break;
      }
    }
    if (undecidable) return Fail(*undecidable);
    return {};
  }

  Result<Played> Play(const Step& step) {
    Values arguments;
    for (const auto& [name, value] : step.arguments) {
      READINESS_ASSIGN(arguments[name], AtPlace(step, scenario_parts::Fill(value, cast_)));
    }
    READINESS_ASSIGN(const World before, Look(step.expect));
    seen_ = World{};
    Identity& who = cast_.at(step.as);
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(step.action, who, arguments));
    if (!result.exchange) {
      return Fail(
          ErrorKind::kDefinition,
          fmt::format("parameter {}: action {} ends in a SQL statement, which has no answer", step.place, step.action));
    }
    for (const auto& [name, value] : result.captured) who.values[name] = value;
    Played played;
    played.who = fmt::format("{} as \"{}\"", step.action, step.as);
    played.did = fmt::format("{} ({})", played.who, step.place);
    played.answer = result.exchange->response;
    played.worked = result.as_expected;
    played.checks.push_back(scenario_parts::CheckStatus(step.expect, played.answer));
    READINESS_ASSIGN(const auto answer_checks,
                     AtPlace(step, scenario_parts::CheckAnswer(step.expect, *result.exchange, cast_)));
    played.checks.insert(played.checks.end(), answer_checks.begin(), answer_checks.end());
    READINESS_ASSIGN(seen_, Look(step.expect));
    READINESS_RETURN_IF_ERROR(CompareWorlds(step, before, played.checks));
    return played;
  }

  template <class T>
  static Result<T> AtPlace(const Step& step, Result<T> result) {
    if (!result) result.error().what = fmt::format("parameter {}: {}", step.place, result.error().what);
    return result;
  }

  // What the expectations are about. What was seen after the step before is not looked at again: nothing happened
  // since.
  Result<World> Look(const Expectations& expect) {
    World world;
    std::set<std::string> owners(expect.unchanged.begin(), expect.unchanged.end());
    for (const auto& one : expect.rows) owners.insert(one.of);
    if (!owners.empty() && store_ == nullptr) {
      READINESS_ASSIGN(store_, context_.stores.Open(script_.store));
    }
    for (const std::string& name : owners) {
      if (const auto seen = seen_.rows.find(name); seen != seen_.rows.end()) {
        world.rows[name] = seen->second;
      } else {
        READINESS_ASSIGN(world.rows[name], store_->SnapshotOwned(cast_.at(name).owner));
      }
    }
    for (const auto& one : expect.calls) {
      READINESS_ASSIGN(world.calls[one.of], CountCalls(one.of));
    }
    return world;
  }

  Result<std::int64_t> CountCalls(const std::string& name) {
    const std::string& account = accounts_.at(name);
    READINESS_ASSIGN(const std::vector<ProviderCall> calls, provider_->Calls(account));
    std::int64_t count = 0;
    for (const ProviderCall& call : calls) {
      if (call.account.empty()) {
        return Fail({ErrorKind::kTarget,
                     "the provider was asked with a credential that it never issued",
                     std::nullopt,
                     "calls that can be attributed",
                     fmt::format("{} {}{}", call.method, call.host, call.path),
                     {}});
      }
      count += call.account == account ? 1 : 0;
    }
    return count;
  }

  Result<void> CompareWorlds(const Step& step, const World& before, std::vector<Check>& checks) const {
    for (const auto& one : step.expect.rows) {
      const StoreSnapshot& rows_before = before.rows.at(one.of);
      const StoreSnapshot& rows_after = seen_.rows.at(one.of);
      if (!rows_before.contains(one.table) || !rows_after.contains(one.table)) {
        return Fail(ErrorKind::kDefinition,
                    fmt::format("parameter {}: the store has no table {} with an owner column", step.place, one.table));
      }
      const std::int64_t delta = rows_after.at(one.table).rows - rows_before.at(one.table).rows;
      checks.push_back(
          {delta == one.delta ? State::kMet : State::kUnmet, one.delta == 0, "rows are not as they have to be",
           fmt::format("{} {:+} rows of \"{}\"", one.table, one.delta, one.of), fmt::format("{:+} rows", delta)});
    }
    for (const std::string& name : step.expect.unchanged) {
      std::vector<TableChange> changes = Compare(before.rows.at(name), seen_.rows.at(name));
      std::erase_if(changes, [&](const TableChange& change) {
        return std::count(script_.may_change.begin(), script_.may_change.end(), change.table) > 0;
      });
      checks.push_back({changes.empty() ? State::kMet : State::kUnmet, true, "rows changed that must not",
                        fmt::format("no row of \"{}\" changed", name), Describe(changes)});
    }
    for (const auto& one : step.expect.calls) {
      const std::int64_t delta = seen_.calls.at(one.of) - before.calls.at(one.of);
      checks.push_back({delta == one.delta ? State::kMet : State::kUnmet, one.delta == 0,
                        "the provider was asked otherwise than it has to be",
                        fmt::format("{} requests to the provider for \"{}\"", one.delta, one.of),
                        fmt::format("{} requests", delta)});
    }
    return {};
  }

  // A text is known to be withheld only if somebody else was seen to get it.
  Result<void> CheckIsShown(const Step& step) {
    READINESS_ASSIGN(const std::vector<std::string> missing,
                     AtPlace(step, scenario_parts::NeverShown(step.expect, shown_, cast_)));
    never_shown_.insert(missing.begin(), missing.end());
    withheld_ = withheld_ || !missing.empty() || !step.expect.never_contains.empty();
    return {};
  }

  void ConcludeShown() {
    if (!withheld_) return;
    context_.findings.AddControl(
        {"withheld_is_shown_otherwise", "what an attempt must not show is shown by a control step",
         never_shown_.empty(),
         never_shown_.empty() ? "all of it" : fmt::format("never shown: {}", fmt::join(never_shown_, ", "))});
  }

  static constexpr int kRecords = 5;

  Context& context_;
  const Script script_;
  Store* store_ = nullptr;
  DataProvider* provider_ = nullptr;
  Cast cast_;
  std::map<std::string, std::string> accounts_;  // identity -> account at the provider
  World seen_;                                   // after the last step
  std::vector<HttpResponse> shown_;              // answers of the control steps
  std::set<std::string> worked_;                 // actions that a control step showed to work
  std::set<std::string> never_shown_;
  bool withheld_ = false;  // an attempt says what must not be shown
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(scenario) {
  using namespace readiness;
  READINESS_ASSIGN(probes::scenario_parts::Script script, probes::scenario_parts::ReadScript(context.parameters));
  return probes::Player(context, std::move(script)).Run();
}
