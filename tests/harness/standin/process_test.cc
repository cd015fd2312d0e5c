// The AI health stand-in as a process: how it starts, refuses to start, says what it has, and ends.

#include <gmock/gmock.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <filesystem>
#include <thread>

#include "base/files.h"
#include "world.h"

namespace readiness::standin {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

std::int64_t MillisecondsSince(Clock::time_point begin) {
  return (Clock::now() - begin) / std::chrono::milliseconds(1);
}

/// The program started directly, so that its exit code is seen.
class Program {
 public:
  explicit Program(const std::map<std::string, std::string>& environment)
      : output_(Cluster::Instance().directory() + "/program-" + std::to_string(++started_) + ".log") {
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
    std::vector<char*> pointers;
    for (std::string& variable : variables) pointers.push_back(variable.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    char name[] = STANDIN_AI_HEALTH;
    char* const arguments[] = {name, nullptr};
    EXPECT_EQ(posix_spawn(&pid_, STANDIN_AI_HEALTH, &actions, nullptr, arguments, pointers.data()), 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Program() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  /// Its exit code; -1 when it still runs after `patience`, -2 when a signal ended it.
  int ExitCode(std::chrono::milliseconds patience) {
    const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    pollfd ended{handle, POLLIN, 0};
    const int ready = poll(&ended, 1, static_cast<int>(patience.count()));
    close(handle);
    if (ready != 1) return -1;
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
  }

  bool AnswersWithin(int port, std::chrono::milliseconds patience) const {
    const auto deadline = Clock::now() + patience;
    while (Clock::now() < deadline) {
      httplib::Client client("127.0.0.1", port);
      if (const auto answer = client.Get("/api/v1/health/ready"); answer && answer->status == 200) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  void Signal(int number) const { kill(pid_, number); }
  std::string Output() const { return ReadFile(output_).value(); }

 private:
  static inline int started_ = 0;
  std::string output_;
  pid_t pid_ = 0;
};

std::map<std::string, std::string> Environment(int port) {
  return {
      {"PORT", std::to_string(port)}, {"DATABASE_URL", Cluster::Instance().NewDatabase()}, {"SECRET_KEY", kSigningKey}};
}

int FreePort() {
  return Cluster::Instance().engine().ReservePort(std::nullopt).value();
}

TEST(AiHealthProcess, StartsSoonAndEndsOnSigterm) {
  const int port = FreePort();
  auto environment = Environment(port);
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto begin = Clock::now();
    Program program(environment);
    ASSERT_TRUE(program.AnswersWithin(port, std::chrono::seconds(10))) << program.Output();
    RecordProperty(signal == SIGTERM ? "start_ms" : "second_start_ms", static_cast<int>(MillisecondsSince(begin)));
    httplib::Client kept_alive("127.0.0.1", port);
    kept_alive.set_keep_alive(true);
    EXPECT_TRUE(kept_alive.Get("/health"));
    const auto stop = Clock::now();
    program.Signal(signal);
    EXPECT_EQ(program.ExitCode(std::chrono::seconds(5)), 0);
    RecordProperty(signal == SIGTERM ? "stop_ms" : "second_stop_ms", static_cast<int>(MillisecondsSince(stop)));
    EXPECT_LT(MillisecondsSince(stop), 1000);
  }
}

TEST(AiHealthProcess, WrongConfigurationIsNamed) {
  struct Case {
    const char* variable;
    const char* value;
    const char* message;
  };
  for (const auto& [variable, value, message] :
       {Case{"PORT", "http", "PORT"}, Case{"DATABASE_URL", "sqlite:///x", "DATABASE_URL"},
        Case{"SECRET_KEY", "short", "SECRET_KEY"}, Case{"RATE_LIMIT_AUTH", "many", "RATE_LIMIT_AUTH"}}) {
    auto environment = Environment(1);
    environment[variable] = value;
    Program program(environment);
    EXPECT_EQ(program.ExitCode(std::chrono::seconds(10)), 2) << variable;
    EXPECT_THAT(program.Output(), HasSubstr(message));
  }
}

TEST(AiHealthProcess, UnknownDefectStopsItBeforeAnythingElse) {
  const std::pair<const char*, const char*> cases[] = {{"ai-health.C2:write-anyway", "ai-health.C2:writes-anyway"},
                                                       {"ai-health.as-audit", "ai-health.as-audited"},
                                                       {"C2", "C2"}};
  for (const auto& [defect, hint] : cases) {
    const int port = FreePort();
    auto environment = Environment(port);
    environment["READINESS_DEFECTS"] = std::string("other.X1, ") + defect;
    environment["READINESS_DEFECTS_ACKNOWLEDGE"] = Cluster::Instance().directory() + "/not-written.json";
    Program program(environment);
    EXPECT_EQ(program.ExitCode(std::chrono::seconds(10)), 2);
    EXPECT_THAT(program.Output(), HasSubstr(hint));
    EXPECT_FALSE(std::filesystem::exists(environment["READINESS_DEFECTS_ACKNOWLEDGE"]));
  }
}

TEST(AiHealthProcess, ActiveDefectsAreAcknowledged) {
  const std::string file = Cluster::Instance().directory() + "/acknowledged.json";
  const std::pair<const char*, const char*> cases[] = {
      {"ai-health.as-audited,ai-health.C2", R"(["ai-health.C1.runtime","ai-health.C2","ai-health.H3","ai-health.H4","ai-health.M3","ai-health.M5"])"},
      {"ai-health.M3:late-write", R"(["ai-health.M3:late-write"])"},
      {"other.X1", ""},
      {"", ""}};
  for (const auto& [defects, expected] : cases) {
    std::filesystem::remove(file);
    const int port = FreePort();
    auto environment = Environment(port);
    environment["READINESS_DEFECTS"] = defects;
    environment["READINESS_DEFECTS_ACKNOWLEDGE"] = file;
    Program program(environment);
    ASSERT_TRUE(program.AnswersWithin(port, std::chrono::seconds(10))) << program.Output();
    EXPECT_EQ(std::filesystem::exists(file), *expected != '\0') << defects;
    if (*expected != '\0') {
      EXPECT_EQ(Compact(ParseJson(ReadFile(file).value()).value()), expected);
    }
  }
}

TEST(AiHealthProcess, TakenPortAndMissingDatabaseAreNamed) {
  const int port = FreePort();
  Program first(Environment(port));
  ASSERT_TRUE(first.AnswersWithin(port, std::chrono::seconds(10)));
  Program second(Environment(port));
  EXPECT_EQ(second.ExitCode(std::chrono::seconds(10)), 1) << "the port is not shared";
  EXPECT_THAT(second.Output(), HasSubstr("127.0.0.1:" + std::to_string(port)));

  auto environment = Environment(FreePort());
  environment["DATABASE_URL"] = "postgresql://nobody:pw@127.0.0.1:1/none";
  const auto begin = Clock::now();
  Program third(environment);
  EXPECT_EQ(third.ExitCode(std::chrono::seconds(20)), 3);
  EXPECT_GE(MillisecondsSince(begin), 9'000);
  EXPECT_THAT(third.Output(), HasSubstr("PostgreSQL"));
}

TEST(AiHealthProcess, ManyClientsAtOnceAllGetTheirAnswer) {
  World world(STANDIN_AI_HEALTH);
  const TestUser a = world.NewUser();
  const std::string counts = world.AllCounts();
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back([&] {
      for (int k = 0; k < 10; ++k) good += world.Send("GET", "/api/v1/providers/whoop/status", a.token).status == 200;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 400);
}

TEST(AiHealthProcess, TwoSyncsAtOnceStoreEverythingOnce) {
  World world(STANDIN_AI_HEALTH);
  const TestUser a = world.NewUser();
  world.Consent(a);
  ASSERT_EQ(world.Connect(a, "aaa"), 200);
  std::vector<std::thread> syncs;
  for (int i = 0; i < 4; ++i) syncs.emplace_back([&] { EXPECT_EQ(world.Sync(a).status, 200); });
  for (std::thread& sync : syncs) sync.join();
  EXPECT_EQ(world.Number("SELECT count(*) AS n FROM health_data"), FakeProvider::kPoints);
}

}  // namespace
}  // namespace readiness::standin
