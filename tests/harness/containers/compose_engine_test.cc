// The contract of engines, on containers, and what only containers do.
#include "containers/compose_engine.h"

#include <poll.h>

#include <fstream>

#include "../engines/engine_contract.h"
#include "containers/compose_project.h"
#include "containers/container_cli.h"
#include "containers/container_state.h"
#include "containers/images.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;

constexpr Milliseconds kCall{30'000};

const ContainerCli& Cli() {
  static const ContainerCli cli = ContainerCli::Find({}).value();
  return cli;
}

std::string HelperImage() {
  static const std::string image = [] {
    const std::string scratch = ::testing::TempDir();
    const Result<std::string> made = ProgramImage(Cli(), ENGINE_HELPER, scratch);
    if (!made) ADD_FAILURE() << RenderError(made.error());
    return made.value_or("");
  }();
  return image;
}

std::vector<std::string> Listed(const std::vector<std::string>& command, const std::string& run_id) {
  std::vector<std::string> arguments = command;
  arguments.insert(arguments.end(), {"--filter", std::string("label=") + kContainerLabel + "=" + run_id});
  std::istringstream lines(Cli().Docker(arguments, kCall).value().output);
  std::vector<std::string> listed;
  for (std::string line; std::getline(lines, line);) listed.push_back(line);
  return listed;
}

struct Containers {
  static std::unique_ptr<Engine> Make(const std::string& run_id, const std::string& directory) {
    Result<std::unique_ptr<Engine>> engine = MakeComposeEngine(run_id, directory);
    if (!engine) throw std::runtime_error(RenderError(engine.error()));
    return std::move(*engine);
  }
  static void Fill(ServiceSpec& spec, const std::vector<std::string>& arguments) {
    spec.container.emplace();
    spec.container->image = HelperImage();
    spec.command = {"/engine_helper"};
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
  }
  static void Listen(ServiceSpec& spec, const std::string& mode, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{mode, "8000"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Fill(spec, arguments);
    spec.environment["LISTEN_ON_ALL"] = "1";
    spec.container->port = 8000;
  }
  static std::vector<std::string> Alive(const std::string& run_id) {
    return Listed({"ps", "--format", "{{.Names}}"}, run_id);
  }
  static void KillFromOutside(const std::string& run_id, const std::string& service) {
    (void)Cli().Docker({"kill", ContainerName(run_id, service)}, kCall);
  }
  static const char* Killed() { return "exited with code 137 (128 + signal 9, Killed)"; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Compose, EngineContract, Containers);

class ComposeEngineTest : public EngineContract<Containers> {
 protected:
  /// Uses `yaml` as the deployment's compose file; ${IMAGE} is the helper.
  Result<void> Use(const std::string& yaml) {
    std::ofstream(directory_ + "/users.yaml") << yaml;
    return engine_->UseCompose({{directory_ + "/users.yaml"}, {{"IMAGE", HelperImage()}}});
  }
  ServiceSpec Based(const std::string& name, const std::string& base, const std::vector<WaitCondition>& ready) {
    ServiceSpec spec = Listener(name, "", ready);
    spec.command.clear();
    spec.container->image.clear();
    spec.container->base = base;
    return spec;
  }
  bool Eventually(const std::function<bool()>& condition) const {
    for (int i = 0; i < 300; ++i) {
      if (condition()) return true;
      ::poll(nullptr, 0, 100);
    }
    return false;
  }
  std::vector<std::string> Everything() const {
    std::vector<std::string> all;
    for (const std::vector<std::string>& list : std::vector<std::vector<std::string>>{
             {"ps", "-a", "-q"}, {"network", "ls", "-q"}, {"volume", "ls", "-q"}, {"images", "-q"}}) {
      for (const std::string& one : Listed(list, run_id_)) all.push_back(list[0] + " " + one);
    }
    return all;
  }
};

constexpr const char* kFiles = R"(services:
  api:
    image: ${IMAGE}
    command: [serve, "8000"]
    container_name: company-api
    restart: always
    environment: {LISTEN_ON_ALL: "1"}
    ports: ["127.0.0.1:1:8000"]
    depends_on: [cache, migrate]
    volumes: ["data:/data"]
    networks: {front: {aliases: [server]}, default: {}}
  cache: {image: "${IMAGE}", command: [print, cache is here], networks: [front]}
  migrate: {image: "${IMAGE}", command: [exit, "0", migrated]}
  unrelated: {image: no-such-image, privileged: true}
volumes: {data: {name: company-data}}
networks: {front: }
)";

TEST_F(ComposeEngineTest, FilesOfTheDeploymentRunAndNothingIsLeft) {
  const Result<void> used = Use(kFiles);
  ASSERT_TRUE(used) << RenderError(used.error());
  Start(Based("api", "api", {HttpAnswers({200})}));
  EXPECT_THAT(Containers::Alive(run_id_),
              ::testing::UnorderedElementsAre(ContainerName(run_id_, "api"), ContainerName(run_id_, "cache")));
  EXPECT_TRUE(Eventually([&] { return Count("cache", "cache is here") == 1 && Count("migrate", "migrated") == 1; }));
  EXPECT_EQ(engine_->TakeEnded().size(), 0u) << "a job that is done is no news";

  ServiceSpec instance = Based("instance-1-api", "api", {HttpAnswers({200})});
  engine_->Kill("cache");
  Start(instance);
  EXPECT_EQ(Alive(), 2u) << "what it depends on as well is not touched";
  engine_->Discard("instance-1-api");
  EXPECT_EQ(Alive(), 1u);

  engine_.reset();
  EXPECT_THAT(Everything(), ::testing::IsEmpty());
}

TEST_F(ComposeEngineTest, BuiltImagesGoWithTheRun) {
  std::ofstream(directory_ + "/Dockerfile") << "FROM " << HelperImage() << "\nENV BUILT=1\n";
  ASSERT_TRUE(Use("services: {api: {build: ., image: company/api, command: [surroundings]}}"));
  ServiceSpec spec = Based("api", "api", {LogMatches("env BUILT=1")});
  spec.container->port = 0;
  spec.ready = {LogMatches("env BUILT=1")};
  (void)engine_->Start(spec);
  EXPECT_EQ(Count("api", "env BUILT=1"), 1);
  EXPECT_EQ(Listed({"images", "-q"}, run_id_).size(), 1u);
  EXPECT_FALSE(Cli().Docker({"image", "inspect", "company/api"}, kCall));
  engine_.reset();
  EXPECT_THAT(Everything(), ::testing::IsEmpty());
}

TEST_F(ComposeEngineTest, CutOffItRunsOnAndRejoinedHasItsNames) {
  ServiceSpec api = Listener("api", "serve", {HttpAnswers({200}), PortOpen()});
  api.container->aliases = {"api.example.com"};
  Start(api);
  Start(Helper("watcher", {"watch-peer", "api.example.com", "8000"}, {LogMatches("peer answers")}));
  const std::string process = engine_->ProcessOf("api").value();
  for (int round = 1; round <= 2; ++round) {
    ASSERT_TRUE(engine_->CutOff("api"));
    ASSERT_TRUE(engine_->CutOff("api")) << "it is off already";
    EXPECT_TRUE(Eventually([&] { return Count("watcher", "peer is away") == round; }));
    EXPECT_EQ(engine_->TakeEnded().size(), 0u);
    EXPECT_EQ(engine_->ProcessOf("api").value(), process);
    const Result<void> rejoined = engine_->Rejoin("api");
    ASSERT_TRUE(rejoined) << RenderError(rejoined.error());
    const Result<void> ready = engine_->AwaitReady("api");
    EXPECT_TRUE(ready) << RenderError(ready.error());
    EXPECT_TRUE(Eventually([&] { return Count("watcher", "peer answers") == round + 1; }));
  }
  EXPECT_TRUE(engine_->Rejoin("api")) << "it has its networks";
  ASSERT_TRUE(engine_->CutOff("api"));
  engine_->Kill("api");
  Start(api);
  EXPECT_TRUE(Eventually([&] { return Count("watcher", "peer answers") == 4; })) << "a new start has its networks";
}

TEST_F(ComposeEngineTest, TheSameSpecIsTheSameContainer) {
  ServiceSpec spec = Helper("api", {"print", "here"}, {LogMatches("here")});
  Start(spec);
  const auto container = [&] { return engine_->ProcessOf("api").value().substr(0, 22); };
  const std::string before = container();
  engine_->Stop("api");
  Start(spec);
  EXPECT_EQ(container(), before);
  engine_->Stop("api");
  spec.environment["A"] = "1";
  Start(spec);
  EXPECT_NE(container(), before);
  EXPECT_EQ(Everything().size(), 2u) << "one container, one network";
}

TEST_F(ComposeEngineTest, ErrorsOfComposeAreSaid) {
  const struct {
    std::string yaml;
    ErrorKind kind;
    std::string expected;
  } of_files[] = {
      {"services: [", ErrorKind::kDefinition, "users.yaml"},
      {"services: {api: {imag: x}}", ErrorKind::kDefinition, "imag"},
      {"", ErrorKind::kDefinition, "compose files"},
  };
  for (const auto& one : of_files) {
    const Result<void> used = Use(one.yaml);
    ASSERT_FALSE(used) << one.yaml;
    EXPECT_EQ(used.error().kind, one.kind);
    EXPECT_THAT(RenderError(used.error()), HasSubstr(one.expected));
  }
  ASSERT_TRUE(Use(R"(services:
  missing: {image: no-such-image.invalid/x}
  waiting: {image: "${IMAGE}", depends_on: {job: {condition: service_completed_successfully}}}
  job: {image: "${IMAGE}", command: [exit, "4", cannot migrate]}
)"));
  Error error = Failure(Based("missing", "missing", {PortOpen()}));
  EXPECT_THAT(RenderError(error), HasSubstr("no-such-image.invalid"));
  error = Failure(Based("waiting", "waiting", {PortOpen()}));
  EXPECT_THAT(error.actual, HasSubstr("service job exited with code 4, the last lines of its log:\ncannot migrate"));
  EXPECT_THAT(Containers::Alive(run_id_), ::testing::IsEmpty());
}

TEST_F(ComposeEngineTest, WantOfMemoryAndRemovalAreTold) {
  ASSERT_TRUE(Use("services: {api: {image: '${IMAGE}', command: [eat-memory], mem_limit: 30m}}"));
  ServiceSpec spec = Based("api", "api", {LogMatches("never")});
  spec.container->port = 0;
  EXPECT_THAT(Failure(spec).what, HasSubstr("was ended for want of memory"));
  Start(Helper("other", {"print", "here"}, {LogMatches("here")}));
  (void)Cli().Docker({"rm", "-f", ContainerName(run_id_, "other")}, kCall);
  std::vector<std::pair<std::string, std::string>> ended;
  EXPECT_TRUE(Eventually([&] { return !(ended = engine_->TakeEnded()).empty(); }));
  EXPECT_EQ(ended.at(0), std::pair(std::string("other"), std::string("was removed by somebody else")));
}

TEST_F(ComposeEngineTest, OthersContainersAreLeftAlone) {
  const std::string other = "readiness-" + run_id_ + "0-api";
  ASSERT_TRUE(Cli().Docker({"run", "-d", "--name", other, "--label", std::string(kContainerLabel) + "=" + run_id_ + "0",
                            HelperImage(), "print", "here"},
                           kCall));
  Start(Helper("api", {"print", "here"}, {LogMatches("here")}));
  engine_.reset();
  EXPECT_THAT(Everything(), ::testing::IsEmpty());
  EXPECT_TRUE(Cli().Docker({"rm", "-f", other}, kCall)) << "it was there still";
}

}  // namespace
}  // namespace readiness
