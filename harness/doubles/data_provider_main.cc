// readiness-double-data-provider --config <file>
// Serves until SIGTERM or SIGINT, then exits 0. 2: wrong usage or configuration, 1: this machine does not let it serve.

#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "doubles/config.h"
#include "doubles/data_provider.h"

namespace {

constexpr int kEnvironmentExit = 1;
constexpr int kUsageExit = 2;

int Complain(const readiness::Error& error, int exit_code) {
  std::fputs(readiness::RenderError(error).c_str(), stderr);
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::puts(
        "usage: readiness-double-data-provider --config <file>\n"
        "Stands in for an OAuth data provider on 127.0.0.1 until SIGTERM.");
    return 0;
  }
  if (argc != 3 || std::string_view(argv[1]) != "--config") {
    std::fputs("usage: readiness-double-data-provider --config <file>\n", stderr);
    return kUsageExit;
  }
  const auto config = readiness::provider::LoadConfig(argv[2]);
  if (!config) return Complain(config.error(), kUsageExit);

  // Blocked before the first thread exists, so that every thread inherits it and only sigwait sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const auto provider = readiness::provider::DataProviderDouble::Start(*config);
  if (!provider) return Complain(provider.error(), kEnvironmentExit);
  std::printf("serving on 127.0.0.1:%d\n", (*provider)->port());
  std::fflush(stdout);
  int received = 0;
  sigwait(&ends, &received);
  return 0;
}
