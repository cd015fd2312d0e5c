#include "conformance/trial.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

#include "containers/container_cli.h"
#include "engines/process_table.h"
#include "judge/record_store.h"
#include "lifecycle/run_directory.h"
#include "lifecycle/session.h"
#include "report/registered.h"

namespace readiness::conformance {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTargetName = "trial-target";

}  // namespace

PrivateFolder::PrivateFolder() {
  std::string name = (fs::temp_directory_path() / "rc-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder like " + name);
  path_ = name;
  ::chmod(name.c_str(), 0755);
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Trial::Trial(std::string tool, std::string suite_name) : tool_(std::move(tool)), suite_name_(std::move(suite_name)) {
  fs::create_directories(folder_.path() / "r");
  ::chmod((folder_.path() / "r").c_str(), 0755);
}

Trial::~Trial() {
  if (may_be_up_) static_cast<void>(Down());
}

Ended Trial::Tool(std::vector<std::string> words, const std::string& defects) {
  words.insert(words.begin(), tool_);
  Command command{std::move(words), {{"READINESS_RUNTIME_DIR", (folder_.path() / "r").string()}}, {}, patience_};
  if (!defects.empty()) command.environment["READINESS_DEFECTS"] = defects;
  return Run(command);
}

Ended Trial::Resolve(const Definitions& definitions, const std::vector<std::string>& more, const std::string& folder) {
  std::vector<std::string> words = {"resolve",
                                    "--name",
                                    suite_name_,
                                    "--definition",
                                    definitions.suite,
                                    "--target-name",
                                    kTargetName,
                                    "--target",
                                    definitions.target,
                                    "--deployment",
                                    definitions.deployment,
                                    "--state-directory",
                                    StateDirectory(),
                                    "--suite-directory",
                                    SuiteDirectory(folder)};
  words.insert(words.end(), more.begin(), more.end());
  return Tool(std::move(words));
}

Ended Trial::Up(const Definitions& definitions, const std::string& defects, const std::vector<std::string>& more) {
  may_be_up_ = true;
  std::vector<std::string> words = {"up",
                                    "--name",
                                    kTargetName,
                                    "--target",
                                    definitions.target,
                                    "--deployment",
                                    definitions.deployment,
                                    "--state-directory",
                                    StateDirectory()};
  words.insert(words.end(), more.begin(), more.end());
  Ended ended = Tool(std::move(words), defects);
  const auto state = ReadState(StateDirectory());
  const auto record = state ? ReadRunRecord(state->run_directory) : Fail(state.error());
  has_containers_ = record && record->containers;
  return ended;
}

ItemResult Trial::RunItem(const std::string& item, const std::string& folder) {
  Ended ended = Tool({"run", ItemFile(item, folder)});
  return {ended.code, ended.timed_out, std::move(ended.output), ReadRecord(SuiteDirectory(folder), item)};
}

Ended Trial::Report(const std::string& folder) {
  return Tool({"report", "--suite-directory", SuiteDirectory(folder)});
}

Ended Trial::Down() {
  may_be_up_ = false;
  return Tool({"down", "--state-directory", StateDirectory()});
}

fs::path Trial::ItemFile(const std::string& item, const std::string& folder) const {
  return SuiteDirectory(folder) / "items" / item / "item.json";
}

Result<std::vector<std::string>> Trial::Items(const std::string& folder) const {
  READINESS_ASSIGN(const RegisteredSuite suite, ReadRegistered(SuiteDirectory(folder)));
  std::vector<std::string> ids;
  for (const RegisteredItem& item : suite.items) ids.push_back(item.id);
  return ids;
}

std::vector<std::string> Trial::Processes() const {
  // Services, stores and doubles carry the run's label and were started by processes that carry this folder.
  const std::string runtime = "READINESS_RUNTIME_DIR=" + (folder_.path() / "r").string();
  const auto state = ReadState(StateDirectory());
  const std::string label = state ? "READINESS_RUN=" + state->run_id : runtime;
  std::vector<std::string> names;
  for (const ProcessEntry& process : ListProcesses()) {
    if (process.pid == ::getpid() || process.IsZombie()) continue;
    if (EnvironmentHas(process.pid, runtime) || EnvironmentHas(process.pid, label))
      names.push_back(fmt::format("process {} ({})", process.pid, process.name));
  }
  return names;
}

std::vector<std::string> Trial::InContainerEngine() const {
  if (!has_containers_) return {};
  const auto state = ReadState(StateDirectory());
  const auto cli = ContainerCli::FindDocker("");
  if (!state || !cli) return {"nobody can say which containers"};
  const std::string label = fmt::format("label={}={}", kContainerLabel, state->run_id);
  std::vector<std::string> names;
  for (std::vector<std::string> words :
       {std::vector<std::string>{"ps", "--all"}, {"network", "ls"}, {"volume", "ls"}, {"images"}}) {
    const std::string kind = words.front();
    words.insert(words.end(), {"--quiet", "--filter", label});
    const auto listed = cli->Docker(words, std::chrono::seconds(30));
    if (!listed) names.push_back(kind + ": " + listed.error().Brief());
    if (listed && !listed->output.empty()) names.push_back(kind + " " + listed->output);
  }
  return names;
}

std::vector<std::string> Trial::Leftovers() const {
  std::vector<std::string> left = Processes();
  const std::vector<std::string> contained = InContainerEngine();
  left.insert(left.end(), contained.begin(), contained.end());
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "r", none)) {
    if (entry.path().parent_path().filename() == "runs") left.push_back("run directory " + entry.path().string());
  }
  return left;
}

}  // namespace readiness::conformance
