// The program itself: configuration, exit codes, signals.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "http_client.h"

extern char** environ;

namespace readiness::doubles::provider {
namespace {

/// The program as a child with its standard output in a pipe. Killed on destruction if it still runs.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), READINESS_DOUBLE_PROGRAM);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    EXPECT_EQ(::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ends[0];
  }

  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      Wait(5000);
    }
    ::close(output_);
  }

  /// Up to the first newline; empty when the program ends before.
  std::string ReadLine() const {
    std::string line;
    char byte = 0;
    pollfd readable{output_, POLLIN, 0};
    while (::poll(&readable, 1, 10'000) > 0 && ::read(output_, &byte, 1) == 1 && byte != '\n') line += byte;
    return line;
  }

  void Signal(int signal) const { ::kill(pid_, signal); }

  /// The exit code; -1 when it did not end within `timeout_ms` or by a signal.
  int Wait(int timeout_ms) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    pollfd ended{handle, POLLIN, 0};
    const int ready = ::poll(&ended, 1, timeout_ms);
    ::close(handle);
    if (ready != 1) return -1;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int output_ = -1;
};

std::string WriteConfig(const std::string& folder, const std::string& port = "0") {
  const auto file = folder + "/config.json";
  std::ofstream(file) << R"({"port":)" << port << R"(,"admin_socket":")" << folder
                      << R"(/admin.sock","hosts":["api.example.com"],)"
                      << R"("client_id":"id","client_secret":"secret","ca_directory":")" << folder << R"(/ca"})";
  return file;
}

int PortOf(const std::string& line) {
  return std::stoi(line.substr(line.rfind(':') + 1));
}

TEST(Program, ServesUntilTerminated) {
  for (const int signal : {SIGTERM, SIGINT}) {
    TemporaryFolder folder;
    Program program({"--config", WriteConfig(folder.path())});
    const auto line = program.ReadLine();
    ASSERT_THAT(line, testing::StartsWith("serving on 127.0.0.1:"));
    Fetch fetch;
    fetch.url = "http://127.0.0.1:" + std::to_string(PortOf(line)) + "/__double__/health";
    EXPECT_EQ(Perform(fetch).status, 200);
    program.Signal(signal);
    EXPECT_EQ(program.Wait(2000), 0);
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/admin.sock"));
  }
}

TEST(Program, TakesOverTheSocketOfAKilledOne) {
  TemporaryFolder folder;
  const auto config = WriteConfig(folder.path());
  {
    Program killed({"--config", config});
    ASSERT_NE(killed.ReadLine(), "");
  }
  ASSERT_TRUE(std::filesystem::exists(folder.path() + "/admin.sock"));
  Program next({"--config", config});
  EXPECT_NE(next.ReadLine(), "");
}

TEST(Program, KeepsNoPrivateKeyOnDisk) {
  TemporaryFolder folder;
  Program program({"--config", WriteConfig(folder.path())});
  ASSERT_NE(program.ReadLine(), "");
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    files.push_back(entry.path().filename());
    std::ifstream stream(entry.path());
    const std::string contents{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(contents.find("PRIVATE KEY"), std::string::npos) << entry.path();
  }
  EXPECT_THAT(files, testing::UnorderedElementsAre("config.json", "ca.pem"));
}

TEST(Program, RefusesWrongUsage) {
  TemporaryFolder folder;
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"--config"},
                                                       {"--port", "1"},
                                                       {"--config", "/nonexistent"},
                                                       {"--config", WriteConfig(folder.path(), "70000")}};
  for (const auto& arguments : wrong) {
    Program program(arguments);
    EXPECT_EQ(program.Wait(5000), 2);
  }
  Program help({"--help"});
  EXPECT_EQ(help.Wait(5000), 0);
}

TEST(Program, EndsWhenThePortIsTaken) {
  const RunningDouble running;
  TemporaryFolder folder;
  Program program({"--config", WriteConfig(folder.path(), std::to_string(running.port()))});
  EXPECT_EQ(program.Wait(5000), 1);
}

}  // namespace
}  // namespace readiness::doubles::provider
