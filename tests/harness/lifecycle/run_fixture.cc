#include "run_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "readiness/findings.h"

extern char** environ;

namespace readiness {
namespace {

constexpr std::chrono::seconds kPatience{60};

std::string ReadAll(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  // A file of /proc whose process ends meanwhile cannot be read to its end; an iterator would throw then.
  std::string text;
  char bytes[4096];
  while (stream.read(bytes, sizeof bytes) || stream.gcount() > 0)
    text.append(bytes, static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace

OwnerProcess::OwnerProcess() {
  int to[2];
  int from[2];
  if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, to[0], 0);
  ::posix_spawn_file_actions_adddup2(&actions, from[1], 1);
  std::string program = LIFECYCLE_TOOL;
  std::string part = "owner";
  char* arguments[] = {program.data(), part.data(), nullptr};
  if (::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ) != 0) std::abort();
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(to[0]);
  ::close(from[1]);
  input_ = Descriptor(to[1]);
  output_ = Descriptor(from[0]);
}

int OwnerProcess::Begin(const std::string& words) {
  const std::string line = words + "\n";
  if (::write(input_.get(), line.data(), line.size()) < 0) return 0;
  const std::string answer = ReadLine();
  return answer.starts_with("child ") ? std::stoi(answer.substr(6)) : 0;
}

std::string OwnerProcess::Finish() {
  std::string said;
  for (std::string line = ReadLine(); !line.empty() && line != "done"; line = ReadLine()) said = line;
  return said;
}

void OwnerProcess::Kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool OwnerProcess::OutputIsClosed() {
  char bytes[4096];
  const Deadline deadline(std::chrono::seconds(2));
  while (WaitReadable(output_.get(), deadline)) {
    if (::read(output_.get(), bytes, sizeof bytes) <= 0) return true;
  }
  return false;
}

std::string OwnerProcess::ReadLine() {
  const Deadline deadline(kPatience);
  for (;;) {
    if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
      const std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    char bytes[4096];
    if (!WaitReadable(output_.get(), deadline)) return {};
    const ssize_t count = ::read(output_.get(), bytes, sizeof bytes);
    if (count <= 0) return {};
    buffer_.append(bytes, static_cast<std::size_t>(count));
  }
}

RunFixture::RunFixture() {
  ::signal(SIGPIPE, SIG_IGN);
  ::setenv("READINESS_RUNTIME_DIR", directory_.path().c_str(), 1);
  ::setenv("TMPDIR", "/tmp", 1);
  std::filesystem::create_directory(definitions_);
  std::filesystem::create_directory(state_);
  Define({});
}

RunFixture::~RunFixture() {
  // A test that failed must not leave anything either.
  for (const std::string& run : ListRuns()) (void)Reap(run);
}

void RunFixture::Define(const Definitions& definitions) {
  Json target{{"target", "x"}, {"title", "X"}, {"services", {{"api", Json::object()}}}};
  Json environment{{"PORT", "${port.api}"}, {"KEY", {{"secret", "${secret.key}"}}}};
  for (const auto& [name, value] : definitions.environment) environment[name] = value;
  Json deployment{{"deployment", "local"},
                  {"target", "x"},
                  {"engine", "process"},
                  {"secrets", {{"key", "generated:24"}}},
                  {"services",
                   {{"api",
                     {{"command", {"${tool.directory}/lifecycle_tool", "serve"}},
                      {"environment", environment},
                      {"ready", {{{"http", {{"path", "/"}, {"status", {200}}}}}}},
                      {"startup_timeout_ms", definitions.startup_timeout_ms},
                      {"stop_grace_ms", 1000}}}}}};
  if (definitions.store) {
    target["stores"] = {{"main", Json::object()}};
    deployment["stores"] = {{"main", "postgresql"}};
  }
  if (definitions.provider) {
    target["data_providers"] = {"whoop"};
    deployment["data_providers"] = {
        {"whoop", {{"hosts", {"api.example.com"}}, {"client_id", "c"}, {"client_secret", "${secret.key}"}}}};
  }
  if (!definitions.defects.empty()) {
    std::ofstream(definitions_ + "/defects.json") << definitions.defects;
    deployment["defects"] = "defects.json";
  }
  for (const auto& [name, overlay] : definitions.variants)
    deployment["variants"][name] = {{"services", {{"api", {{"environment", overlay}}}}}};
  std::ofstream(definitions_ + "/target.json") << target.dump(2);
  std::ofstream(definitions_ + "/deployment.json") << deployment.dump(2);
}

std::string RunFixture::Leftovers() const {
  std::string left;
  for (const std::string& run : ListRuns()) left += "directory " + run + "; ";
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string pid = entry->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos || !Identify(std::stoi(pid))) continue;
    // Directories of the test occur in the command lines and environments of everything that runs for it; owners have
    // no label.
    const std::string environment = ReadAll(entry->path() / "environ");
    const std::string command = ReadAll(entry->path() / "cmdline");
    // PostgreSQL's processes overwrite both; they stay in the data directory.
    const std::string place = std::filesystem::read_symlink(entry->path() / "cwd", error).string();
    error.clear();
    const bool labelled = environment.find("READINESS_RUN=" + NewRunId().substr(0, 8)) != std::string::npos;
    const bool placed = command.find(directory_.path() + "/readiness-") != std::string::npos;
    if (labelled || placed || place.find(directory_.path()) == 0) left += pid + " " + command + "; ";
  }
  return left;
}

std::string RunFixture::LeftoversAfterTenSeconds() const {
  std::string left;
  Eventually([&] { return (left = Leftovers()).empty(); });
  return left;
}

bool RunFixture::Eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const Deadline deadline(limit);
  while (!condition()) {
    if (deadline.Passed()) return false;
    ::poll(nullptr, 0, 20);
  }
  return true;
}

std::string RunFixture::Get(const std::string& url) {
  const std::size_t colon = url.rfind(':');
  const std::size_t slash = url.find('/', colon);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1))));
  const Descriptor connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  const std::string request = "GET " + url.substr(slash) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  ::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL);
  char answer[1024];
  const ssize_t count = WaitReadable(connection.get(), Deadline(std::chrono::seconds(5)))
                            ? ::recv(connection.get(), answer, sizeof answer, 0)
                            : 0;
  return count > 0 ? std::string(answer, static_cast<std::size_t>(count)) : std::string();
}

}  // namespace readiness
