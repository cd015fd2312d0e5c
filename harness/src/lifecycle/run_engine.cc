#include "lifecycle/run_engine.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "containers/compose_engine.h"
#include "containers/container_cli.h"
#include "containers/images.h"
#include "engines/external_engine.h"
#include "lifecycle/placeholders.h"

namespace readiness {
namespace {

constexpr const char* kPrivatePostgres = "postgresql";
constexpr std::chrono::seconds kWorthSaying{1};

bool NeedsPostgres(const Deployment& deployment) {
  for (const auto& entry : deployment.stores) {
    if (entry.second == kPrivatePostgres) return true;
  }
  return false;
}

/// Runs `make` and says what was made when that took its time.
Result<std::string> Timed(const std::string& what, const std::function<Result<std::string>()>& make) {
  const auto begun = std::chrono::steady_clock::now();
  Result<std::string> image = make();
  const auto took = std::chrono::steady_clock::now() - begun;
  if (!image) {
    image.error().what = fmt::format("the image of {} cannot be made: {}", what, image.error().what);
  } else if (took > kWorthSaying) {
    fmt::print(stderr, "the image of {} was made in {:.1f} s: {}\n", what, std::chrono::duration<double>(took).count(),
               *image);
  }
  return image;
}

}  // namespace

Result<std::unique_ptr<Engine>> MakeRunEngine(const Deployment& deployment, const std::string& run_id,
                                              const std::string& run_directory) {
  switch (deployment.engine) {
    case EngineKind::kCompose:
      return MakeComposeEngine(run_id, run_directory);
    case EngineKind::kExternal:
      return MakeExternalEngine(run_id, run_directory);
    case EngineKind::kProcess:
      break;
  }
  return MakeProcessEngine(run_id, run_directory);
}

Result<RunImages> MakeRunImages(const Deployment& deployment, const std::string& run_id,
                                const std::string& run_directory, const std::string& tool_directory,
                                const EnvironmentLookup& environment) {
  RunImages made;
  if (deployment.engine != EngineKind::kCompose) return made;
  READINESS_ASSIGN(const ContainerCli cli, ContainerCli::Find(run_id));
  made.tool = {cli.DockerCommand({}), cli.Environment()};
  const std::string scratch = run_directory + "/image";
  PlaceholderValues placeholders;
  placeholders.SetEnvironment(environment);
  placeholders.Set("tool.directory", tool_directory);
  placeholders.Set("deployment.directory", std::filesystem::path(deployment.file).parent_path().string());
  for (const auto& [name, text] : deployment.compose.images) {
    READINESS_ASSIGN(const std::string program,
                     placeholders.Fill(text, deployment.file, fmt::format("compose.images.{}", name)));
    READINESS_ASSIGN(made.images[name], Timed(program, [&] { return ProgramImage(cli, program, scratch); }));
  }
  for (const std::string& program : DoublePrograms(deployment)) {
    const std::string file = tool_directory + "/" + program;
    READINESS_ASSIGN(made.double_images[program], Timed(program, [&] { return ProgramImage(cli, file, scratch); }));
  }
  if (NeedsPostgres(deployment)) {
    READINESS_ASSIGN(made.postgresql, Timed("PostgreSQL", [&] { return PostgresImage(cli, scratch); }));
  }
  return made;
}

}  // namespace readiness
