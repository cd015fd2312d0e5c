#include "containers/container_state.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <sstream>

#include "base/text.h"

namespace readiness {
namespace {

constexpr Milliseconds kInspectTime{15'000};
constexpr const char* kFormat =
    "{\"id\":{{json .Id}},\"name\":{{json .Name}},\"state\":{{json .State}},"
    "\"networks\":{{json .NetworkSettings.Networks}}}";

std::string TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool IsTrue(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && *found == true;
}

Result<std::map<std::string, ContainerState>> ParseLines(const std::string& text) {
  std::map<std::string, ContainerState> states;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    READINESS_ASSIGN(auto one, ParseContainerState(line));
    states.insert(std::move(one));
  }
  return states;
}

}  // namespace

std::string ContainerState::HowItEnded() const {
  if (!problem.empty()) return fmt::format("could not be started: {}", Printable(problem, 500));
  if (out_of_memory) return fmt::format("was ended for want of memory (exit code {})", exit_code);
  // A shell passes on what ended its child in the same way, so this is no proof of a signal.
  if (const int signal = exit_code - 128; signal > 0 && signal < NSIG && ::strsignal(signal) != nullptr)
    return fmt::format("exited with code {} (128 + signal {}, {})", exit_code, signal, ::strsignal(signal));
  return fmt::format("exited with code {}", exit_code);
}

Result<std::pair<std::string, ContainerState>> ParseContainerState(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  const auto wrong = [&] {
    return Fail(Error{ErrorKind::kMalformed,
                      "the container engine's account of a container is not understood",
                      std::nullopt,
                      "id, name, state and networks",
                      Printable(line, 300),
                      {}});
  };
  if (!json.is_object()) return wrong();
  ContainerState container;
  container.id = TextAt(json, "id");
  std::string name = TextAt(json, "name");
  if (name.starts_with('/')) name.erase(0, 1);
  const Json state = json.value("state", Json());
  if (container.id.empty() || name.empty() || !state.is_object()) return wrong();
  container.running = IsTrue(state, "Running");
  container.paused = IsTrue(state, "Paused");
  container.out_of_memory = IsTrue(state, "OOMKilled");
  container.problem = TextAt(state, "Error");
  container.started_at = TextAt(state, "StartedAt");
  if (const Json code = state.value("ExitCode", Json()); code.is_number_integer())
    container.exit_code = code.get<int>();
  const Json networks = json.value("networks", Json());
  if (!networks.is_object()) return std::pair(std::move(name), std::move(container));
  for (const auto& [network, details] : networks.items()) {
    if (!details.is_object()) return wrong();
    Attachment attachment{network, TextAt(details, "IPAddress"), {}};
    if (const Json aliases = details.value("Aliases", Json()); aliases.is_array()) {
      for (const Json& alias : aliases) {
        if (alias.is_string()) attachment.aliases.push_back(alias.get<std::string>());
      }
    }
    container.networks.push_back(std::move(attachment));
  }
  return std::pair(std::move(name), std::move(container));
}

Result<std::map<std::string, ContainerState>> InspectContainers(const ContainerCli& cli,
                                                                const std::vector<std::string>& names) {
  if (names.empty()) return std::map<std::string, ContainerState>();
  std::vector<std::string> arguments{"container", "inspect", "--format", kFormat};
  arguments.insert(arguments.end(), names.begin(), names.end());
  const Result<CliEnd> all = cli.Docker(arguments, kInspectTime);
  if (all) return ParseLines(all->output);
  if (all.error().kind != ErrorKind::kTarget) return Fail(all.error());
  // One that is gone fails the call for all.
  if (names.size() == 1) {
    if (all.error().actual.find("No such") != std::string::npos ||
        all.error().actual.find("no such") != std::string::npos)
      return std::map<std::string, ContainerState>();
    return Fail(all.error());
  }
  std::map<std::string, ContainerState> states;
  for (const std::string& name : names) {
    READINESS_ASSIGN(auto one, InspectContainers(cli, {name}));
    states.merge(one);
  }
  return states;
}

std::string JustAfter(const std::string& line) {
  // 2026-11-20T14:33:16.820037282Z and a blank
  constexpr std::size_t kWhole = 19;
  const std::size_t end = line.find(' ');
  const std::string stamp = line.substr(0, end);
  if (stamp.size() < kWhole + 1 || stamp.back() != 'Z') return {};
  tm parts{};
  const char* rest = ::strptime(stamp.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || rest != stamp.c_str() + kWhole) return {};
  std::string fraction = *rest == '.' ? std::string(rest + 1, stamp.c_str() + stamp.size() - 1) : "0";
  if (fraction.empty() || fraction.size() > 9 || fraction.find_first_not_of("0123456789") != std::string::npos)
    return {};
  fraction.resize(9, '0');
  long seconds = ::timegm(&parts);
  long nanoseconds = std::stol(fraction) + 1;
  if (nanoseconds == 1'000'000'000) {
    ++seconds;
    nanoseconds = 0;
  }
  return fmt::format("{}.{:09}", seconds, nanoseconds);
}

}  // namespace readiness
