// The contract of engines, on processes.
#include "engine_contract.h"

#include <signal.h>

namespace readiness {
namespace {

struct Processes {
  static std::unique_ptr<Engine> Make(const std::string& run_id, const std::string& directory) {
    return MakeProcessEngine(run_id, directory);
  }
  static void Fill(ServiceSpec& spec, const std::vector<std::string>& arguments) {
    spec.command = {ENGINE_HELPER};
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
  }
  static void Listen(ServiceSpec& spec, const std::string& mode, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{mode, spec.url.substr(spec.url.rfind(':') + 1)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Fill(spec, arguments);
  }
  static std::vector<std::string> Alive(const std::string& run_id) {
    std::vector<std::string> alive;
    for (const ProcessEntry& process : ListProcesses()) {
      if (EnvironmentHas(process.pid, std::string(kRunLabel) + "=" + run_id)) alive.push_back(process.name);
    }
    return alive;
  }
  static void KillFromOutside(const std::string& run_id, const std::string& service) {
    for (const ProcessEntry& process : ListProcesses()) {
      if (!EnvironmentHas(process.pid, std::string(kRunLabel) + "=" + run_id)) continue;
      for (int start = 1; start < 10; ++start) {
        if (EnvironmentHas(process.pid, std::string(kServiceLabel) + "=" + service + "#" + std::to_string(start)))
          ::kill(process.pid, SIGKILL);
      }
    }
  }
  static const char* Killed() { return "killed by signal 9 (Killed)"; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Process, EngineContract, Processes);

}  // namespace
}  // namespace readiness
