#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <algorithm>
#include <optional>

namespace readiness::probes {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kRoundsAfterRed = 40;
constexpr milliseconds kTimeForRounds{1'000};  // answers that wait for the store are not asked for more often
constexpr milliseconds kStorePatience{1'000};
constexpr milliseconds kFirstPause{10};
constexpr milliseconds kLongestPause{200};
// Statuses that say that the request was not looked at; they tell nothing about health.
const StatusSet kUnheard{405, 408, 415, 425, 429, 431};

struct Settings {
  std::string identity, service, store, liveness, readiness, authenticated;
  std::vector<std::string> faults, also_red;
  StatusSet green, red;
  milliseconds deadline{0};
  std::optional<milliseconds> silence_is_red;
};

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.service, parameters.String("service"));
  READINESS_ASSIGN(settings.store, parameters.String("store"));
  READINESS_ASSIGN(settings.faults, parameters.StringList("faults"));
  READINESS_ASSIGN(settings.liveness, parameters.String("liveness"));
  READINESS_ASSIGN(settings.readiness, parameters.String("readiness"));
  READINESS_ASSIGN(settings.also_red, parameters.StringList("also_red"));
  READINESS_ASSIGN(settings.authenticated, parameters.String("authenticated"));
  READINESS_ASSIGN(settings.green, parameters.Statuses("green"));
  READINESS_ASSIGN(settings.red, parameters.Statuses("red"));
  READINESS_ASSIGN(settings.deadline, parameters.Duration("deadline_ms"));
  if (parameters.Has("no_answer_is_red_after_ms")) {
    READINESS_ASSIGN(settings.silence_is_red, parameters.Duration("no_answer_is_red_after_ms"));
  }
  const auto wrong = [](const std::string& what) { return Fail(ErrorKind::kDefinition, what); };
  if (settings.faults.empty()) return wrong("parameter faults is empty: nothing would be looked at");
  for (const std::string& fault : settings.faults) {
    if (fault != "stopped" && fault != "hanging")
      return wrong(fmt::format("parameter faults: \"{}\" is neither stopped nor hanging", fault));
  }
  for (const int status : settings.red) {
    if (status < 400 || kUnheard.contains(status) || settings.green.contains(status))
      return wrong(fmt::format("parameter red: status {} does not say unhealthy", status));
  }
  if (settings.red.empty() || settings.green.empty()) return wrong("red and green need at least one status each");
  return settings;
}

// One answer of a health action.
struct Answer {
  int status = 0;  // 0: none came
  std::string body;
  std::string failure;
  milliseconds took{0};
  std::string Text() const { return status != 0 ? fmt::format("status {}", status) : "no answer: " + failure; }
};

// A health action that has to turn red.
struct Indicator {
  std::string action;
  Answer green;  // as answered while the store was there
  Answer last;   // as answered last
  std::optional<milliseconds> red_after;
  bool differed = false;  // it has answered something else than `green` since the fault
};

class Health {
 public:
  Health(Context& context, Settings settings, Store& store)
      : context_(context), settings_(std::move(settings)), store_(store) {}

  Result<void> Run() {
    READINESS_ASSIGN(user_, context_.identities.Create(settings_.identity, "patient"));
    indicators_.push_back({settings_.readiness, {}, {}, {}});
    for (const std::string& action : settings_.also_red) indicators_.push_back({action, {}, {}, {}});
    READINESS_ASSIGN(const bool sound, LookBefore());
    // Without it, nothing that is seen later says anything.
    if (!sound) return {};
    for (const std::string& fault : settings_.faults) {
      READINESS_ASSIGN(const bool go_on, TryFault(fault));
      if (!go_on) return {};
    }
    return {};
  }

 private:
  // ---- asking -----------------------------------------------------------------------------------------------------

  Result<Answer> Ask(const std::string& action) {
    const Clock::time_point begin = Clock::now();
    const Result<ActionResult> result = context_.actions.Run(action, Identity::Anonymous());
    Answer answer;
    answer.took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
    if (!result) {
      const ErrorKind kind = result.error().kind;
      // That nobody answers is an answer here; whatever else went wrong is our trouble.
      if (kind != ErrorKind::kTarget && kind != ErrorKind::kTimeout) return Fail(result.error());
      answer.failure = result.error().what;
      return answer;
    }
    if (!result->exchange) return Fail(ErrorKind::kDefinition, "action " + action + " is no HTTP request");
    answer.status = result->status();
    answer.body = result->exchange->response.body;
    if (!kUnheard.contains(answer.status)) return answer;
    return Fail({ErrorKind::kTarget,
                 action + " did not look at the request",
                 std::nullopt,
                 fmt::format("status {} or {}", ToString(settings_.green), ToString(settings_.red)),
                 answer.Text(),
                 {}});
  }

  bool IsGreen(const Answer& answer) const { return settings_.green.contains(answer.status); }
  bool IsSilentRed(const Answer& answer) const {
    return answer.status == 0 && settings_.silence_is_red && answer.took >= *settings_.silence_is_red;
  }
  bool IsRed(const Answer& answer) const { return settings_.red.contains(answer.status) || IsSilentRed(answer); }

  Result<bool> Works() {
    const Result<ActionResult> result = context_.actions.Run(settings_.authenticated, user_);
    if (!result && result.error().kind != ErrorKind::kTarget && result.error().kind != ErrorKind::kTimeout)
      return Fail(result.error());
    work_seen_ = result ? (result->as_expected ? fmt::format("status {}", result->status()) : result->mismatch)
                        : "no answer: " + result.error().what;
    return result && result->as_expected;
  }

  bool StoreAnswers() {
    const Result<void> answer = store_.Answers(kStorePatience);
    store_seen_ = answer ? "it answered" : answer.error().Brief();
    return answer.has_value();
  }

  // Grows from poll to poll; there is no event to wait for.
  void Pause(milliseconds& pause, Clock::time_point end) const {
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    if (left.count() > 0) ::poll(nullptr, 0, static_cast<int>(std::min(pause, left).count()));
    pause = std::min(pause * 2, kLongestPause);
  }

  // ---- the store is there -----------------------------------------------------------------------------------------

  Result<bool> LookBefore() {
    READINESS_ASSIGN(const Answer live, Ask(settings_.liveness));
    bool green = IsGreen(live);
    std::string seen = fmt::format("{} {}", settings_.liveness, live.Text());
    for (Indicator& indicator : indicators_) {
      READINESS_ASSIGN(indicator.green, Ask(indicator.action));
      green = green && IsGreen(indicator.green);
      seen += fmt::format(", {} {}", indicator.action, indicator.green.Text());
    }
    context_.findings.AddControl(
        {"green_before", "every health action is green while the store is there", green, seen});
    READINESS_ASSIGN(const bool works, Works());
    context_.findings.AddControl(
        {"works_before", fmt::format("{} works while the store is there", settings_.authenticated), works, work_seen_});
    return green && works;
  }

  // ---- the store is away ------------------------------------------------------------------------------------------

  // False when the rest cannot be judged any more.
  Result<bool> TryFault(const std::string& fault) {
    violations_.clear();
    observations_.clear();
    READINESS_ASSIGN(const std::string process, context_.services.ProcessOf(settings_.service));
    READINESS_RETURN_IF_ERROR(context_.services.BreakStore(
        settings_.store, fault == "stopped" ? StoreFault::kStopped : StoreFault::kHanging));
    const std::string did = fmt::format("store {} {}", settings_.store, fault);
    READINESS_RETURN_IF_ERROR(Watch(did));
    if (fault == settings_.faults.front()) READINESS_RETURN_IF_ERROR(WorkNeedsStore(did));
    const bool away = !StoreAnswers();
    context_.findings.AddControl(
        {"store_was_away", fmt::format("with {}, our own statement fails", did), away, store_seen_});
    READINESS_RETURN_IF_ERROR(context_.services.MendStore(settings_.store));
    // A store that was never away says nothing about whoever found it there.
    if (!away) return false;
    const bool back = StoreAnswers();
    context_.findings.AddControl(
        {"store_is_back", fmt::format("after {}, our own statement works again", did), back, store_seen_});
    if (back) READINESS_RETURN_IF_ERROR(LookAfter(did));
    READINESS_RETURN_IF_ERROR(CompareProcess(did, process));
    for (Violation& violation : violations_) context_.findings.AddViolation(std::move(violation));
    for (Observation& observation : observations_) context_.findings.AddObservation(std::move(observation));
    return back && recovered_;
  }

  // What works without the store proves nothing about the store by working.
  Result<void> WorkNeedsStore(const std::string& did) {
    READINESS_ASSIGN(const bool works, Works());
    context_.findings.AddControl({"work_needs_the_store",
                                  fmt::format("with {}, {} does not work", did, settings_.authenticated), !works,
                                  work_seen_});
    return {};
  }

  Result<void> AskLiveness(const std::string& did) {
    READINESS_ASSIGN(const Answer live, Ask(settings_.liveness));
    ++live_asked_;
    if (!IsGreen(live) && !live_failed_) live_failed_ = live;
    if (!live_failed_ || live_reported_) return {};
    live_reported_ = true;
    violations_.push_back({"liveness turns red with the store", fmt::format("{} with {}", settings_.liveness, did),
                           fmt::format("status {} all the time", ToString(settings_.green)), live_failed_->Text(),
                           "keep liveness free of the store: a restart of the service does not bring it back"});
    return {};
  }

  // One question to `indicator`; notes how long after `fault` it turned red.
  Result<void> AskIndicator(Indicator& indicator, Clock::time_point fault, Clock::time_point end) {
    const Clock::time_point asked = Clock::now();
    READINESS_ASSIGN(indicator.last, Ask(indicator.action));
    const Answer& last = indicator.last;
    indicator.differed =
        indicator.differed || last.status != indicator.green.status || last.body != indicator.green.body;
    if (!IsRed(last)) return {};
    // Silence is known as such before we stop waiting for its end.
    const auto since = IsSilentRed(last) ? asked + *settings_.silence_is_red : Clock::now();
    // Who was asked after the deadline only because another one kept us waiting is not late for that.
    indicator.red_after = std::chrono::duration_cast<milliseconds>(since - (asked > end ? asked : fault));
    return {};
  }

  Result<void> Watch(const std::string& did) {
    const Clock::time_point fault = Clock::now();
    const Clock::time_point end = fault + settings_.deadline;
    live_failed_.reset();
    live_reported_ = false;
    live_asked_ = 0;
    flapped_.clear();
    for (Indicator& indicator : indicators_) {
      indicator.red_after.reset();
      indicator.differed = false;
    }
    milliseconds pause = kFirstPause;
    bool waiting = true;
    while (waiting) {
      waiting = false;
      READINESS_RETURN_IF_ERROR(AskLiveness(did));
      for (Indicator& indicator : indicators_) {
        if (indicator.red_after) continue;
        READINESS_RETURN_IF_ERROR(AskIndicator(indicator, fault, end));
        waiting = waiting || !indicator.red_after;
      }
      if (Clock::now() >= end) break;
      if (waiting) Pause(pause, end);
    }
    READINESS_RETURN_IF_ERROR(AskLiveness(did));
    READINESS_RETURN_IF_ERROR(StaysRed(did));
    for (const Indicator& indicator : indicators_) Judge(indicator, did);
    if (!live_failed_)
      observations_.push_back({fmt::format("{} with {}", settings_.liveness, did),
                               fmt::format("stayed green, asked {} times", live_asked_)});
    return {};
  }

  Result<void> StaysRed(const std::string& did) {
    const Clock::time_point begin = Clock::now();
    for (int round = 0; round < kRoundsAfterRed && (round == 0 || Clock::now() - begin < kTimeForRounds); ++round) {
      for (Indicator& indicator : indicators_) {
        if (!indicator.red_after || *indicator.red_after > settings_.deadline || flapped_.contains(indicator.action))
          continue;
        READINESS_ASSIGN(const Answer answer, Ask(indicator.action));
        if (IsRed(answer)) continue;
        flapped_.insert(indicator.action);
        violations_.push_back({fmt::format("{} turns green again without the store", indicator.action),
                               fmt::format("{} with {}, after it had turned red", indicator.action, did), Expected(),
                               answer.Text(), kFix});
      }
      READINESS_RETURN_IF_ERROR(AskLiveness(did));
    }
    return {};
  }

  std::string Expected() const {
    std::string expected = fmt::format("status {} within {} ms", ToString(settings_.red), settings_.deadline.count());
    if (settings_.silence_is_red) expected += fmt::format(", or none for {} ms", settings_.silence_is_red->count());
    return expected;
  }

  void Judge(const Indicator& indicator, const std::string& did) {
    const std::string what = fmt::format("{} with {}", indicator.action, did);
    if (indicator.red_after && *indicator.red_after <= settings_.deadline) {
      if (!flapped_.contains(indicator.action))
        observations_.push_back(
            {what, fmt::format("red after {} ms: {}", indicator.red_after->count(), indicator.last.Text())});
      return;
    }
    std::string headline = indicator.action + " stays green without the store";
    std::string actual = fmt::format("{} at last", indicator.last.Text());
    if (!indicator.differed) {
      headline += ": its answer is a constant";
      actual = fmt::format("{} with the same body as with the store", indicator.last.Text());
    } else if (indicator.red_after) {
      headline = indicator.action + " turns red too late";
      actual = fmt::format("{} after {} ms", indicator.last.Text(), indicator.red_after->count());
    } else if (!IsGreen(indicator.last)) {
      headline = indicator.action + " does not say that the store is away";
    }
    violations_.push_back({headline, what, Expected(), actual, kFix});
  }

  // ---- the store is back ------------------------------------------------------------------------------------------

  Result<void> LookAfter(const std::string& did) {
    const Clock::time_point back = Clock::now();
    const Clock::time_point end = back + settings_.deadline;
    milliseconds pause = kFirstPause;
    std::vector<std::string> not_green;
    bool works = false;
    while (true) {
      not_green.clear();
      READINESS_ASSIGN(const Answer live, Ask(settings_.liveness));
      if (!IsGreen(live)) not_green.push_back(fmt::format("{} {}", settings_.liveness, live.Text()));
      for (Indicator& indicator : indicators_) {
        READINESS_ASSIGN(indicator.last, Ask(indicator.action));
        if (!IsGreen(indicator.last))
          not_green.push_back(fmt::format("{} {}", indicator.action, indicator.last.Text()));
      }
      READINESS_ASSIGN(works, Works());
      if ((not_green.empty() && works) || Clock::now() >= end) break;
      Pause(pause, end);
    }
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - back);
    recovered_ = not_green.empty() && works && took <= settings_.deadline;
    context_.findings.AddControl(
        {"works_again", fmt::format("after {}, {} works again", did, settings_.authenticated), works, work_seen_});
    if (recovered_) {
      observations_.push_back({fmt::format("all health actions after {}", did),
                               fmt::format("green again and at work {} ms after the store was back", took.count())});
      return {};
    }
    const std::string actual = fmt::format(
        "{}{}{} after {} ms", fmt::join(not_green, ", "), not_green.empty() ? "" : ", ",
        works ? settings_.authenticated + " works" : settings_.authenticated + " " + work_seen_, took.count());
    violations_.push_back(
        {not_green.empty() && !works ? "health is green again, and the service does not work"
                                     : "the service does not recover when the store is back",
         fmt::format("{}, then mended", did),
         fmt::format("all green and {} at work within {} ms", settings_.authenticated, settings_.deadline.count()),
         actual, "connect to the store anew when a connection has broken; do not remember that it was away"});
    return {};
  }

  Result<void> CompareProcess(const std::string& did, const std::string& before) {
    const Result<std::string> after = context_.services.ProcessOf(settings_.service);
    if (!after && after.error().kind != ErrorKind::kNotAvailable) return Fail(after.error());
    if (after && *after == before) return {};
    recovered_ = recovered_ && after.has_value();
    violations_.push_back(
        {after ? "the service was restarted while the store was away" : "the service ended while the store was away",
         did, fmt::format("the same process, {}", before), after ? *after : after.error().what,
         "outlive the loss of the store: answer red, and connect again"});
    return {};
  }

  static constexpr const char* kFix =
      "let it run a statement with a short timeout on the store, and answer 503 when that fails";

  Context& context_;
  const Settings settings_;
  Store& store_;
  Identity user_;
  std::vector<Indicator> indicators_;
  std::set<std::string> flapped_;
  std::string work_seen_, store_seen_;
  std::optional<Answer> live_failed_;
  bool live_reported_ = false;
  int live_asked_ = 0;
  bool recovered_ = false;
  std::vector<Violation> violations_;      // of the present fault, until it is sure that the store was away
  std::vector<Observation> observations_;  // likewise
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(health_tells_the_truth) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  READINESS_ASSIGN(Store * store, context.stores.Open(settings.store));
  return probes::Health(context, std::move(settings), *store).Run();
}
