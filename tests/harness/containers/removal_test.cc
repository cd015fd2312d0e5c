// With the container engine of this machine: what goes and what must not.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/text.h"
#include "containers/images.h"
#include "containers/run_containers.h"
#include "engines/engine.h"

namespace readiness {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Not;

constexpr Milliseconds kCallTime{60'000};

class RemovalTest : public ::testing::Test {
 protected:
  RemovalTest() {
    char name[] = "/tmp/removal-XXXXXX";
    folder_ = ::mkdtemp(name);
    const auto cli = ContainerCli::FindDocker("");
    if (cli) cli_ = *cli;
  }
  ~RemovalTest() override {
    for (const std::string& run : {run_, other_}) (void)RemoveRunContainers(run, Milliseconds(20'000), false);
    (void)cli_->Docker({"rmi", "--force", image_}, kCallTime);
    std::filesystem::remove_all(folder_);
  }

  void SetUp() override {
    ASSERT_TRUE(cli_) << "docker is not installed";
    const std::string program = folder_ + "/waits-" + RandomHex(4);
    std::filesystem::copy_file(CONTAINERS_HELPER, program);
    const auto image = ProgramImage(*cli_, program, folder_);
    ASSERT_TRUE(image) << image.error().Brief();
    image_ = *image;
  }

  std::string Docker(const std::vector<std::string>& arguments) {
    const auto ended = cli_->Docker(arguments, kCallTime);
    EXPECT_TRUE(ended) << ended.error().Brief();
    return ended ? ended->output : "";
  }

  /// A container that ignores SIGTERM with an anonymous volume, a network, a volume and an image of `run`.
  void Make(const std::string& run) {
    const std::string label = "readiness.run=" + run;
    const std::string name = "readiness-" + run;
    Docker({"network", "create", "--label", label, name});
    Docker({"volume", "create", "--label", label, name});
    Docker({"run", "--detach", "--label", label, "--name", name + "_api_1", "--network", name, "--volume", name + ":/v",
            "--volume", "/anonymous", image_, "wait"});
    std::ofstream(folder_ + "/Dockerfile") << "FROM " << image_ << "\nLABEL made=for-a-test\n";
    std::filesystem::create_directories(folder_ + "/context");
    std::filesystem::rename(folder_ + "/Dockerfile", folder_ + "/context/Dockerfile");
    Docker({"build", "--quiet", "--label", label, "--tag", name + ":built", folder_ + "/context"});
  }

  /// How many things of `run` the engine has.
  int Count(const std::string& run) {
    const std::string filter = "label=readiness.run=" + run;
    std::string found;
    for (const std::vector<std::string>& list : std::vector<std::vector<std::string>>{{"ps", "--all", "--quiet"},
                                                                                      {"network", "ls", "--quiet"},
                                                                                      {"volume", "ls", "--quiet"},
                                                                                      {"images", "--quiet"}}) {
      std::vector<std::string> arguments = list;
      arguments.insert(arguments.end(), {"--filter", filter});
      found += Docker(arguments);
    }
    return static_cast<int>(std::count(found.begin(), found.end(), '\n'));
  }

  std::string folder_, image_;
  const std::string run_ = RandomHex(12);
  const std::string other_ = run_ + "0";  // the name and the label begin alike
  std::optional<ContainerCli> cli_;
};

TEST_F(RemovalTest, TakesItsOwnAndNothingElse) {
  Make(run_);
  Make(other_);
  ASSERT_EQ(Count(run_), 4);
  ASSERT_EQ(Count(other_), 4);
  const std::string volumes = Docker({"volume", "ls", "--quiet"});
  EXPECT_THAT(ListRunsInContainers(Milliseconds(5000)), AllOf(Contains(run_), Contains(other_)));

  const auto begin = std::chrono::steady_clock::now();
  const auto removed = RemoveRunContainers(run_, Milliseconds(20'000), true);
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(removed) << removed.error().Brief();
  EXPECT_EQ(*removed, 1);
  EXPECT_LT(took, std::chrono::seconds(10)) << "SIGTERM is ignored: it was given grace";
  RecordProperty("removal_ms", static_cast<int>(std::chrono::duration_cast<Milliseconds>(took).count()));
  EXPECT_EQ(Count(run_), 0);
  EXPECT_EQ(Count(other_), 4);
  EXPECT_EQ(Docker({"inspect", "--format", "{{.State.Running}}", "readiness-" + other_ + "_api_1"}), "true\n");
  EXPECT_THAT(ListRunsInContainers(Milliseconds(5000)), AllOf(Not(Contains(run_)), Contains(other_)));
}

TEST_F(RemovalTest, TakesPausedAndStoppedContainers) {
  const std::string label = "readiness.run=" + run_;
  for (const char* name : {"paused", "stopped", "created"}) {
    Docker({"create", "--label", label, "--name", "readiness-" + run_ + "-" + name, image_, "wait"});
  }
  Docker({"start", "readiness-" + run_ + "-paused", "readiness-" + run_ + "-stopped"});
  Docker({"pause", "readiness-" + run_ + "-paused"});
  Docker({"kill", "readiness-" + run_ + "-stopped"});
  const auto removed = RemoveRunContainers(run_, Milliseconds(20'000), false);
  ASSERT_TRUE(removed) << removed.error().Brief();
  EXPECT_EQ(*removed, 3);
  EXPECT_EQ(Count(run_), 0);
}

/// Compose as the engine runs it, to be killed by its label in the middle of `up`; 0 when it could not be started.
pid_t BeginUp(const ContainerCli& cli, const std::string& project, const std::string& file, const std::string& run) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setsid();
  std::vector<std::string> words = cli.DockerCommand({"compose"});
  if (!cli.Docker({"compose", "version"}, kCallTime)) words = {"docker-compose"};
  words.insert(words.end(), {"--project-name", project, "--file", file, "up", "--detach"});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::setenv("READINESS_RUN", run.c_str(), 1);
  const int null = ::open("/dev/null", O_RDWR);
  for (const int standard : {0, 1, 2}) ::dup2(null, standard);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(127);
}

TEST_F(RemovalTest, NothingIsLeftOfAnUpThatIsKilledInTheMiddle) {
  constexpr int kRounds = 5;
  std::mt19937 random(std::random_device{}());
  int met = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string run = RandomHex(12);
    const std::string labels = "labels: {readiness.run: \"" + run + "\"}";
    std::string yaml = "version: \"3.8\"\nnetworks:\n  default:\n    " + labels + "\nvolumes:\n  data:\n    " + labels +
                       "\nservices:\n";
    for (const char* name : {"a", "b", "c", "d"}) {
      yaml += fmt::format("  {}:\n    image: {}\n    command: wait\n    {}\n    volumes: [\"data:/data\"]\n", name,
                          image_, labels);
    }
    std::ofstream(folder_ + "/compose.yaml") << yaml;
    const pid_t compose = BeginUp(*cli_, "readiness-" + run, folder_ + "/compose.yaml", run);
    ASSERT_GT(compose, 0);
    // docker-compose takes a second until it asks for anything.
    const int pause = std::uniform_int_distribution<int>(800, 5000)(random);
    ::poll(nullptr, 0, pause);
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(KillRunProcesses(run, Milliseconds(4000)));
    ::waitpid(compose, nullptr, 0);
    const auto removed = RemoveRunContainers(run, Milliseconds(20'000), true);
    const auto took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin);
    ASSERT_TRUE(removed) << removed.error().Brief();
    met += *removed;
    std::printf("round %d: killed after %d ms, %d containers, gone after %d ms\n", round, pause, *removed,
                static_cast<int>(took.count()));
    ::poll(nullptr, 0, 1500);  // whatever the engine might still be making would be there by now
    ASSERT_EQ(Count(run), 0) << "killed after " << pause << " ms";
  }
  EXPECT_GT(met, 0) << "no round met a container";
}

}  // namespace
}  // namespace readiness
