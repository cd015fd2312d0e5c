#pragma once
// What every engine has to do, as a suite of tests that each engine's tests instantiate with a Kind:
//   static std::unique_ptr<Engine> Make(run_id, directory)
//   static void Fill(ServiceSpec&, arguments)      the spec runs the helper with these
//   static void Listen(ServiceSpec&, mode, more)   likewise, as a listener at the port of spec.url
//   static std::vector<std::string> Alive(run_id)  what of the run is running, one entry per service
//   static void KillFromOutside(run_id, service)   ends it as a stranger would
//   static const char* Killed()                    what is said of one that SIGKILL ended

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <fstream>
#include <thread>

#include "engine_fixture.h"

namespace readiness {

inline std::int64_t MillisecondsFor(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin).count();
}

template <class Kind>
class EngineContract : public ::testing::Test {
 protected:
  EngineContract() {
    std::string pattern = std::filesystem::temp_directory_path() / "engine-contract-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    engine_ = Kind::Make(run_id_, directory_);
  }
  ~EngineContract() override {
    engine_.reset();
    EXPECT_EQ(Kind::Alive(run_id_), std::vector<std::string>());
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  ServiceSpec Helper(const std::string& name, const std::vector<std::string>& arguments,
                     const std::vector<WaitCondition>& ready) const {
    ServiceSpec spec = Plain(name, ready);
    Kind::Fill(spec, arguments);
    return spec;
  }
  ServiceSpec Listener(const std::string& name, const std::string& mode, const std::vector<WaitCondition>& ready,
                       const std::vector<std::string>& more = {}) {
    ServiceSpec spec = Plain(name, ready);
    spec.url = "http://127.0.0.1:" + std::to_string(engine_->ReservePort(std::nullopt).value());
    Kind::Listen(spec, mode, more);
    return spec;
  }
  void Start(const ServiceSpec& spec) {
    const Result<void> started = engine_->Start(spec);
    ASSERT_TRUE(started) << RenderError(started.error());
  }
  Error Failure(const ServiceSpec& spec) {
    const Result<void> started = engine_->Start(spec);
    EXPECT_FALSE(started) << spec.name;
    return started ? Error{} : started.error();
  }
  std::string Log(const std::string& name) const {
    std::ifstream file(directory_ + "/" + name + ".log");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  /// How often `line` stands in the log of `name`.
  int Count(const std::string& name, const std::string& line) const {
    int count = 0;
    std::istringstream lines(Log(name));
    for (std::string one; std::getline(lines, one);) count += one == line ? 1 : 0;
    return count;
  }
  std::size_t Alive() const { return Kind::Alive(run_id_).size(); }

  std::string run_id_ = "test" + RandomHex(8);
  std::string directory_;
  std::unique_ptr<Engine> engine_;

 private:
  ServiceSpec Plain(const std::string& name, const std::vector<WaitCondition>& ready) const {
    ServiceSpec spec;
    spec.name = name;
    spec.log_file = directory_ + "/" + name + ".log";
    spec.ready = ready;
    spec.startup_timeout = Milliseconds(100'000);
    spec.stop_grace = Milliseconds(100);
    return spec;
  }
};

TYPED_TEST_SUITE_P(EngineContract);

TYPED_TEST_P(EngineContract, RunsAndStopsService) {
  ServiceSpec spec = this->Listener("api", "serve-until-asked", {HttpAnswers({200}), PortOpen()});
  spec.stop_grace = Milliseconds(60'000);
  this->Start(spec);
  EXPECT_EQ(this->Alive(), 1u);
  EXPECT_LT(MillisecondsFor([&] { this->engine_->Stop("api"); }), 30'000) << "its end is noticed at once";
  EXPECT_EQ(this->Count("api", "asked to end"), 1);
  EXPECT_EQ(this->Alive(), 0u);
  EXPECT_EQ(this->engine_->TakeEnded().size(), 0u);
}

TYPED_TEST_P(EngineContract, RunToEndTellsExitCodesSignalsAndTimeouts) {
  using ::testing::HasSubstr;
  const Result<void> good = this->engine_->RunToEnd(this->Helper("good", {"exit", "0"}, {}));
  EXPECT_TRUE(good) << RenderError(good.error());

  const Result<void> bad = this->engine_->RunToEnd(this->Helper("bad", {"exit", "7", "no disk"}, {}));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::kTarget);
  EXPECT_THAT(bad.error().what, HasSubstr("bad failed: it exited with code 7"));
  EXPECT_THAT(bad.error().actual, HasSubstr("\n  no disk"));

  // Such a signal from the first process of a container to itself has no effect.
  ServiceSpec endless = this->Helper("endless", {"deaf"}, {});
  endless.startup_timeout = Milliseconds(3'000);
  const Result<void> late = this->engine_->RunToEnd(endless);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(this->Alive(), 0u);
}

TYPED_TEST_P(EngineContract, StopKillsAfterGraceWhatIsDeaf) {
  ServiceSpec spec = this->Helper("api", {"deaf"}, {LogMatches("^deaf$")});
  spec.stop_grace = Milliseconds(150);
  this->Start(spec);
  const std::int64_t taken = MillisecondsFor([&] { this->engine_->Stop("api"); });
  EXPECT_GE(taken, 145);
  EXPECT_LT(taken, 10'000);
  EXPECT_EQ(this->Alive(), 0u);
}

TYPED_TEST_P(EngineContract, TellsOnceWhatEndedByItself) {
  this->Start(this->Helper("steady", {"print", "here"}, {LogMatches("here")}));
  this->Start(this->Helper("api", {"print", "here"}, {LogMatches("here")}));
  EXPECT_EQ(this->engine_->TakeEnded().size(), 0u);
  TypeParam::KillFromOutside(this->run_id_, "api");
  std::vector<std::pair<std::string, std::string>> ended;
  for (int i = 0; i < 500 && ended.empty(); ++i) {
    ended = this->engine_->TakeEnded();
    if (ended.empty()) ::poll(nullptr, 0, 10);
  }
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].first, "api");
  EXPECT_EQ(ended[0].second, TypeParam::Killed());
  EXPECT_EQ(this->engine_->TakeEnded().size(), 0u);
  EXPECT_EQ(this->Alive(), 1u);
  this->Start(this->Helper("api", {"print", "again"}, {LogMatches("again")}));
  EXPECT_THAT(this->Failure(this->Helper("api", {"print", "again"}, {})).what, ::testing::HasSubstr("running already"));
}

TYPED_TEST_P(EngineContract, WhatDoesNotRunIsNotAvailable) {
  Engine& engine = *this->engine_;
  EXPECT_EQ(engine.Pause("api").error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(engine.Resume("api").error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(engine.CutOff("api").error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(engine.Rejoin("api").error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(engine.AwaitReady("api").error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(engine.ProcessOf("api").error().kind, ErrorKind::kNotAvailable);
  engine.Stop("api");
  engine.Kill("api");
  engine.Discard("api");
}

TYPED_TEST_P(EngineContract, PausedServiceAnswersNothingUntilItGoesOn) {
  ServiceSpec spec = this->Listener("api", "serve", {HttpAnswers({200})});
  spec.startup_timeout = Milliseconds(3'000);
  this->Start(spec);
  Engine& engine = *this->engine_;
  const std::string process = engine.ProcessOf("api").value();
  ASSERT_TRUE(engine.AwaitReady("api"));
  ASSERT_TRUE(engine.Pause("api"));
  ASSERT_TRUE(engine.Pause("api")) << "it is paused already";
  const Result<void> ready = engine.AwaitReady("api");
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(engine.TakeEnded().size(), 0u);
  ASSERT_TRUE(engine.Resume("api"));
  EXPECT_TRUE(engine.AwaitReady("api"));
  EXPECT_EQ(engine.ProcessOf("api").value(), process);
}

TYPED_TEST_P(EngineContract, PausedServicesEndLikeOthers) {
  ServiceSpec spec = this->Listener("api", "serve-until-asked", {PortOpen()});
  spec.stop_grace = Milliseconds(20'000);
  this->Start(spec);
  ASSERT_TRUE(this->engine_->Pause("api"));
  EXPECT_LT(MillisecondsFor([&] { this->engine_->Stop("api"); }), 15'000);
  EXPECT_EQ(this->Alive(), 0u);
  EXPECT_EQ(this->Count("api", "asked to end"), 1);
  this->Start(spec);
  ASSERT_TRUE(this->engine_->Pause("api"));
  this->engine_->Kill("api");
  EXPECT_EQ(this->Alive(), 0u);
  EXPECT_EQ(this->Count("api", "asked to end"), 1);
  // One is left paused: the fixture sees to it that the engine's end ends it, too.
  this->Start(spec);
  ASSERT_TRUE(this->engine_->Pause("api"));
}

TYPED_TEST_P(EngineContract, StartedAgainItIsAnotherProcessAndWritesOn) {
  const ServiceSpec spec = this->Helper("api", {"print", "hello", "world"}, {LogMatches("world")});
  this->Start(spec);
  const std::string before = this->engine_->ProcessOf("api").value();
  for (int round = 2; round <= 4; ++round) {
    round % 2 == 0 ? this->engine_->Kill("api") : this->engine_->Stop("api");
    this->Start(spec);
    EXPECT_EQ(this->Count("api", "hello"), round) << "none twice, none lost";
    EXPECT_EQ(this->Count("api", "world"), round);
  }
  EXPECT_NE(this->engine_->ProcessOf("api").value(), before);
  this->engine_->Discard("api");
  EXPECT_EQ(this->Alive(), 0u);
  this->Start(spec);
  EXPECT_EQ(this->Count("api", "world"), 5);
}

TYPED_TEST_P(EngineContract, FailedStartsSayWhatWasAwaitedSeenAndWritten) {
  using ::testing::AllOf;
  using ::testing::HasSubstr;
  Error error =
      this->Failure(this->Helper("dies", {"exit", "3", "no such table", "giving up"}, {LogMatches("^ready$")}));
  EXPECT_EQ(error.kind, ErrorKind::kTarget);
  EXPECT_THAT(error.what, HasSubstr("service dies ended before it was ready: it exited with code 3"));
  EXPECT_THAT(error.expected, HasSubstr("a log line matches /^ready$/"));
  EXPECT_THAT(error.actual, AllOf(HasSubstr("none of 2 log lines matched; last it wrote \"giving up\""),
                                  HasSubstr("\n  no such table\n  giving up")));
  EXPECT_THAT(error.fix, HasSubstr("dies.log"));

  ServiceSpec sick = this->Listener("sick", "serve", {HttpAnswers({200})}, {"1000000"});
  sick.startup_timeout = Milliseconds(3'000);
  error = this->Failure(sick);
  EXPECT_EQ(error.kind, ErrorKind::kTimeout);
  EXPECT_THAT(error.what, HasSubstr("service sick was not ready within 3000 ms"));
  EXPECT_THAT(error.actual, HasSubstr("status 503"));

  ServiceSpec silent = this->Listener("silent", "never-ready", {PortOpen()});
  silent.startup_timeout = Milliseconds(3'000);
  error = this->Failure(silent);
  EXPECT_EQ(error.kind, ErrorKind::kTimeout) << "what publishes a port is not the service";
  EXPECT_THAT(error.actual, HasSubstr("connection refused"));
  EXPECT_EQ(this->Alive(), 0u);
}

TYPED_TEST_P(EngineContract, ImpossibleSpecsAreRefused) {
  ServiceSpec spec = this->Helper("api", {"never-ready"}, {});
  spec.environment["A=B"] = "c";
  EXPECT_EQ(this->Failure(spec).kind, ErrorKind::kDefinition);
  spec = this->Helper("api", {"never-ready"}, {});
  spec.log_file = this->directory_ + "/no/folder";
  EXPECT_THAT(this->Failure(spec).what, ::testing::HasSubstr("log file"));
}

TYPED_TEST_P(EngineContract, EnvironmentArrivesAsItIs) {
  ServiceSpec spec = this->Helper("show", {"surroundings"}, {});
  spec.environment["GREETING"] = "a$b ${HOME} $$ \"q\" \\ \xc3\xa4\xf0\x9f\x98\x80 \x7f";
  ASSERT_TRUE(this->engine_->RunToEnd(spec));
  EXPECT_EQ(this->Count("show", "env GREETING=" + spec.environment["GREETING"]), 1) << this->Log("show");
}

TYPED_TEST_P(EngineContract, NobodyWantsItAnyMore) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  ServiceSpec spec = this->Helper("api", {"never-ready"}, {LogMatches("ready")});
  spec.startup_timeout = Milliseconds(100'000);
  spec.wanted_by = ends[0];
  std::thread leaving([&] {
    ::poll(nullptr, 0, 500);
    ::close(ends[1]);
  });
  EXPECT_LT(MillisecondsFor([&] { EXPECT_THAT(this->Failure(spec).actual, ::testing::HasSubstr("nobody wants it")); }),
            60'000);
  leaving.join();
  ::close(ends[0]);
  EXPECT_EQ(this->Alive(), 0u);
}

TYPED_TEST_P(EngineContract, FloodIsCutAndDoesNotBlock) {
  this->Start(this->Helper("api", {"flood"}, {LogMatches("^the quick brown fox")}));
  const std::string file = this->directory_ + "/api.log";
  std::error_code ignored;
  for (int i = 0; i < 1'000 && std::filesystem::file_size(file, ignored) < kMaxLogBytes; ++i) ::poll(nullptr, 0, 100);
  this->engine_->Kill("api");
  const std::string log = this->Log("api");
  EXPECT_EQ(log.size(), kMaxLogBytes);
  EXPECT_EQ(log.substr(0, 9), "the quick");
  EXPECT_THAT(log.substr(log.size() - 100), ::testing::HasSubstr("[log cut here"));
}

TYPED_TEST_P(EngineContract, StartsManyTogether) {
  std::vector<ServiceSpec> specs;
  for (const char* name : {"one", "two", "three"}) specs.push_back(this->Listener(name, "serve", {HttpAnswers({200})}));
  const Result<void> started = this->engine_->StartAll(specs);
  ASSERT_TRUE(started) << RenderError(started.error());
  EXPECT_EQ(this->Alive(), 3u);
  this->engine_->Stop("two");
  EXPECT_EQ(this->Alive(), 2u);
  this->Start(specs[1]);
  EXPECT_EQ(this->Alive(), 3u);
}

REGISTER_TYPED_TEST_SUITE_P(EngineContract, RunsAndStopsService, RunToEndTellsExitCodesSignalsAndTimeouts,
                            StopKillsAfterGraceWhatIsDeaf, TellsOnceWhatEndedByItself, WhatDoesNotRunIsNotAvailable,
                            PausedServiceAnswersNothingUntilItGoesOn, PausedServicesEndLikeOthers,
                            StartedAgainItIsAnotherProcessAndWritesOn, FailedStartsSayWhatWasAwaitedSeenAndWritten,
                            ImpossibleSpecsAreRefused, EnvironmentArrivesAsItIs, NobodyWantsItAnyMore,
                            FloodIsCutAndDoesNotBlock, StartsManyTogether);

}  // namespace readiness
