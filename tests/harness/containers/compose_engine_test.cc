// The contract of engines, on containers, and what only containers do.
#include "containers/compose_engine.h"

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

}  // namespace
}  // namespace readiness
