#include "readiness/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "readiness/late_effects.h"

namespace readiness::probes {
namespace {

// A configuration of the service and what it has to mean.
struct Configuration {
  std::string variant;
  bool enabled = false;
};

// An action that would ask the model, and where its answer shows that it had something to do.
struct Use {
  std::string action;
  std::vector<std::string> present;  // JSON pointers
};

// What the item says, typed.
struct Settings {
  std::string identity, service, model, status, status_field;
  std::vector<std::string> prepare;
  std::vector<Use> uses;
  std::vector<Configuration> cases;
  std::chrono::milliseconds late_effects_within{0};
};

// Calls that the model received while one configuration ran.
struct Asked {
  int genuine = 0;       // by the instance, with the genuine key
  int others = 0;        // by the instance, with another key or none
  int unattributed = 0;  // by nobody knows whom
  int All() const { return genuine + others; }
};

Result<void> CheckKeys(const Json& entry, const std::set<std::string>& known, const std::string& parameter) {
  if (!entry.is_object())
    return Fail(ErrorKind::kDefinition, "parameter " + parameter + " holds something else than objects");
  for (const auto& [key, value] : entry.items()) {
    if (!known.contains(key)) return Fail(ErrorKind::kDefinition, "parameter " + parameter + ": unknown key " + key);
  }
  return {};
}

Result<std::vector<Configuration>> ReadCases(const Json& list) {
  std::vector<Configuration> cases;
  for (const Json& entry : list) {
    READINESS_RETURN_IF_ERROR(CheckKeys(entry, {"variant", "enabled"}, "cases"));
    const auto variant = entry.find("variant");
    const auto enabled = entry.find("enabled");
    if (variant == entry.end() || !variant->is_string() || enabled == entry.end() || !enabled->is_boolean()) {
      return Fail(ErrorKind::kDefinition, "parameter cases: every entry needs a variant and enabled: true or false");
    }
    cases.push_back({variant->get<std::string>(), enabled->get<bool>()});
  }
  for (const bool sort : {true, false}) {
    if (std::any_of(cases.begin(), cases.end(), [&](const Configuration& one) { return one.enabled == sort; }))
      continue;
    return Fail(ErrorKind::kDefinition, fmt::format("parameter cases: none has enabled: {}", sort));
  }
  return cases;
}

Result<std::vector<Use>> ReadUses(const Json& list) {
  std::vector<Use> uses;
  for (const Json& entry : list) {
    READINESS_RETURN_IF_ERROR(CheckKeys(entry, {"action", "present"}, "uses"));
    if (!entry.contains("action") || !entry["action"].is_string()) {
      return Fail(ErrorKind::kDefinition, "parameter uses: every entry needs an action");
    }
    Use use{entry["action"], {}};
    for (const Json& pointer : entry.value("present", Json::array())) {
      if (!pointer.is_string() || !pointer.get<std::string>().starts_with('/')) {
        return Fail(ErrorKind::kDefinition, "parameter uses: present holds JSON pointers");
      }
      use.present.push_back(pointer.get<std::string>());
    }
    uses.push_back(std::move(use));
  }
  const bool shown = std::any_of(uses.begin(), uses.end(), [](const Use& use) { return !use.present.empty(); });
  if (!shown)
    return Fail(ErrorKind::kDefinition, "parameter uses: no entry says what is present when it had something to do");
  return uses;
}

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.service, parameters.String("service"));
  READINESS_ASSIGN(settings.model, parameters.String("model"));
  READINESS_ASSIGN(settings.status, parameters.String("status"));
  READINESS_ASSIGN(settings.status_field, parameters.String("status_field"));
  READINESS_ASSIGN(settings.prepare, parameters.StringList("prepare"));
  READINESS_ASSIGN(const Json uses, parameters.Raw("uses"));
  READINESS_ASSIGN(settings.uses, ReadUses(uses));
  READINESS_ASSIGN(const Json cases, parameters.Raw("cases"));
  READINESS_ASSIGN(settings.cases, ReadCases(cases));
  READINESS_ASSIGN(settings.late_effects_within, parameters.Duration("late_effects_within_ms"));
  if (!settings.status_field.starts_with('/')) {
    return Fail(ErrorKind::kDefinition, "parameter status_field is no JSON pointer");
  }
  return settings;
}

std::string_view Word(bool enabled) {
  return enabled ? "enabled" : "disabled";
}

class Switch {
 public:
  Switch(Context& context, Settings settings, LanguageModel& model)
      : context_(context), settings_(std::move(settings)), model_(model) {}

  Result<void> Run() {
    for (const Configuration& one : settings_.cases) READINESS_RETURN_IF_ERROR(TryAndStop(one));
    if (undecided_) return Fail(*undecided_);
    return {};
  }

 private:
  // What is asked when it ends is asked, too.
  Result<void> TryAndStop(const Configuration& one) {
    READINESS_RETURN_IF_ERROR(Try(one));
    const std::int64_t mark = last_;
    READINESS_RETURN_IF_ERROR(context_.services.StopInstance(settings_.service));
    READINESS_ASSIGN(const std::vector<ModelCall> calls, model_.CallsOfLast());
    const Asked asked = Count(calls, mark);
    if (one.enabled || asked.All() == 0) return {};
    context_.findings.AddViolation(
        {"a language model was asked although nobody enabled it",
         fmt::format("stopping variant {}, where the model is {}", one.variant, Word(one.enabled)), "no call",
         fmt::format("{} calls with the genuine key, {} with another or none", asked.genuine, asked.others),
         "ask the model only when its flag is exactly true, and leave it off when it is not set"});
    return {};
  }

  Result<void> Try(const Configuration& one) {
    READINESS_ASSIGN(const std::int64_t mark, LastCall());
    READINESS_RETURN_IF_ERROR(context_.services.StartInstance(settings_.service, InstanceOptions{one.variant, false}));
    const Result<void> worked = UseAll(one);
    // A call may come from a job that the use started. Where the model has to be called there is nothing to wait for.
    LateEffects late(settings_.late_effects_within);
    late.Attempted();
    if (!one.enabled) late.Await();
    READINESS_ASSIGN(const Asked asked, AskedSince(mark));
    Judge(one, asked, worked);
    if (!worked) {
      if (!undecided_) undecided_ = worked.error();
      if (one.enabled) return {};
    }
    return CheckStatus(one, asked, worked.has_value());
  }

  Result<std::int64_t> LastCall() {
    READINESS_ASSIGN(const std::vector<ModelCall> calls, model_.Calls());
    return calls.empty() ? std::max<std::int64_t>(last_, 0) : std::max(last_, calls.back().sequence);
  }

  Result<Asked> AskedSince(std::int64_t mark) {
    READINESS_ASSIGN(const std::vector<ModelCall> calls, model_.Calls());
    return Count(calls, mark);
  }

  Asked Count(const std::vector<ModelCall>& calls, std::int64_t mark) {
    Asked asked;
    for (const ModelCall& call : calls) {
      last_ = std::max(last_, call.sequence);
      if (call.sequence <= mark) continue;
      ++(call.unattributed ? asked.unattributed : call.genuine_key ? asked.genuine : asked.others);
    }
    return asked;
  }

  // Everything that would ask the model, as a new user of this configuration.
  Result<void> UseAll(const Configuration& one) {
    READINESS_ASSIGN(const Identity user, context_.identities.Create(settings_.identity, "user-" + one.variant));
    Values arguments;
    for (const std::string& action : settings_.prepare) {
      READINESS_ASSIGN(const ActionResult result, context_.actions.Run(action, user, arguments));
      if (!result.as_expected) return DoesNotWork(action, one, result.mismatch);
      for (const auto& [name, value] : result.captured) arguments[name] = value;
    }
    for (const Use& use : settings_.uses) {
      READINESS_ASSIGN(const ActionResult result, context_.actions.Run(use.action, user, arguments));
      if (!result.as_expected) return DoesNotWork(use.action, one, result.mismatch);
      READINESS_RETURN_IF_ERROR(HadSomethingToDo(use, one, result));
    }
    return {};
  }

  Result<void> HadSomethingToDo(const Use& use, const Configuration& one, const ActionResult& result) const {
    if (use.present.empty()) return {};
    if (!result.exchange) return DoesNotWork(use.action, one, "no answer over HTTP");
    READINESS_ASSIGN(const Json body, result.exchange->response.ParseJson());
    for (const std::string& pointer : use.present) {
      const Json::json_pointer at(pointer);
      if (!body.contains(at) || body.at(at).is_null() || (body.at(at).is_structured() && body.at(at).empty())) {
        return DoesNotWork(use.action, one, "nothing at " + pointer + ", so there was nothing to ask a model about");
      }
    }
    return {};
  }

  static tl::unexpected<Error> DoesNotWork(const std::string& action, const Configuration& one,
                                           const std::string& why) {
    return Fail(Error{ErrorKind::kTarget,
                      fmt::format("{} does not work with variant {}", action, one.variant),
                      std::nullopt,
                      {},
                      why,
                      {}});
  }

  void Judge(const Configuration& one, const Asked& asked, const Result<void>& worked) {
    const std::string did = fmt::format("variant {}, where the model is {}", one.variant, Word(one.enabled));
    const std::string seen =
        fmt::format("{} calls with the genuine key, {} with another or none", asked.genuine, asked.others);
    if (one.enabled) {
      context_.findings.AddControl({"model_is_called_when_enabled",
                                    fmt::format("with variant {} the same use asks the model", one.variant),
                                    worked.has_value() && asked.genuine > 0, seen});
      return;
    }
    if (asked.All() > 0) {
      context_.findings.AddViolation(
          {"a language model was asked although nobody enabled it", did, "no call", seen,
           "ask the model only when its flag is exactly true, and leave it off when it is not set"});
      return;
    }
    if (asked.unattributed > 0) {
      if (!undecided_) {
        undecided_ = Error{ErrorKind::kTarget,
                           did + ": somebody asked the model, and nobody can tell whether it was this instance",
                           std::nullopt,
                           "no call without a channel",
                           fmt::format("{} calls", asked.unattributed),
                           "let the deployment use ${double.<name>.url} or ${double.<name>.proxy} as they are"};
      }
      return;
    }
    if (worked) context_.findings.AddObservation({did, "it works, and the model was not asked"});
  }

  // Where nobody enabled the model, a status that says it is on is wrong even if the system could not be used: either
  // the model is on by default, or the status does not tell.
  Result<void> CheckStatus(const Configuration& one, const Asked& asked, bool worked) {
    // Whether it is off by mistake of target or deployment is for the control to say.
    if (one.enabled && asked.genuine == 0) return {};
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.status, Identity::Anonymous()));
    if (!result.as_expected || !result.exchange) {
      if (!undecided_) undecided_ = DoesNotWork(settings_.status, one, result.mismatch).value();
      return {};
    }
    READINESS_ASSIGN(const Json body, result.exchange->response.ParseJson());
    const Json::json_pointer at(settings_.status_field);
    const bool on = asked.All() > 0;
    const Json said = body.contains(at) ? body.at(at) : Json("nothing");
    const std::string did = fmt::format("{} with variant {}", settings_.status, one.variant);
    if (said == on) {
      if (worked)
        context_.findings.AddObservation(
            {did, fmt::format("{} is {}, as observed", settings_.status_field, said.dump())});
      return {};
    }
    if (!worked && said != true) return {};
    context_.findings.AddViolation(
        {worked ? "the status contradicts what the system does"
                : "the status says that a language model is on although nobody enabled it",
         did, fmt::format("{} is {}: the model was {}asked", settings_.status_field, on, on ? "" : "not "),
         fmt::format("{} is {}", settings_.status_field, said.dump(-1, ' ', true, Json::error_handler_t::replace)),
         "let the status read the same setting as the client of the model"});
    return {};
  }

  Context& context_;
  const Settings settings_;
  LanguageModel& model_;
  std::int64_t last_ = 0;           // sequence of the latest call seen
  std::optional<Error> undecided_;  // the first one; other configurations may still show a violation
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(language_model_is_off_unless_enabled) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  READINESS_ASSIGN(LanguageModel * model, context.doubles.OpenLanguageModel(settings.model));
  return probes::Switch(context, std::move(settings), *model).Run();
}
