#include "containers/container_cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "fake_docker.h"

namespace readiness {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kNoPlugin =
    "if [ \"$1\" = compose ]; then echo \"'compose' is not a docker command\" >&2; exit 1; fi\n";

TEST(ContainerCliTest, FindsThePluginFirst) {
  const FakeDocker docker;
  docker.Install("echo \"$@\"");
  docker.Install("echo separate \"$@\"", "docker-compose");
  const auto cli = ContainerCli::Find("run1");
  ASSERT_TRUE(cli) << cli.error().Brief();
  const auto ended = cli->Compose("p", {"/a.yaml", "/b.yaml"}, {}, {"up", "-d"}, Milliseconds(5000));
  ASSERT_TRUE(ended) << ended.error().Brief();
  EXPECT_EQ(ended->output, "compose --ansi never --project-name p --file /a.yaml --file /b.yaml up -d\n");
  EXPECT_THAT(cli->DockerCommand({"ps"}), ElementsAre(docker.folder() + "/docker", "ps"));
}

TEST(ContainerCliTest, TakesTheSeparateComposeElse) {
  const FakeDocker docker;
  docker.Install(kNoPlugin);
  docker.Install("echo separate \"$@\"", "docker-compose");
  const auto cli = ContainerCli::Find("run1");
  ASSERT_TRUE(cli) << cli.error().Brief();
  const auto ended = cli->Compose("p", {"/a.yaml"}, {}, {"config"}, Milliseconds(5000));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->output, "separate --ansi never --project-name p --file /a.yaml config\n");
}

TEST(ContainerCliTest, SaysWhichToolIsMissing) {
  const FakeDocker docker;
  const auto nothing = ContainerCli::Find("run1");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().kind, ErrorKind::kEnvironment);
  EXPECT_EQ(nothing.error().what, "docker is not installed");
  EXPECT_THAT(nothing.error().fix, HasSubstr("apt-get install docker.io"));

  docker.Install(kNoPlugin);
  const auto without_compose = ContainerCli::Find("run1");
  ASSERT_FALSE(without_compose);
  EXPECT_THAT(without_compose.error().what, HasSubstr("Compose"));
  EXPECT_TRUE(ContainerCli::FindDocker(""));
}

TEST(ContainerCliTest, IgnoresWhatCannotBeExecuted) {
  const FakeDocker docker;
  docker.Install("true");
  ::chmod((docker.folder() + "/docker").c_str(), 0644);
  EXPECT_FALSE(ContainerCli::FindDocker(""));
}

TEST(ContainerCliTest, PassesLittleOfTheEnvironmentAndTheLabel) {
  const FakeDocker docker;
  docker.Install("/usr/bin/env");
  ::setenv("SECRET_OF_THE_SHELL", "hidden", 1);
  ::setenv("DOCKER_HOST", "unix:///chosen", 1);
  ::setenv("COMPOSE_FILE", "/foreign.yaml", 1);
  const auto cli = ContainerCli::Find("0123456789abcdef01234567");
  ASSERT_TRUE(cli);
  const auto plain = cli->Docker({"x"}, Milliseconds(5000));
  ASSERT_TRUE(plain);
  EXPECT_THAT(plain->output,
              AllOf(HasSubstr("READINESS_RUN=0123456789abcdef01234567\n"), HasSubstr("DOCKER_HOST=unix:///chosen\n"),
                    Not(HasSubstr("SECRET_OF_THE_SHELL")), Not(HasSubstr("COMPOSE_FILE"))));
  const auto compose =
      cli->Compose("p", {}, {{"API_KEY", "k 1"}, {"DOCKER_HOST", "unix:///other"}}, {}, Milliseconds(5000));
  ASSERT_TRUE(compose);
  EXPECT_THAT(compose->output, AllOf(HasSubstr("API_KEY=k 1\n"), HasSubstr("DOCKER_HOST=unix:///chosen\n")));
  EXPECT_EQ(cli->Environment().count("READINESS_RUN"), 1U);
  EXPECT_EQ(ContainerCli::FindDocker("")->Environment().count("READINESS_RUN"), 0U);
}

TEST(ContainerCliTest, GivesInput) {
  const FakeDocker docker;
  docker.Install("cat");
  const auto ended = ContainerCli::FindDocker("r")->Docker({"load"}, Milliseconds(5000), "bytes");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->output, "bytes");
}

struct Ending {
  const char* name;
  const char* script;
  ErrorKind kind;
  const char* said;
};

void PrintTo(const Ending& ending, std::ostream* stream) {
  *stream << ending.name;
}

class BadEndTest : public ::testing::TestWithParam<Ending> {};

TEST_P(BadEndTest, IsAnErrorInTime) {
  const FakeDocker docker;
  docker.Install(GetParam().script);
  const auto begin = std::chrono::steady_clock::now();
  const auto ended =
      ContainerCli::FindDocker("r")->Docker({"network", "create", "secret-argument"}, Milliseconds(1500));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, GetParam().kind) << ended.error().Brief();
  EXPECT_THAT(ended.error().Brief(), HasSubstr(GetParam().said));
  EXPECT_THAT(ended.error().Brief(), AllOf(Not(HasSubstr("secret-argument")), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(ended.error().Brief(), SizeIs(::testing::Le(8000U)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

constexpr const char* kOldWords =
    "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2; "
    "exit 1";
constexpr const char* kNewWords =
    "echo 'failed to connect to the docker API at unix:///nope; check if the path is correct' >&2; exit 1";

INSTANTIATE_TEST_SUITE_P(
    Endings, BadEndTest,
    ::testing::Values(
        Ending{"ExitCode", "echo no such network >&2; exit 3", ErrorKind::kTarget,
               "`docker network create ...` failed: expected exit code 0, actual exit code 3: no such network"},
        Ending{"Silent", "exit 125", ErrorKind::kTarget, "exit code 125: it said nothing"},
        Ending{"OnStandardOutput", "echo here; exit 1", ErrorKind::kTarget, "exit code 1: here"},
        Ending{"Escapes", "printf '\\033[31mred' >&2; exit 1", ErrorKind::kTarget, "red"},
        Ending{"Signal", "kill -9 $$", ErrorKind::kTarget, "exit code 137"},
        Ending{"Hang", "exec sleep 60", ErrorKind::kTimeout, "did not end in time"},
        Ending{"HangOfAChild", "sleep 60 & exit 0", ErrorKind::kTimeout, "did not end in time"},
        Ending{"EndlessOutput", "exec yes", ErrorKind::kLimit, "writes too much"},
        Ending{"EndlessErrors", "yes >&2", ErrorKind::kTimeout, "did not end in time"},
        Ending{"LongErrors", "head -c 5000000 /dev/zero | tr '\\0' 'x' >&2; exit 1", ErrorKind::kTarget, "xxx"},
        Ending{"NoEngineOld", kOldWords, ErrorKind::kNotAvailable, "no container engine answers"},
        Ending{"NoEngineNew", kNewWords, ErrorKind::kNotAvailable, "no container engine answers"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(CheckEngineTest, AnswersOfAnEngine) {
  const FakeDocker docker;
  docker.Install("echo 20.10.24");
  EXPECT_TRUE(ContainerCli::FindDocker("r")->CheckEngine());
  docker.Install("echo garbage");
  const auto garbage = ContainerCli::FindDocker("r")->CheckEngine();
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(garbage.error().actual, HasSubstr("garbage"));
  docker.Install(kOldWords);
  const auto down = ContainerCli::FindDocker("r")->CheckEngine();
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(down.error().fix, HasSubstr("systemctl start docker"));
  docker.Install("echo permission denied while trying to connect >&2; exit 1");
  const auto refused = ContainerCli::FindDocker("r")->CheckEngine();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().actual, HasSubstr("permission denied"));
}

}  // namespace
}  // namespace readiness
