#include "sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/text.h"
#include "engines/descriptor.h"
#include "lifecycle/process.h"

extern char** environ;

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRuntimeVariable = "READINESS_RUNTIME_DIR";
constexpr const char* kDefectsVariableName = "READINESS_DEFECTS";

std::vector<std::string> Environment(const std::string& runtime, const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    all[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
  }
  // A CTest that runs this test must not rule the one that the test runs.
  for (const char* name :
       {kDefectsVariableName, "CTEST_PARALLEL_LEVEL", "CTEST_OUTPUT_ON_FAILURE", "CTEST_NO_TESTS_ACTION"})
    all.erase(name);
  all[kRuntimeVariable] = runtime;
  for (const auto& [name, value] : more) all[name] = value;
  std::vector<std::string> words;
  for (const auto& [name, value] : all) words.push_back(name + "=" + value);
  return words;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<pid_t> AllPids() {
  std::vector<pid_t> pids;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos) pids.push_back(std::stoi(name));
  }
  return pids;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Does the environment, the command line or the working directory of `pid` name the sandbox? PostgreSQL's processes
// overwrite the first two.
bool IsOf(pid_t pid, const std::string& runtime) {
  const std::string folder = fmt::format("/proc/{}/", pid);
  std::error_code error;
  const std::string label =
      "READINESS_RUN=" + Sha256Hex(fmt::format("{}/readiness-{}/runs", runtime, ::geteuid())).substr(0, 8);
  const std::string environment = ReadWhole(folder + "environ");
  return Contains(environment, std::string(kRuntimeVariable) + "=" + runtime) || Contains(environment, label) ||
         Contains(ReadWhole(folder + "cmdline"), runtime) ||
         fs::read_symlink(folder + "cwd", error).string().starts_with(runtime);
}

std::string CommandLine(pid_t pid) {
  std::string text = ReadWhole(fmt::format("/proc/{}/cmdline", pid));
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

}  // namespace

Running::Running(Running&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), output_file_(std::move(other.output_file_)) {}

Running::~Running() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Running::Signal(int signal) const {
  if (pid_ != 0) ::kill(pid_, signal);
}

bool Running::HasEnded() const {
  siginfo_t facts{};
  return pid_ == 0 ||
         (::waitid(P_PID, static_cast<id_t>(pid_), &facts, WEXITED | WNOHANG | WNOWAIT) == 0 && facts.si_pid == pid_);
}

Ran Running::Wait(std::chrono::milliseconds limit) {
  Ran ran;
  ran.in_time = Eventually([&] { return HasEnded(); }, limit);
  if (!ran.in_time) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(std::exchange(pid_, 0), &status, 0);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.output = ReadWhole(output_file_);
  return ran;
}

Sandbox::Sandbox(const std::string& build_folder) {
  // Short, because Unix sockets lie in it; open to the user that PostgreSQL runs as.
  char name[] = "/tmp/rb-XXXXXX";
  path_ = ::mkdtemp(name);
  fs::permissions(path_, fs::perms(0711));
  build_ = build_folder.empty() ? path_ + "/build" : build_folder;
  runtime_ = path_ + "/r";
  fs::create_directory(runtime_);
  fs::permissions(runtime_, fs::perms(0711));
}

Sandbox::~Sandbox() {
  for (const pid_t pid : AllPids()) {
    if (pid != ::getpid() && IsOf(pid, runtime_)) ::kill(pid, SIGKILL);
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void Sandbox::Build(const Definitions& definitions) {
  // Copies: somebody may edit the originals while a long test runs.
  const std::string source = READINESS_SOURCE_DIR;
  const std::string project = path_ + "/project";
  fs::create_directories(project + "/suite/standin");
  fs::create_directories(project + "/suite/deployments");
  fs::copy(source + "/cmake", project + "/cmake", fs::copy_options::recursive);
  for (const char* file : {"suite.json", "target.json", "standin/defects.json", "deployments/standin.json"})
    fs::copy_file(source + "/suites/ai-health/" + file, project + "/suite/" + file);
  fs::copy(source + "/suites/ai-health/standin/tree", project + "/suite/standin/tree", fs::copy_options::recursive);
  const std::string items = definitions.suite.is_null() ? " ITEMS " + definitions.items : "";
  if (!definitions.suite.is_null()) WriteWhole(project + "/suite/suite.json", definitions.suite.dump(2));
  if (!definitions.target.is_null()) WriteWhole(target_file(), definitions.target.dump(2));
  if (!definitions.deployment.is_null()) WriteWhole(deployment_file(), definitions.deployment.dump(2));
  WriteWhole(project + "/CMakeLists.txt", fmt::format(R"(cmake_minimum_required(VERSION 3.25)
project(Sandbox LANGUAGES NONE)
enable_testing()
add_executable(readiness::tool IMPORTED GLOBAL)
set_target_properties(readiness::tool PROPERTIES IMPORTED_LOCATION "{}")
include(cmake/Readiness.cmake)
readiness_add_target(ai-health-target API suite/target.json DEPLOYMENT suite/deployments/standin.json)
readiness_add_suite(ai-health DEFINITION suite/suite.json TARGET ai-health-target{})
)",
                                                      Tool(), items));
  const Ran configured = Run({CMAKE_PROGRAM, "-G", CMAKE_GENERATOR_NAME, "-S", project, "-B", build_});
  ASSERT_EQ(configured.code, 0) << configured.output;
  const Ran built = Run({CMAKE_PROGRAM, "--build", build_});
  ASSERT_EQ(built.code, 0) << built.output;
}

Running Sandbox::Start(const std::vector<std::string>& command, const StartOptions& options) const {
  const std::string output = fmt::format("{}/output-{}", path_, ++started_);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (options.close_input) {
    ::posix_spawn_file_actions_addclose(&actions, 0);
  } else {
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  }
  ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  if (options.new_session) ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::vector<std::string> arguments = command;
  std::vector<std::string> environment = Environment(runtime_, options.environment);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, arguments[0].c_str(), &actions, &attributes, Pointers(arguments).data(),
                                    Pointers(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(failed, 0) << command[0] << " cannot be started";
  return Running(failed == 0 ? pid : 0, output);
}

Ran Sandbox::Run(const std::vector<std::string>& command, const StartOptions& options,
                 std::chrono::milliseconds limit) const {
  return Start(command, options).Wait(limit);
}

std::vector<std::string> Sandbox::CTest(const std::vector<std::string>& words) const {
  std::vector<std::string> command = {CTEST_PROGRAM, "--test-dir", build_};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

std::string Sandbox::Leftovers(pid_t but) const {
  std::string left;
  std::error_code error;
  const std::string runs = fmt::format("{}/readiness-{}/runs", runtime_, ::geteuid());
  for (fs::directory_iterator entry(runs, error), end; !error && entry != end; entry.increment(error))
    left += "directory " + entry->path().filename().string() + "\n";
  for (const pid_t pid : AllPids()) {
    if (pid == ::getpid() || pid == but || !IsOf(pid, runtime_) || !Identify(pid)) continue;
    left += fmt::format("process {} {}\n", pid, CommandLine(pid));
  }
  return left;
}

std::string Sandbox::LeftoversAfterTenSeconds(pid_t but) const {
  std::string left;
  Eventually([&] { return (left = Leftovers(but)).empty(); });
  return left;
}

std::vector<pid_t> Sandbox::Find(const std::string& program, const std::string& word) const {
  std::vector<pid_t> found;
  for (const pid_t pid : AllPids()) {
    const std::string line = ReadWhole(fmt::format("/proc/{}/cmdline", pid));
    const std::size_t end = line.find('\0');
    if (end == std::string::npos || line.compare(end + 1, word.size() + 1, word + '\0') != 0) continue;
    if (fs::path(line.substr(0, end)).filename() == program && IsOf(pid, runtime_)) found.push_back(pid);
  }
  return found;
}

std::string ToolFolder() {
  const char* given = std::getenv("READINESS_TEST_TOOLS");
  return given != nullptr && *given != '\0' ? given : TOOL_FOLDER;
}

std::string Tool() {
  return ToolFolder() + "/readiness";
}

bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const Deadline deadline(limit);
  while (!condition()) {
    if (deadline.Passed()) return false;
    ::poll(nullptr, 0, 20);
  }
  return true;
}

std::string ReadWhole(const std::string& file) {
  // Not a stream: those throw when a process ends while its file in /proc is read.
  std::string text;
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  char bytes[16 * 1024];
  for (ssize_t count = 1; descriptor && count > 0;) {
    count = ::read(descriptor.get(), bytes, sizeof bytes);
    if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
  }
  return text;
}

void WriteWhole(const std::string& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  ASSERT_TRUE(stream.flush()) << file;
}

Json ReadJsonFile(const std::string& file) {
  const std::string text = ReadWhole(file);
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json() : json;
}

}  // namespace readiness
