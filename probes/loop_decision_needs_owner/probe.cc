#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "readiness/late_effects.h"

namespace readiness::probes {
namespace {

// What the item says, typed.
struct Settings {
  std::string identity, store, prepare, decide;
  std::vector<std::string> decided_in, may_change, impersonations;
  StatusSet unauthenticated_with, stranger_refused_with;
  std::chrono::milliseconds late_effects_within{0};
};

// A user with an evaluation of its own.
struct Principal {
  Identity user;
  Values evaluation;   // what `prepare` captured
  StoreSnapshot rows;  // as last seen
};

// One try to decide on the owner's evaluation.
struct Attempt {
  std::string action;
  Identity who;
  Values arguments;
  StatusSet refused_with;
  Json detail = Json::object();
};

// Rows of both users that a step changed.
struct Changes {
  std::vector<TableChange> owner, stranger;
  bool None() const { return owner.empty() && stranger.empty(); }
  std::string Text() const { return fmt::format("owner: {}; stranger: {}", Describe(owner), Describe(stranger)); }
};

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.store, parameters.String("store"));
  READINESS_ASSIGN(settings.prepare, parameters.String("prepare"));
  READINESS_ASSIGN(settings.decide, parameters.String("decide"));
  READINESS_ASSIGN(settings.decided_in, parameters.StringList("decided_in"));
  READINESS_ASSIGN(settings.may_change, parameters.StringList("may_change"));
  READINESS_ASSIGN(settings.impersonations, parameters.StringList("impersonations"));
  READINESS_ASSIGN(settings.unauthenticated_with, parameters.Refusals("unauthenticated_with"));
  READINESS_ASSIGN(settings.stranger_refused_with, parameters.Refusals("stranger_refused_with"));
  READINESS_ASSIGN(settings.late_effects_within, parameters.Duration("late_effects_within_ms"));
  for (const std::string& table : settings.decided_in) {
    const auto& may_change = settings.may_change;
    if (std::find(may_change.begin(), may_change.end(), table) == may_change.end()) continue;
    return Fail(ErrorKind::kDefinition, fmt::format("table {} is in decided_in and in may_change", table));
  }
  if (settings.decided_in.empty()) return Fail(ErrorKind::kDefinition, "parameter decided_in is empty");
  return settings;
}

// The owner's id as the target gave it: a number stays a number in a JSON body.
Json OwnerId(const Identity& owner) {
  for (const auto& [name, value] : owner.values) {
    if (value.is_number_integer() && value.dump() == owner.owner) return value;
  }
  return owner.owner;
}

class Ownership {
 public:
  Ownership(Context& context, Settings settings, Store& store)
      : context_(context), settings_(std::move(settings)), store_(store) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(Prepare(owner_, "owner"));
    READINESS_RETURN_IF_ERROR(Prepare(stranger_, "stranger"));
    READINESS_RETURN_IF_ERROR(Mint());
    READINESS_RETURN_IF_ERROR(CheckTables());
    READINESS_ASSIGN(const std::vector<Attempt> attempts, Attempts());
    for (const Attempt& attempt : attempts) READINESS_RETURN_IF_ERROR(Try(attempt));
    // Before the controls, which store decisions themselves.
    READINESS_RETURN_IF_ERROR(AwaitLateDecisions());
    if (undecided_) return Fail(*undecided_);
    READINESS_RETURN_IF_ERROR(OwnerDecides());
    READINESS_RETURN_IF_ERROR(StrangerIsGenuine());
    READINESS_RETURN_IF_ERROR(MintedTokenIsHonoured());
    READINESS_RETURN_IF_ERROR(StrangerTriesAgain(attempts));
    return LookAgain();
  }

 private:
  Result<void> Prepare(Principal& principal, const std::string& label) {
    READINESS_ASSIGN(principal.user, context_.identities.Create(settings_.identity, label));
    READINESS_ASSIGN(ActionResult result, context_.actions.Run(settings_.prepare, principal.user));
    if (!result.as_expected) {
      return Fail({ErrorKind::kTarget,
                   fmt::format("{} did not work for the {}", settings_.prepare, label),
                   std::nullopt,
                   {},
                   result.mismatch,
                   {}});
    }
    principal.evaluation = std::move(result.captured);
    READINESS_ASSIGN(principal.rows, store_.SnapshotOwned(principal.user.owner));
    return {};
  }

  Result<void> Mint() {
    auto minted = context_.tokens.Reissue(owner_.user);
    if (!minted && minted.error().kind != ErrorKind::kNotAvailable) return Fail(minted.error());
    if (minted) minted_token_ = *minted;
    return {};
  }

  // A misspelt table would never gain a row by an attempt either.
  Result<void> CheckTables() const {
    for (const std::string& table : settings_.decided_in) {
      if (owner_.rows.contains(table)) continue;
      return Fail(ErrorKind::kDefinition,
                  fmt::format("parameter decided_in: the store has no table {} with an owner column", table));
    }
    return {};
  }

  Result<std::vector<Attempt>> Attempts() {
    const Identity anonymous = Identity::Anonymous();
    std::vector<Attempt> attempts;
    attempts.push_back({settings_.decide, anonymous, owner_.evaluation, settings_.unauthenticated_with});
    attempts.push_back({settings_.decide, stranger_.user, owner_.evaluation, settings_.stranger_refused_with});
    Values claiming = owner_.evaluation;
    claiming["owner_id"] = OwnerId(owner_.user);
    for (const std::string& action : settings_.impersonations) {
      READINESS_ASSIGN(const bool has, context_.actions.Has(action));
      if (!has) {
        left_out_.push_back(action);
        continue;
      }
      attempts.push_back({action, anonymous, claiming, settings_.unauthenticated_with});
      attempts.push_back({action, stranger_.user, claiming, settings_.stranger_refused_with});
    }
    READINESS_RETURN_IF_ERROR(AddForged(attempts));
    return attempts;
  }

  Result<void> AddForged(std::vector<Attempt>& attempts) {
    READINESS_ASSIGN(const std::vector<ForgedToken> forged, context_.tokens.Forge(owner_.user, stranger_.user));
    const bool expired =
        std::any_of(forged.begin(), forged.end(), [](const ForgedToken& token) { return token.name == "expired"; });
    if (forged.empty() || (minted_token_ && !expired)) {
      return Fail(ErrorKind::kInternal, forged.empty() ? "no token was forged"
                                                       : "no expired token was made although the signing key is known");
    }
    for (const ForgedToken& token : forged) {
      Json detail{{"token", token.what}};
      if (!expired) detail["not_tried"] = "expired tokens, as the deployment states no signing key";
      attempts.push_back({settings_.decide, owner_.user.WithToken("forged: " + token.name, token.token),
                          owner_.evaluation, settings_.unauthenticated_with, std::move(detail)});
    }
    return {};
  }

  // What changed since the last look, which it replaces.
  Result<Changes> Look(bool tolerate_may_change) {
    Changes changes;
    for (auto& [principal, list] : {std::pair{&owner_, &changes.owner}, {&stranger_, &changes.stranger}}) {
      READINESS_ASSIGN(StoreSnapshot now, store_.SnapshotOwned(principal->user.owner));
      *list = Compare(principal->rows, now);
      principal->rows = std::move(now);
      if (!tolerate_may_change) continue;
      std::erase_if(*list, [&](const TableChange& change) {
        return std::count(settings_.may_change.begin(), settings_.may_change.end(), change.table) > 0;
      });
    }
    return changes;
  }

  // Rows of other tables may change after a control: a legitimate decision may have jobs of its own.
  Result<Changes> LookAtDecisions() {
    READINESS_ASSIGN(Changes changes, Look(true));
    for (auto* list : {&changes.owner, &changes.stranger}) {
      std::erase_if(*list, [&](const TableChange& change) {
        return std::count(settings_.decided_in.begin(), settings_.decided_in.end(), change.table) == 0;
      });
    }
    return changes;
  }

  Result<void> Try(const Attempt& attempt, bool again = false) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(attempt.action, attempt.who, attempt.arguments));
    late_effects_.Attempted();
    READINESS_ASSIGN(const Changes changes, again ? LookAtDecisions() : Look(true));
    const int status = result.status();
    const std::string did = fmt::format("{} as \"{}\" on the owner's evaluation{}", attempt.action, attempt.who.label,
                                        again ? ", again after the owner decided" : "");
    const std::string expected = fmt::format("status {}, no row changed", ToString(attempt.refused_with));
    const bool refused = attempt.refused_with.contains(status);
    if (!refused && (result.as_expected || (status >= 200 && status < 300))) {
      context_.findings.AddViolation({"somebody decided on another's evaluation", did, expected,
                                      fmt::format("status {}, {}", status, changes.Text()), kFix});
    } else if (!changes.None()) {
      context_.findings.AddViolation({"a decision was refused and had an effect all the same", did, expected,
                                      fmt::format("status {}, {}", status, changes.Text()), kFix});
    } else if (refused) {
      if (!again)
        context_.findings.AddObservation({did, fmt::format("status {}, no row changed", status), attempt.detail});
    } else if (!undecided_) {
      // The other attempts may still show a violation.
      undecided_ = Error{ErrorKind::kTarget,
                         did + " was neither done nor refused",
                         std::nullopt,
                         fmt::format("status {}", ToString(attempt.refused_with)),
                         fmt::format("status {}", status),
                         {}};
    }
    return {};
  }

  // A refusal may be followed by a job that decides after all. With a violation on record there is nothing to wait for.
  Result<void> AwaitLateDecisions() {
    if (!context_.findings.violations().empty()) return {};
    late_effects_.Await();
    READINESS_ASSIGN(const Changes changes, Look(true));
    if (!changes.None()) LateDecision("nothing more, after all refusals", changes);
    return {};
  }

  void LateDecision(const std::string& did, const Changes& changes) {
    context_.findings.AddViolation(
        {"a refused decision was taken later", did, "no further decision", changes.Text(), kFix});
  }

  // `who` decides on the evaluation of `principal`, legitimately. Exactly one row in each table, nothing of the other.
  Result<void> MustDecide(const std::string& control, const std::string& statement, const Principal& principal,
                          const Identity& who) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.decide, who, principal.evaluation));
    READINESS_ASSIGN(const Changes changes, Look(false));
    const bool is_owner = &principal == &owner_;
    const auto& own = is_owner ? changes.owner : changes.stranger;
    const bool other_is_untouched = (is_owner ? changes.stranger : changes.owner).empty();
    const bool stored =
        std::all_of(settings_.decided_in.begin(), settings_.decided_in.end(), [&](const std::string& table) {
          return std::any_of(own.begin(), own.end(), [&](const TableChange& change) {
            return change.table == table && change.rows_after == change.rows_before + 1;
          });
        });
    std::string seen = fmt::format("status {}, {}", result.status(), changes.Text());
    if (!result.as_expected) seen += "; " + result.mismatch;
    if (!left_out_.empty()) seen += fmt::format("; not expressible in this target: {}", fmt::join(left_out_, ", "));
    context_.findings.AddControl({control, statement, result.as_expected && stored && other_is_untouched, seen});
    return {};
  }

  Result<void> OwnerDecides() {
    return MustDecide("owner_decides",
                      fmt::format("the owner decides on its evaluation, which stores exactly one row in {}",
                                  fmt::join(settings_.decided_in, ", ")),
                      owner_, owner_.user);
  }

  Result<void> StrangerIsGenuine() {
    return MustDecide("stranger_is_genuine",
                      "the stranger decides on its own evaluation with the token that was refused", stranger_,
                      stranger_.user);
  }

  Result<void> MintedTokenIsHonoured() {
    if (!minted_token_) return {};
    return MustDecide("minted_token_is_honoured",
                      "a token that Readiness minted for the owner with the signing key is honoured", owner_,
                      owner_.user.WithToken("owner with a minted token", *minted_token_));
  }

  // The evaluation may not have been visible to the target yet when the stranger was refused. The owner's decision has
  // shown that it is.
  Result<void> StrangerTriesAgain(const std::vector<Attempt>& attempts) {
    const auto& controls = context_.findings.controls();
    const bool hold =
        std::all_of(controls.begin(), controls.end(), [](const Control& control) { return control.satisfied; });
    if (!hold || !context_.findings.violations().empty()) return {};
    for (const Attempt& attempt : attempts) {
      if (attempt.who.owner == stranger_.user.owner) READINESS_RETURN_IF_ERROR(Try(attempt, true));
    }
    if (context_.findings.violations().empty()) late_effects_.Await();
    return {};
  }

  // The controls took a while, so a job that is slower still may show by now.
  Result<void> LookAgain() {
    READINESS_ASSIGN(const Changes changes, LookAtDecisions());
    if (!changes.None()) LateDecision("nothing more, after all refusals and controls", changes);
    if (undecided_) return Fail(*undecided_);
    return {};
  }

  static constexpr const char* kFix =
      "authenticate the caller and load the evaluation by its id and the caller's own id, before anything is decided";

  Context& context_;
  const Settings settings_;
  Store& store_;
  Principal owner_, stranger_;
  LateEffects late_effects_{settings_.late_effects_within};
  std::optional<std::string> minted_token_;  // the deployment's signing key is known
  std::optional<Error> undecided_;           // the first one
  std::vector<std::string> left_out_;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(loop_decision_needs_owner) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  READINESS_ASSIGN(Store * store, context.stores.Open(settings.store));
  return probes::Ownership(context, std::move(settings), *store).Run();
}
