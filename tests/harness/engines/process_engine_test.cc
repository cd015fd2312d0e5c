#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "engine_fixture.h"
#include "engines/descriptor.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

using ProcessEngineTest = EngineTest;

int64_t MillisecondsFor(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin).count();
}

TEST_F(ProcessEngineTest, InheritsNothing) {
  const Descriptor leaked(::open("/dev/null", O_RDONLY));
  sigset_t usr1;
  sigset_t before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &usr1, &before);
  const auto pipe_handler = ::signal(SIGPIPE, SIG_IGN);
  ::setenv("SECRET_OF_OURS", "x", 1);
  ServiceSpec spec = Helper("show", {"surroundings"}, {});
  spec.environment = {{"GREETING", "hello there"}, {kRunLabel, "forged"}};
  ASSERT_TRUE(engine_->RunToEnd(spec));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, pipe_handler);
  ::unsetenv("SECRET_OF_OURS");

  const std::string seen = Log("show");
  EXPECT_THAT(seen, HasSubstr("env GREETING=hello there\nenv READINESS_RUN=" + run_id_ +
                              "\nenv READINESS_SERVICE=show#1\ncwd " + directory_ + "\n"));
  EXPECT_THAT(seen, Not(HasSubstr("SECRET_OF_OURS")));
  EXPECT_THAT(seen, HasSubstr("session own\nUSR1 open\nPIPE default\n"));
  EXPECT_THAT(seen, HasSubstr("fd 0\nfd 1\nfd 2\n"));
  EXPECT_THAT(seen, Not(HasSubstr("fd 3")));
}

TEST_F(ProcessEngineTest, RunsAsAnotherUser) {
  const passwd* nobody = ::getpwnam("nobody");
  if (::geteuid() != 0 || nobody == nullptr) GTEST_SKIP() << "needs root and a user nobody";
  ServiceSpec spec = Helper("show", {"surroundings"}, {});
  spec.user_id = nobody->pw_uid;
  const Result<void> done = engine_->RunToEnd(spec);
  ASSERT_TRUE(done) << RenderError(done.error());
  const std::string user = std::to_string(nobody->pw_uid);
  const std::string group = std::to_string(nobody->pw_gid);
  EXPECT_THAT(Log("show"), HasSubstr("user " + user + " " + user + " group " + group + "\ngroups " + group + "\n"));
}

TEST_F(ProcessEngineTest, NamesWhatCannotBeExecuted) {
  const std::string text = directory_ + "/text";
  std::ofstream(text) << "hello";
  const std::string script = directory_ + "/script";
  std::ofstream(script) << "#!/no/such/interpreter\n";
  ::chmod(script.c_str(), 0755);
  const std::string garbage = directory_ + "/garbage";
  std::ofstream(garbage) << "\x7f nonsense";
  ::chmod(garbage.c_str(), 0755);
  const struct {
    std::vector<std::string> command;
    std::string working_directory;
    std::string expected;
  } cases[] = {
      {{"/no/such/program"}, "", "program not found: /no/such/program"},
      {{"no-such-program"}, "", "program not found: no-such-program"},
      {{"./relative"}, "", "program not found: " + directory_ + "/./relative"},
      {{text}, "", "a file without execute permission"},
      {{directory_}, "", "a folder"},
      {{script}, "", "the interpreter of its #! line"},
      {{garbage}, "", "neither a binary of this machine nor a script"},
      {{"/bin/true"}, "/no/such/folder", "working directory not found: /no/such/folder"},
      {{"/bin/true"}, text, "working directory cannot be entered"},
      {{"/bin/true", std::string("a\0b", 3)}, "", "NUL"},
      {{}, "", "empty"},
      {{"/bin/echo", std::string(3'000'000, 'x')}, "", "too long"},
  };
  for (const auto& one : cases) {
    ServiceSpec spec = Helper("api", {}, {LogMatches("x")});
    spec.command = one.command;
    spec.working_directory = one.working_directory;
    const Result<void> started = engine_->Start(spec);
    ASSERT_FALSE(started);
    EXPECT_THAT(RenderError(started.error()), HasSubstr(one.expected));
    EXPECT_THAT(started.error().what, HasSubstr("api cannot be started"));
  }
  EXPECT_THAT(OurChildren(), IsEmpty());
}

TEST_F(ProcessEngineTest, FindsProgramsInThePathOfTheService) {
  ServiceSpec spec = Helper("tool", {}, {});
  spec.command = {std::filesystem::path(ENGINE_HELPER).filename(), "exit", "0", "found"};
  spec.environment = {{"PATH", "/nowhere::" + std::filesystem::path(ENGINE_HELPER).parent_path().string()}};
  ASSERT_TRUE(engine_->RunToEnd(spec));
  EXPECT_EQ(Log("tool"), "found\n");
}

TEST_F(ProcessEngineTest, RefusesImpossibleEnvironmentAndLogFile) {
  ServiceSpec spec = Helper("api", {"never-ready"}, {});
  spec.environment = {{"A=B", "c"}};
  EXPECT_EQ(engine_->Start(spec).error().kind, ErrorKind::kDefinition);
  for (const std::string& file : {directory_, directory_ + "/no/folder", std::string("/dev/null")}) {
    spec = Helper("api", {"never-ready"}, {});
    spec.log_file = file;
    const Result<void> started = engine_->Start(spec);
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().what, HasSubstr("log file"));
  }
}

TEST_F(ProcessEngineTest, RunToEndTellsSignals) {
  const Result<void> killed = engine_->RunToEnd(Helper("killed", {"abort"}, {}));
  ASSERT_FALSE(killed);
  EXPECT_THAT(killed.error().what, HasSubstr("killed by signal 9"));
}

TEST_F(ProcessEngineTest, StopEndsPausedService) {
  ServiceSpec spec = Listener("api", "serve-until-asked", {HttpAnswers({200})});
  spec.stop_grace = Milliseconds(60'000);
  ASSERT_TRUE(engine_->Start(spec));
  ASSERT_EQ(::kill(std::stoi(Labelled().at(0)), SIGSTOP), 0);
  EXPECT_LT(MillisecondsFor([&] { engine_->Stop("api"); }), 30'000);
  EXPECT_THAT(Log("api"), HasSubstr("asked to end"));
}

TEST_F(ProcessEngineTest, StopEndsDaemonThatLeftSessionAndParent) {
  ASSERT_TRUE(engine_->Start(Helper("other", {"print", "here"}, {LogMatches("here")})));
  ASSERT_TRUE(engine_->Start(Helper("api", {"daemon"}, {LogMatches("daemon left")})));
  EXPECT_EQ(Labelled().size(), 3u);
  engine_->Stop("api");
  EXPECT_EQ(Labelled().size(), 1u) << "the other service goes on";
  EXPECT_EQ(OurChildren().size(), 1u);
}

TEST_F(ProcessEngineTest, DestructorEndsDaemonThatDroppedItsLabel) {
  ASSERT_TRUE(engine_->Start(Helper("api", {"daemon-without-label"}, {LogMatches("daemon left")})));
  EXPECT_EQ(OurChildren().size(), 2u);
  engine_.reset();
  EXPECT_THAT(OurChildren(), IsEmpty());
}

TEST_F(ProcessEngineTest, DestructorLeavesEarlierChildrenAlone) {
  engine_.reset();
  const pid_t earlier = ::fork();
  if (earlier == 0) {
    ::setsid();
    while (true) ::pause();
  }
  engine_ = MakeProcessEngine(run_id_, directory_);
  ASSERT_TRUE(engine_->Start(Helper("api", {"print", "here"}, {LogMatches("here")})));
  engine_.reset();
  EXPECT_EQ(::waitpid(earlier, nullptr, WNOHANG), 0) << "it still runs";
  ::kill(earlier, SIGKILL);
  EXPECT_EQ(::waitpid(earlier, nullptr, 0), earlier);
}

TEST_F(ProcessEngineTest, ExitStatusSurvivesIgnoredSigchld) {
  engine_.reset();
  ::signal(SIGCHLD, SIG_IGN);
  engine_ = MakeProcessEngine(run_id_, directory_);
  EXPECT_THAT(engine_->RunToEnd(Helper("job", {"exit", "7"}, {})).error().what, HasSubstr("exited with code 7"));
}

TEST_F(ProcessEngineTest, LeavesNoSharedMemory) {
  const auto segments = [] {
    std::ifstream file("/proc/sysvipc/shm");
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  };
  const auto before = segments();
  ASSERT_TRUE(engine_->Start(Helper("api", {"shared-memory"}, {LogMatches("made")})));
  EXPECT_EQ(segments(), before + 1);
  engine_.reset();
  EXPECT_EQ(segments(), before);
}

TEST_F(ProcessEngineTest, PausedServiceAnswersNothingUntilItGoesOn) {
  ServiceSpec spec = Listener("api", "serve", {HttpAnswers({200})});
  spec.startup_timeout = Milliseconds(2'000);
  ASSERT_TRUE(engine_->Start(spec));
  const std::string process = engine_->ProcessOf("api").value();
  ASSERT_TRUE(engine_->AwaitReady("api"));
  ASSERT_TRUE(engine_->Pause("api"));
  ASSERT_TRUE(engine_->Pause("api")) << "it is paused already";
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/paused"));
  const Result<void> ready = engine_->AwaitReady("api");
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(engine_->TakeEnded(), IsEmpty());
  ASSERT_TRUE(engine_->Resume("api"));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/paused"));
  EXPECT_TRUE(engine_->AwaitReady("api"));
  EXPECT_EQ(engine_->ProcessOf("api").value(), process);
}

TEST_F(ProcessEngineTest, PausedServicesEndLikeOthers) {
  for (const bool with_grace : {false, true}) {
    ServiceSpec spec = Helper("forking", {"daemon", "stay"}, {LogMatches("daemon left")});
    ASSERT_TRUE(engine_->Start(spec));
    ASSERT_TRUE(engine_->Pause("forking"));
    with_grace ? engine_->Stop("forking") : engine_->Kill("forking");
    EXPECT_THAT(Labelled(), IsEmpty());
  }
  // One is left paused: the fixture sees to it that the engine's end ends it, too.
  ASSERT_TRUE(engine_->Start(Listener("api", "serve", {PortOpen()})));
  ASSERT_TRUE(engine_->Pause("api"));
}

TEST_F(ProcessEngineTest, ServiceDiesWithItsSupervisor) {
  int report[2];
  ASSERT_EQ(::pipe2(report, O_CLOEXEC), 0);
  const std::string run = "test-" + RandomHex(8);
  const pid_t supervisor = ::fork();
  if (supervisor == 0) {
    const auto engine = MakeProcessEngine(run, directory_);
    const bool started = engine->Start(Listener("plain", "serve", {HttpAnswers({200})})).has_value() &&
                         engine->Start(Helper("forking", {"daemon"}, {LogMatches("daemon left")})).has_value();
    [[maybe_unused]] const ssize_t written = ::write(report[1], started ? "y" : "n", 1);
    while (true) ::pause();
  }
  char started = 0;
  ASSERT_EQ(::read(report[0], &started, 1), 1);
  ::close(report[0]);
  ::close(report[1]);
  EXPECT_EQ(started, 'y');

  std::vector<Descriptor> pidfds;
  for (const ProcessEntry& process : ListProcesses()) {
    if (process.parent != supervisor || !EnvironmentHas(process.pid, std::string(kRunLabel) + "=" + run)) continue;
    if (process.session != process.pid) continue;  // the daemon was adopted: the janitor's work
    pidfds.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  }
  ASSERT_EQ(pidfds.size(), 2u);
  ::kill(supervisor, SIGKILL);
  ASSERT_EQ(::waitpid(supervisor, nullptr, 0), supervisor);
  for (const Descriptor& pidfd : pidfds) {
    pollfd polled{pidfd.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, 5'000), 1);
  }
  EXPECT_EQ(KillRunProcesses(run, Milliseconds(5'000)).value(), 1) << "the daemon that left its parent";
}

}  // namespace
}  // namespace readiness
