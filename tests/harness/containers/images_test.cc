// With the container engine of this machine.
#include "containers/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ImagesTest : public ::testing::Test {
 protected:
  ImagesTest() {
    char name[] = "/tmp/images-XXXXXX";
    folder_ = ::mkdtemp(name);
    const auto cli = ContainerCli::FindDocker(RandomHex(12));
    if (cli) cli_ = *cli;
  }
  ~ImagesTest() override {
    for (const std::string& image : made_) (void)cli_->Docker({"rmi", "--force", image}, Milliseconds(30'000));
    fs::remove_all(folder_);
  }

  void SetUp() override {
    ASSERT_TRUE(cli_) << "docker is not installed";
    const auto engine = cli_->CheckEngine();
    ASSERT_TRUE(engine) << engine.error().Brief();
  }

  std::string folder_;
  std::optional<ContainerCli> cli_;
  std::vector<std::string> made_;
};

TEST_F(ImagesTest, AProgramWithItsLibraries) {
  // A copy with a name of its own: nobody else's image is the same.
  const std::string program = folder_ + "/Helper_" + RandomHex(4);
  fs::copy_file(CONTAINERS_HELPER, program);
  const auto image = ProgramImage(*cli_, program, folder_);
  ASSERT_TRUE(image) << image.error().Brief();
  made_.push_back(*image);
  EXPECT_THAT(*image, MatchesRegex("readiness-helper-[0-9a-f]*:[0-9a-f]*"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1) << "the context stays behind";

  for (const auto& [user, said] :
       std::map<std::string, std::string>{{"0:0", "uid 0 tmp true resolves true writes true\n"},
                                          {"12345:12345", "uid 12345 tmp true resolves true writes true\n"}}) {
    const auto ran = cli_->Docker({"run", "--rm", "--user", user, *image}, Milliseconds(60'000));
    ASSERT_TRUE(ran) << ran.error().Brief();
    EXPECT_EQ(ran->output, said);
  }

  const auto created = cli_->Docker({"image", "inspect", "--format", "{{.Id}}", *image}, Milliseconds(10'000));
  const auto again = ProgramImage(*cli_, program, folder_);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *image);
  EXPECT_EQ(cli_->Docker({"image", "inspect", "--format", "{{.Id}}", *image}, Milliseconds(10'000))->output,
            created->output);

  // Another program of the same name is another image.
  std::ofstream(program, std::ios::app | std::ios::binary) << "x";
  const auto other = ProgramImage(*cli_, program, folder_);
  ASSERT_TRUE(other) << other.error().Brief();
  made_.push_back(*other);
  EXPECT_NE(*other, *image);
}

TEST_F(ImagesTest, AMissingProgram) {
  const auto image = ProgramImage(*cli_, folder_ + "/none", folder_);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(image.error().Brief(), HasSubstr("program that is not there"));
}

TEST_F(ImagesTest, PostgresqlRunsAsItsUser) {
  const auto image = PostgresImage(*cli_, folder_);
  ASSERT_TRUE(image) << image.error().Brief();
  const auto ran = cli_->Docker({"run", "--rm", *image, "sh", "-c",
                                 "id -un && initdb --no-sync -D data >/dev/null && postgres --version && "
                                 "echo 'select 40 + 2' | postgres --single -D data postgres"},
                                Milliseconds(120'000));
  ASSERT_TRUE(ran) << ran.error().Brief();
  EXPECT_THAT(ran->output, HasSubstr("postgres\npostgres (PostgreSQL) "));
  EXPECT_THAT(ran->output, HasSubstr("= \"42\""));
  EXPECT_EQ(PostgresImage(*cli_, folder_).value_or(""), *image);
}

TEST_F(ImagesTest, NoBaseImageTellsHowToMakeOne) {
  ::setenv("READINESS_BASE_IMAGE", "localhost:1/none:none", 1);
  const auto image = PostgresImage(*cli_, folder_);
  ::unsetenv("READINESS_BASE_IMAGE");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(image.error().what, HasSubstr("localhost:1/none:none"));
  EXPECT_THAT(image.error().fix, HasSubstr("debootstrap"));
}

}  // namespace
}  // namespace readiness
