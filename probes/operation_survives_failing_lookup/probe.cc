#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <algorithm>
#include <optional>

namespace readiness::probes {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLogPause{20};
constexpr std::size_t kMostShown = 300;
// A log that is longer is only seen in part; then nothing can be said about what it does not hold.
constexpr std::size_t kWholeLog = 64 * 1024;

struct Settings {
  std::string identity, service, variant, operation, take_away, restore;
  std::vector<std::string> prepare, answer_has;
  StatusSet answers;
  std::optional<Pattern> says;
  std::vector<Pattern> never_says;
  milliseconds log_within{0};
};

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.service, parameters.String("service"));
  READINESS_ASSIGN(settings.variant, parameters.String("variant"));
  READINESS_ASSIGN(settings.prepare, parameters.StringList("prepare"));
  READINESS_ASSIGN(settings.operation, parameters.String("operation"));
  READINESS_ASSIGN(settings.take_away, parameters.String("break"));
  READINESS_ASSIGN(settings.restore, parameters.String("restore"));
  READINESS_ASSIGN(settings.answers, parameters.Statuses("answers"));
  READINESS_ASSIGN(settings.answer_has, parameters.StringList("answer_has"));
  READINESS_ASSIGN(settings.log_within, parameters.Duration("log_within_ms"));
  READINESS_ASSIGN(const std::string says, parameters.String("log_says"));
  READINESS_ASSIGN(settings.says, Pattern::Compile(says));
  READINESS_ASSIGN(const std::vector<std::string> never_says, parameters.StringList("log_never_says"));
  for (const std::string& text : never_says) {
    READINESS_ASSIGN(Pattern pattern, Pattern::Compile(text));
    settings.never_says.push_back(std::move(pattern));
  }
  if (settings.answer_has.empty() || settings.answers.empty())
    return Fail(ErrorKind::kDefinition, "parameters answers and answer_has must say what a defined result is");
  for (const std::string& pointer : settings.answer_has) {
    if (pointer.empty() || pointer[0] != '/')
      return Fail(ErrorKind::kDefinition, fmt::format("parameter answer_has: \"{}\" is no JSON pointer", pointer));
  }
  return settings;
}

// What the operation came to.
struct Outcome {
  bool defined = false;
  std::string seen;
};

class Survival {
 public:
  Survival(Context& context, Settings settings) : context_(context), settings_(std::move(settings)) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(context_.services.StartInstance(settings_.service, {settings_.variant, true}));
    READINESS_ASSIGN(user_, context_.identities.Create(settings_.identity, "owner"));
    READINESS_ASSIGN(mark_, context_.logs.Mark(settings_.service));
    for (const std::string& action : settings_.prepare) READINESS_RETURN_IF_ERROR(Must(action));
    READINESS_ASSIGN(const Outcome before, Operate());
    context_.findings.AddControl({"works_before",
                                  fmt::format("{} works before its lookup is taken away", settings_.operation),
                                  before.defined, before.seen});
    if (!before.defined) return {};
    READINESS_RETURN_IF_ERROR(LogIsSilent());
    READINESS_ASSIGN(mark_, context_.logs.Mark(settings_.service));
    READINESS_RETURN_IF_ERROR(Must(settings_.take_away));
    READINESS_RETURN_IF_ERROR(OperateWithoutLookup());
    READINESS_RETURN_IF_ERROR(LogTells());
    READINESS_RETURN_IF_ERROR(Must(settings_.restore));
    READINESS_RETURN_IF_ERROR(OperateAgain());
    READINESS_RETURN_IF_ERROR(LogNeverSays());
    return context_.services.StopInstance(settings_.service);
  }

 private:
  Result<void> Must(const std::string& action) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(action, user_, values_));
    for (const auto& [name, value] : result.captured) values_[name] = value;
    if (result.as_expected) return {};
    return Fail({ErrorKind::kTarget, action + " did not work", std::nullopt, {}, result.mismatch, {}});
  }

  Result<Outcome> Operate() {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.operation, user_, values_));
    if (!result.exchange) return Fail(ErrorKind::kDefinition, "action " + settings_.operation + " is no HTTP request");
    const int status = result.status();
    if (status == 429) return Fail(ErrorKind::kTarget, settings_.operation + " was limited, not run");
    Outcome outcome{false, fmt::format("status {}", status)};
    if (!settings_.answers.contains(status)) return outcome;
    const Result<Json> body = result.exchange->response.ParseJson();
    outcome.defined = body.has_value();
    if (!body) outcome.seen += ", no JSON: " + body.error().Brief();
    for (const std::string& pointer : settings_.answer_has) {
      if (!body || body->contains(Json::json_pointer(pointer))) continue;
      outcome.defined = false;
      outcome.seen += fmt::format(", nothing at {}", pointer);
    }
    outcome.seen += fmt::format(", {}", result.exchange->response.body.substr(0, kMostShown));
    return outcome;
  }

  std::string Expected() const {
    return fmt::format("status {} with {}", ToString(settings_.answers), fmt::join(settings_.answer_has, ", "));
  }
  std::string Did() const { return fmt::format("{}, then {}", settings_.take_away, settings_.operation); }

  Result<void> OperateWithoutLookup() {
    READINESS_ASSIGN(const Outcome outcome, Operate());
    if (outcome.defined) {
      context_.findings.AddObservation({Did(), outcome.seen});
    } else {
      context_.findings.AddViolation({fmt::format("{} does not survive a failing lookup", settings_.operation), Did(),
                                      Expected(), outcome.seen, kFix});
    }
    return {};
  }

  Result<std::string> Log() {
    READINESS_ASSIGN(std::string text, context_.logs.Since(settings_.service, mark_));
    if (text.size() < kWholeLog) return text;
    return Fail(ErrorKind::kLimit, "the instance has logged more than can be looked through");
  }

  // A line that is there anyway does not tell of the failure; nor is it known then whether anything failed.
  Result<void> LogIsSilent() {
    READINESS_ASSIGN(const std::string text, Log());
    const std::vector<std::string> lines = settings_.says->FindLines(text);
    context_.findings.AddControl(
        {"log_is_silent_before",
         fmt::format("no line matches /{}/ before the lookup is taken away", settings_.says->text()), lines.empty(),
         lines.empty() ? "none" : fmt::format("{} lines like: {}", lines.size(), lines.front())});
    return {};
  }

  // What is written after the answer is waited for: a log has no event.
  Result<void> LogTells() {
    const auto end = std::chrono::steady_clock::now() + settings_.log_within;
    std::vector<std::string> lines;
    while (true) {
      READINESS_ASSIGN(const std::string text, Log());
      lines = settings_.says->FindLines(text);
      const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
      if (!lines.empty() || left.count() <= 0) break;
      ::poll(nullptr, 0, static_cast<int>(std::min(left, kLogPause).count()));
    }
    const std::string did = "the log of " + Did();
    const std::string expected = fmt::format("a line that matches /{}/", settings_.says->text());
    if (!lines.empty()) {
      context_.findings.AddObservation({did, fmt::format("{} lines like: {}", lines.size(), lines.front())});
    } else {
      context_.findings.AddViolation({"a failed lookup leaves nothing in the log", did, expected, "none",
                                      "log the failure with what was looked up"});
    }
    return {};
  }

  Result<void> LogNeverSays() {
    READINESS_ASSIGN(const std::string text, Log());
    bool clean = true;
    for (const Pattern& pattern : settings_.never_says) {
      const std::vector<std::string> lines = pattern.FindLines(text);
      if (lines.empty()) continue;
      clean = false;
      context_.findings.AddViolation({"the handling of a failed lookup fails itself", "the log of " + Did(),
                                      fmt::format("no line that matches /{}/", pattern.text()),
                                      fmt::format("{} lines like: {}", lines.size(), lines.front()), kFix});
    }
    if (clean)
      context_.findings.AddObservation({"the whole log since " + settings_.take_away,
                                        fmt::format("{} bytes, none of what must not be there", text.size())});
    return {};
  }

  Result<void> OperateAgain() {
    READINESS_ASSIGN(const Outcome after, Operate());
    const std::string did = fmt::format("{}, then {}", settings_.restore, settings_.operation);
    context_.findings.AddControl({"works_after",
                                  fmt::format("{} works again when the lookup is back", settings_.operation),
                                  after.defined, after.seen});
    if (after.defined) {
      context_.findings.AddObservation({did, after.seen});
    } else {
      context_.findings.AddViolation({fmt::format("{} stays broken after one failed lookup", settings_.operation), did,
                                      Expected(), after.seen, "roll back what failed; remember no failure"});
    }
    return {};
  }

  static constexpr const char* kFix =
      "catch the failure where it happens, log it by a logger that exists, and answer a result that says what is "
      "missing";

  Context& context_;
  const Settings settings_;
  Identity user_;
  Values values_;  // what actions captured
  std::uint64_t mark_ = 0;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(operation_survives_failing_lookup) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  return probes::Survival(context, std::move(settings)).Run();
}
