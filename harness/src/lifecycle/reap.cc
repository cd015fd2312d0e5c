#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>

#include "containers/run_containers.h"
#include "engines/engine.h"
#include "lifecycle/finish.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/process.h"
#include "lifecycle/run_directory.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kKillTime{5'000};
constexpr std::chrono::milliseconds kContainerTime{10'000};
constexpr std::chrono::milliseconds kListTime{5'000};
// A directory without run.json is one that `up` is just making, or that somebody was removing when killed.
constexpr std::chrono::seconds kUnrecordedAge{30};
constexpr std::size_t kMaxEnvironment = 1024 * 1024;

bool IsOver(const Owner& owner) {
  return owner.lease_until ? std::chrono::system_clock::now() >= *owner.lease_until : !IsAlive(owner.process);
}

/// Nobody looks after the run any more, so it cannot be of use to its owner either.
bool IsAbandoned(const RunRecord& record) {
  return record.supervisor.pid > 0 && !IsAlive(record.supervisor) && !IsAlive(record.janitor) && !IsAlive(record.up);
}

/// Run ids in the environments of this user's processes.
std::set<std::string> LabelsOfProcesses() {
  const std::string label = std::string(kRunLabel) + "=";
  std::set<std::string> labels;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    struct stat status {};
    if (name.find_first_not_of("0123456789") != std::string::npos || name == std::to_string(::getpid())) continue;
    if (::stat(entry->path().c_str(), &status) != 0 || status.st_uid != ::geteuid()) continue;
    std::ifstream file(entry->path() / "environ", std::ios::binary);
    std::string variable;
    for (std::size_t read = 0; read < kMaxEnvironment && std::getline(file, variable, '\0');
         read += variable.size() + 1) {
      if (variable.starts_with(label)) labels.insert(variable.substr(label.size()));
    }
  }
  return labels;
}

/// Everything with the label of a run that nobody looks after.
Result<int> EndLabelled(const std::string& run_id) {
  READINESS_ASSIGN(const int processes, KillRunProcesses(run_id, kKillTime));
  READINESS_ASSIGN(const int containers, RemoveRunContainers(run_id, kContainerTime, processes > 0));
  return processes + containers;
}

/// No run.json: nothing is known of the run but its label.
Result<void> ReapUnrecorded(const std::string& run_id, bool at_once, std::vector<Reaped>& reaped) {
  const std::string directory = RunDirectoryOf(run_id);
  std::error_code error;
  const fs::file_time_type changed = fs::last_write_time(directory, error);
  if (!at_once && (error || fs::file_time_type::clock::now() - changed < kUnrecordedAge)) return {};
  READINESS_ASSIGN(const int ended, EndLabelled(run_id));
  READINESS_RETURN_IF_ERROR(RemoveRunDirectory(directory, run_id));
  reaped.push_back({run_id, "unknown", ended});
  return {};
}

Result<void> ReapRun(const std::string& run_id, bool at_once, std::vector<Reaped>& reaped) {
  const std::string directory = RunDirectoryOf(run_id);
  const Result<RunRecord> record = ReadRunRecord(directory);
  if (!record || record->run_id != run_id) return ReapUnrecorded(run_id, at_once, reaped);
  if (!at_once && !IsOver(record->owner) && !IsAbandoned(*record)) return {};
  READINESS_ASSIGN(const int ended, EndRun(*record, directory, "the run has ended: it was reaped"));
  reaped.push_back({run_id, record->owner.description, ended});
  return {};
}

Result<void> ReapLabel(const std::string& run_id, bool in_containers, std::vector<Reaped>& reaped) {
  READINESS_ASSIGN(const int ended, in_containers ? EndLabelled(run_id) : KillRunProcesses(run_id, kKillTime));
  // A network or volume alone is no container, but was something.
  if (ended > 0 || in_containers) reaped.push_back({run_id, "unknown", ended});
  return {};
}

}  // namespace

Result<std::vector<Reaped>> Reap(const std::string& run_id) {
  std::vector<Reaped> reaped;
  if (!run_id.empty() && !IsRunId(run_id)) {
    return Fail(Error{ErrorKind::kUsage, "not a run id", std::nullopt, "24 hexadecimal digits", run_id,
                      "`readiness list` shows runs"});
  }
  const std::vector<std::string> runs = ListRuns();
  std::optional<Error> first;
  const auto note = [&](const Result<void>& done) {
    if (!done && !first) first = done.error();
  };
  for (const std::string& run : runs) {
    if (run_id.empty() || run == run_id) note(ReapRun(run, !run_id.empty(), reaped));
  }
  std::set<std::string> labels = LabelsOfProcesses();
  const std::vector<std::string> in_containers = ListRunsInContainers(kListTime);
  labels.insert(in_containers.begin(), in_containers.end());
  for (const std::string& label : labels) {
    // Another folder's runs are none of our business, unless asked for. A directory is looked for again: its run may
    // have begun just now.
    const bool wanted = run_id.empty() ? IsRunIdOfThisFolder(label) : label == run_id;
    if (wanted && !fs::exists(RunDirectoryOf(label))) {
      const bool found = std::find(in_containers.begin(), in_containers.end(), label) != in_containers.end();
      note(ReapLabel(label, found, reaped));
    }
  }
  if (first) return Fail(*first);
  return reaped;
}

}  // namespace readiness
