#include "engines/external_engine.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "definition/service_url.h"
#include "engines/http_try.h"
#include "engines/wait.h"

namespace readiness {
namespace {

constexpr Milliseconds kFirstPause{20};
constexpr Milliseconds kLongestPause{1'000};
constexpr Milliseconds kOneTry{5'000};
constexpr Milliseconds kShortestTry{20};

tl::unexpected<Error> NotOurs(const std::string& name) {
  return Fail(ErrorKind::kNotAvailable, fmt::format("service {} runs already and is not ours to change", name));
}

/// Empty: `condition` holds; else what was seen instead.
std::string LookAt(const WaitCondition& condition, const ServiceUrl& url, Milliseconds timeout) {
  if (!condition.http) return TryPort({url.host, url.port}, timeout);
  const HttpTry answer = TryHttp(url.text + condition.http->path, timeout, -1, Trust::kCertificate);
  if (answer.status == 0) return answer.failure;
  return condition.http->statuses.count(answer.status) > 0 ? "" : fmt::format("status {}", answer.status);
}

Result<void> Await(const ServiceSpec& spec) {
  READINESS_ASSIGN(const ServiceUrl url, ParseServiceUrl(spec.url));
  const Deadline deadline(spec.startup_timeout);
  for (const WaitCondition& condition : spec.ready) {
    Milliseconds pause = kFirstPause;
    for (;;) {
      const std::string seen = LookAt(condition, url, std::max(std::min(kOneTry, deadline.Remaining()), kShortestTry));
      if (seen.empty()) break;
      if (deadline.Passed()) {
        return Fail(Error{ErrorKind::kTimeout, fmt::format("service {} does not answer as it should", spec.name),
                          std::nullopt, Describe(condition, spec.url), seen,
                          "it is not started here: see that it runs and that this machine reaches it"});
      }
      ::poll(nullptr, 0, deadline.PollTime(pause));
      pause = std::min(pause * 2, kLongestPause);
    }
  }
  return {};
}

class ExternalEngine : public Engine {
 public:
  ExternalEngine(const std::string& run_id, const std::string& run_directory)
      : processes_(MakeProcessEngine(run_id, run_directory)) {}

  Result<int> ReservePort(std::optional<int> fixed) override { return processes_->ReservePort(fixed); }
  Result<void> Start(const ServiceSpec& spec) override {
    if (!spec.command.empty()) return processes_->Start(spec);
    READINESS_RETURN_IF_ERROR(Await(spec));
    others_[spec.name] = spec;
    return {};
  }
  Result<void> RunToEnd(const ServiceSpec& spec) override { return processes_->RunToEnd(spec); }
  void Stop(const std::string& name) override { processes_->Stop(name); }
  void Kill(const std::string& name) override { processes_->Kill(name); }
  Result<void> Pause(const std::string& name) override {
    return others_.contains(name) ? NotOurs(name) : processes_->Pause(name);
  }
  Result<void> Resume(const std::string& name) override {
    return others_.contains(name) ? NotOurs(name) : processes_->Resume(name);
  }
  Result<void> AwaitReady(const std::string& name) override {
    const auto found = others_.find(name);
    return found != others_.end() ? Await(found->second) : processes_->AwaitReady(name);
  }
  Result<std::string> ProcessOf(const std::string& name) override {
    if (others_.contains(name)) return NotOurs(name);
    return processes_->ProcessOf(name);
  }
  std::vector<std::pair<std::string, std::string>> TakeEnded() override { return processes_->TakeEnded(); }

 private:
  std::unique_ptr<Engine> processes_;
  std::map<std::string, ServiceSpec> others_;
};

}  // namespace

std::unique_ptr<Engine> MakeExternalEngine(const std::string& run_id, const std::string& run_directory) {
  return std::make_unique<ExternalEngine>(run_id, run_directory);
}

}  // namespace readiness
