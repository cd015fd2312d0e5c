#include "doubles/program.h"

#include <csignal>
#include <cstdio>
#include <string_view>

namespace readiness::doubles {
namespace {

constexpr int kEnvironmentExit = 1;
constexpr int kUsageExit = 2;

int Complain(const Error& error, int exit_code) {
  std::fputs(RenderError(error).c_str(), stderr);
  return exit_code;
}

}  // namespace

int RunProgram(const Program& program, int argc, char** argv) {
  const std::string usage = "usage: " + program.name + " --config <file>\n";
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::puts((usage + program.description).c_str());
    return 0;
  }
  if (argc != 3 || std::string_view(argv[1]) != "--config") {
    std::fputs(usage.c_str(), stderr);
    return kUsageExit;
  }
  const auto start = program.load(argv[2]);
  if (!start) return Complain(start.error(), kUsageExit);

  // Blocked before the first thread exists, so that every thread inherits it and only sigwait sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const auto serving = (*start)();
  if (!serving) return Complain(serving.error(), kEnvironmentExit);
  std::printf("serving on 127.0.0.1:%d\n", serving->port);
  std::fflush(stdout);
  int received = 0;
  sigwait(&ends, &received);
  return 0;
}

}  // namespace readiness::doubles
