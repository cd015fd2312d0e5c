#include "tool_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"

namespace readiness {
namespace fs = std::filesystem;

namespace {

constexpr int kNewFile = O_WRONLY | O_CREAT | O_TRUNC;

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::string& runtime_directory) {
  std::vector<std::string> environment = {"READINESS_RUNTIME_DIR=" + runtime_directory};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string(*entry).starts_with("READINESS_")) environment.emplace_back(*entry);
  }
  return environment;
}

}  // namespace

void ToolTest::SetUp() {
  // The runtime directory holds sockets, whose paths have to be short.
  std::string pattern = (fs::temp_directory_path() / "cli-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  folder_ = fs::canonical(pattern).string();
  fs::copy(READINESS_SHOP, folder_);
  runtime_directory_ = folder_ + "/r";  // short: it is part of a socket's path
  fs::create_directory(runtime_directory_);
}

void ToolTest::TearDown() {
  if (Exists("state/state.json")) {
    EXPECT_EQ(Run({"down", "--state-directory", "state"}).code, 0);
  }
  fs::remove_all(folder_);
}

ToolRun ToolTest::Run(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words = {READINESS_TOOL};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = Environment(runtime_directory_);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "stdout.txt", kNewFile, 0600);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "stderr.txt", kNewFile, 0600);
  pid_t child = 0;
  const int failure =
      ::posix_spawn(&child, READINESS_TOOL, &actions, nullptr, Pointers(words).data(), Pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ToolRun run;
  if (failure != 0) {
    ADD_FAILURE() << "cannot start " << READINESS_TOOL;
    return run;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.out = Normalised(Read("stdout.txt"));
  run.err = Normalised(Read("stderr.txt"));
  return run;
}

ToolTest::OtherOwner::OtherOwner(const ToolTest& test, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"sh", "-c", R"("$0" "$@" >/dev/null 2>&1; echo done; read line)", READINESS_TOOL};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = Environment(test.runtime_directory_);
  int life[2];
  int done[2];
  EXPECT_EQ(::pipe2(life, O_CLOEXEC) | ::pipe2(done, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addchdir_np(&actions, test.folder_.c_str());
  ::posix_spawn_file_actions_adddup2(&actions, life[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, done[1], STDOUT_FILENO);
  EXPECT_EQ(::posix_spawn(&pid_, "/bin/sh", &actions, nullptr, Pointers(words).data(), Pointers(environment).data()),
            0);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(life[0]);
  ::close(done[1]);
  life_ = life[1];
  char answer[8];
  EXPECT_GT(::read(done[0], answer, sizeof answer), 0);
  ::close(done[0]);
}

ToolTest::OtherOwner::~OtherOwner() {
  if (pid_ <= 0) return;
  ::close(life_);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

void ToolTest::Write(const std::string& file, const std::string& text) const {
  fs::create_directories(fs::path(folder_ + "/" + file).parent_path());
  const auto written = WriteFileAtomically(folder_ + "/" + file, text);
  ASSERT_TRUE(written) << RenderError(written.error());
}

std::string ToolTest::Read(const std::string& file) const {
  const auto text = ReadFile(folder_ + "/" + file);
  EXPECT_TRUE(text) << file;
  return text.value_or("");
}

void ToolTest::Edit(const std::string& file, const std::string& from, const std::string& to) const {
  std::string text = Read(file);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << file << " does not contain " << from;
  Write(file, text.replace(at, from.size(), to));
}

bool ToolTest::Exists(const std::string& file) const {
  return fs::exists(folder_ + "/" + file);
}

std::string ToolTest::Normalised(std::string text) const {
  for (std::size_t at = 0; (at = text.find(folder_, at)) != std::string::npos;) {
    text.replace(at, folder_.size(), "<folder>");
  }
  return text;
}

void ToolTest::Resolve() const {
  const ToolRun run = Run({"resolve", "--name", "shop-audit", "--definition", "suite.json", "--target-name", "shop",
                           "--target", folder_ + "/target.json", "--deployment", "local.json", "--state-directory",
                           folder_ + "/state", "--suite-directory", folder_ + "/suite"});
  ASSERT_EQ(run.code, 0) << run.err;
}

}  // namespace readiness
