#include "containers/container_cli.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/program.h"
#include "base/text.h"
#include "engines/engine.h"

namespace readiness {
namespace {

constexpr Milliseconds kVersionTime{10'000};
constexpr std::size_t kMaxOutput = 16 * 1024 * 1024;
constexpr std::size_t kShownError = 1500;
constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string OwnVariable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// Absolute path of `name`; empty when no folder of `path` has it.
std::string FindInPath(std::string_view path, std::string_view name) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = fmt::format("{}/{}", path.substr(begin, end - begin), name);
    struct stat status {};
    if (candidate.starts_with('/') && ::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    begin = end + 1;
  }
  return {};
}

std::map<std::string, std::string> ToolEnvironment(const std::string& run_id) {
  std::map<std::string, std::string> environment = ContainerEnvironment();
  environment.insert(
      {{"PATH", kDefaultPath}, {"LC_ALL", "C.UTF-8"}, {"DOCKER_CLI_HINTS", "false"}, {"PYTHONWARNINGS", "ignore"}});
  if (!run_id.empty()) environment[kRunLabel] = run_id;
  return environment;
}

Error Missing(const std::string& tool, const std::string& path, const std::string& fix) {
  return Error{ErrorKind::kEnvironment,     tool + " is not installed", std::nullopt,
               "it lies in one of " + path, "it lies in none of them",  fix};
}

std::string LastWords(const ProgramResult& ended) {
  std::string words = ended.error_output.empty() ? ended.output : ended.error_output;
  while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.pop_back();
  if (words.size() > kShownError) words.erase(0, words.size() - kShownError);
  return Printable(words, 4 * kShownError);
}

/// The tools have no exit code of their own for it. Docker's words, old and new, and docker-compose's.
bool SaysNoEngine(const std::string& words) {
  for (const char* sign : {"Cannot connect to the Docker daemon", "failed to connect to the docker API",
                           "Couldn't connect to Docker daemon", "Is the docker daemon running",
                           "Error while fetching server API version: ('Connection aborted.', FileNotFoundError",
                           "Error while fetching server API version: ('Connection aborted.', ConnectionRefusedError"}) {
    if (words.find(sign) != std::string::npos) return true;
  }
  return false;
}

Error NoEngine(const std::string& said) {
  return Error{ErrorKind::kNotAvailable,
               "no container engine answers",
               std::nullopt,
               "a running engine that this user may use",
               said.empty() ? "no answer" : said,
               "start it (`systemctl start docker`, or dockerd as root), or set DOCKER_HOST to where it listens"};
}

}  // namespace

std::map<std::string, std::string> ContainerEnvironment() {
  std::map<std::string, std::string> environment;
  for (const char* name : {"PATH", "HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK",
                           "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS",
                           "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION", "CONTAINER_HOST"}) {
    if (std::string value = OwnVariable(name); !value.empty()) environment[name] = std::move(value);
  }
  return environment;
}

Result<ContainerCli> ContainerCli::FindDocker(const std::string& run_id) {
  ContainerCli cli;
  cli.environment_ = ToolEnvironment(run_id);
  const std::string& path = cli.environment_["PATH"];
  cli.docker_ = FindInPath(path, "docker");
  if (cli.docker_.empty()) {
    return Fail(Missing("docker", path, "install Docker: `apt-get install docker.io docker-compose`"));
  }
  return cli;
}

Result<ContainerCli> ContainerCli::Find(const std::string& run_id) {
  READINESS_ASSIGN(ContainerCli cli, FindDocker(run_id));
  // Asking docker-compose 1.29 for its version takes a second, the plugin a few milliseconds.
  if (cli.Run({cli.docker_, "compose", "version"}, cli.environment_, kVersionTime, {})) {
    cli.compose_ = {cli.docker_, "compose"};
    return cli;
  }
  const std::string& path = cli.environment_["PATH"];
  const std::string separate = FindInPath(path, "docker-compose");
  if (separate.empty()) {
    return Fail(Missing("Compose (neither `docker compose` nor docker-compose)", path,
                        "install it: `apt-get install docker-compose`, or Docker's own docker-compose-plugin"));
  }
  cli.compose_ = {separate};
  return cli;
}

Result<void> ContainerCli::CheckEngine() const {
  const Result<CliEnd> asked = Docker({"version", "--format", "{{.Server.Version}}"}, kVersionTime);
  if (asked && asked->output.find_first_of("0123456789") != std::string::npos) return {};
  Error error = NoEngine(asked ? "the version \"" + Printable(asked->output, 200) + "\"" : asked.error().actual);
  error.kind = ErrorKind::kEnvironment;
  if (!asked && asked.error().kind == ErrorKind::kTimeout) {
    error.kind = ErrorKind::kTimeout;
    error.actual = fmt::format("no answer within {} ms", kVersionTime.count());
    error.fix = "see whether the engine is well: `docker info`";
  }
  return Fail(std::move(error));
}

Result<CliEnd> ContainerCli::Run(const std::vector<std::string>& command,
                                 const std::map<std::string, std::string>& environment, Milliseconds deadline,
                                 std::string_view input) const {
  ProgramRequest request;
  request.command = command;
  for (const auto& [name, value] : environment) request.environment.push_back(name + "=" + value);
  request.input = std::string(input);
  request.timeout = deadline;
  request.max_output = kMaxOutput;
  READINESS_ASSIGN(ProgramResult ended, RunProgram(request));
  if (ended.exit_code == 0) return CliEnd{std::move(ended.output), std::move(ended.error_output)};
  const std::string words = LastWords(ended);
  if (SaysNoEngine(words)) return Fail(NoEngine(words));
  const std::size_t shown = std::min<std::size_t>(command.size(), 3);
  std::string what = command.front().substr(command.front().rfind('/') + 1);
  for (std::size_t word = 1; word < shown; ++word) what += " " + Printable(command[word], 100);
  return Fail(Error{ErrorKind::kTarget,
                    fmt::format("`{}{}` failed", what, shown < command.size() ? " ..." : ""),
                    std::nullopt,
                    "exit code 0",
                    fmt::format("exit code {}: {}", ended.exit_code, words.empty() ? "it said nothing" : words),
                    {}});
}

Result<CliEnd> ContainerCli::Docker(const std::vector<std::string>& arguments, Milliseconds deadline,
                                    std::string_view input) const {
  return Run(DockerCommand(arguments), environment_, deadline, input);
}

Result<CliEnd> ContainerCli::Compose(const std::string& project, const std::vector<std::string>& files,
                                     const std::map<std::string, std::string>& environment,
                                     const std::vector<std::string>& arguments, Milliseconds deadline) const {
  if (compose_.empty()) return Fail(ErrorKind::kInternal, "Compose was not looked for");
  std::vector<std::string> command = compose_;
  command.insert(command.end(), {"--ansi", "never", "--project-name", project});
  for (const std::string& file : files) command.insert(command.end(), {"--file", file});
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::map<std::string, std::string> whole = environment_;
  whole.insert(environment.begin(), environment.end());
  return Run(command, whole, deadline, {});
}

std::vector<std::string> ContainerCli::DockerCommand(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{docker_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace readiness
