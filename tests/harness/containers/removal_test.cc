// With the container engine of this machine: what goes and what must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "containers/images.h"
#include "containers/run_containers.h"

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
  const auto removed = RemoveRunContainers(run_, Milliseconds(9000), true);
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(removed) << removed.error().Brief();
  EXPECT_EQ(*removed, 1);
  EXPECT_LT(took, std::chrono::seconds(9)) << "SIGTERM is ignored: it was given grace";
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
  const auto removed = RemoveRunContainers(run_, Milliseconds(9000), false);
  ASSERT_TRUE(removed) << removed.error().Brief();
  EXPECT_EQ(*removed, 3);
  EXPECT_EQ(Count(run_), 0);
}

}  // namespace
}  // namespace readiness
