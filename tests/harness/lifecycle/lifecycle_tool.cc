// Plays several parts, by its first argument:
//   supervise, janitor            the tool's own two processes
//   up <state directory> <folder of definitions> [--lease s] [--timeout ms] [--defects d]   one `readiness up`; prints
//   "up <0|1> <text>" down <state directory>        one `readiness down`; prints "down <text>" owner CTest: reads lines
//   "<up or down ...>" from stdin, runs each as a child, prints "done" serve                         a service that
//   answers every request with 200; its environment says how it misbehaves
//   --config <file>               a double
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "lifecycle/lifecycle.h"
#include "readiness/findings.h"

extern char** environ;

namespace readiness {
namespace {

std::string OneLine(std::string text) {
  for (char& c : text) c = c == '\n' ? '|' : c;
  return text;
}

int RunUp(const std::vector<std::string>& words) {
  UpOptions options;
  options.name = "local";
  options.state_directory = words.at(1);
  options.target_file = words.at(2) + "/target.json";
  options.deployment_file = words.at(2) + "/deployment.json";
  for (std::size_t i = 3; i + 1 < words.size(); i += 2) {
    if (words[i] == "--lease") options.lease = std::chrono::seconds(std::stoi(words[i + 1]));
    if (words[i] == "--timeout") options.startup_timeout = std::chrono::milliseconds(std::stoi(words[i + 1]));
    if (words[i] == "--defects") options.defects = words[i + 1];
  }
  const Result<TargetState> state = Up(options, {options.state_directory + "/verdict.json"});
  const std::string text = state ? (state->started ? "started" : state->reason) : RenderError(state.error());
  std::printf("up %d %s\n", state ? 0 : 1, OneLine(text).c_str());
  return state ? 0 : 1;
}

int RunDown(const std::vector<std::string>& words) {
  const Result<void> down = Down(words.at(1));
  std::printf("down %s\n", down ? "ok" : OneLine(RenderError(down.error())).c_str());
  return down ? 0 : 1;
}

int RunOwner(const char* program) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream stream(line);
    std::vector<std::string> words{program};
    for (std::string word; stream >> word;) words.push_back(word);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    if (::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ) != 0) return 1;
    std::printf("child %d\n", child);
    std::fflush(stdout);
    ::waitpid(child, nullptr, 0);
    std::printf("done\n");
    std::fflush(stdout);
  }
  return 0;
}

int Listen(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::exit(98);
  if (::listen(listener, 64) != 0) ::exit(99);
  return listener;
}

bool IsSick() {
  const char* file = std::getenv("SICK");
  return file != nullptr && ::access(file, F_OK) == 0;
}

/// Answers 200 to whatever comes, or 503 while the file $SICK exists; "/exit" ends the service with status 1 after its
/// answer.
int Serve(int port) {
  const int listener = Listen(port);
  for (;;) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client < 0) continue;
    char request[4096] = {};
    const ssize_t count = ::recv(client, request, sizeof request - 1, 0);
    const std::string answer = std::string(IsSick() ? "HTTP/1.1 503 Sick" : "HTTP/1.1 200 OK") +
                               "\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(client);
    if (count > 0 && std::string(request).starts_with("GET /exit ")) {
      std::fprintf(stderr, "leaving, key %s\n", std::getenv("KEY"));
      return 1;
    }
  }
}

int RunService() {
  const auto variable = [](const char* name) {
    return std::string(std::getenv(name) == nullptr ? "" : std::getenv(name));
  };
  std::fprintf(stderr, "service with key %s\n", variable("KEY").c_str());
  if (!variable("FAIL").empty()) return std::stoi(variable("FAIL"));
  // A child that leaves the session and forgets its parent, as daemons do.
  if (::fork() == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    for (;;) ::pause();
  }
  if (const std::string file = variable("READINESS_DEFECTS_ACKNOWLEDGE");
      !file.empty() && !variable("ACKNOWLEDGE").empty()) {
    std::ofstream(file) << variable("ACKNOWLEDGE");
  }
  if (!variable("HANG").empty()) {
    for (;;) ::pause();
  }
  return Serve(std::stoi(variable("PORT")));
}

int RunDouble(const std::string& file) {
  std::ifstream stream(file);
  return Serve(Json::parse(stream).at("port").get<int>());
}

}  // namespace
}  // namespace readiness

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string part = words.empty() ? "" : words[0];
  if (part == "supervise") return readiness::RunSupervisor(argc, argv);
  if (part == "janitor") return readiness::RunJanitor(argc, argv);
  if (part == "up") return readiness::RunUp(words);
  if (part == "down") return readiness::RunDown(words);
  if (part == "owner") return readiness::RunOwner(argv[0]);
  if (part == "serve") return readiness::RunService();
  if (part == "--config") return readiness::RunDouble(words.at(1));
  std::fprintf(stderr, "unknown part\n");
  return 2;
}
