#pragma once
// One trial: a suite and a target in a private folder, driven by the tool as CTest drives it, and what came of it.
// Nothing of a trial outlives it: its end takes the run down, and Leftovers says whether the tool had done so by
// itself. One thread.

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "conformance/command.h"
#include "judge/record.h"

namespace readiness::conformance {

/// The files of a trial.
struct Definitions {
  std::string suite;
  std::string target;
  std::string deployment;
};

/// A folder of its own below the system's temporary one, removed at the end. Others may pass through it: PostgreSQL may
/// run as another user. Short, because Unix sockets lie in it.
class PrivateFolder {
 public:
  PrivateFolder();
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What one item came to.
struct ItemResult {
  int code = -1;
  bool timed_out = false;
  std::string output;
  Result<Record> record;
};

class Trial {
 public:
  /// `tool` is the program `readiness`; the programs it starts lie beside it.
  Trial(std::string tool, std::string suite_name);
  ~Trial();
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  /// How long a command of the tool may take; by default a minute.
  void SetPatience(std::chrono::seconds patience) { patience_ = patience; }

  /// Runs any command of the tool in this trial's surroundings.
  Ended Tool(std::vector<std::string> words, const std::string& defects = {});
  /// `readiness resolve`; `more` are further options. Suite folders of one trial differ by `folder`.
  Ended Resolve(const Definitions& definitions, const std::vector<std::string>& more = {},
                const std::string& folder = "suite");
  /// `readiness up`; this process is the owner, so the run ends even when a trial is killed.
  Ended Up(const Definitions& definitions, const std::string& defects = {}, const std::vector<std::string>& more = {});
  ItemResult RunItem(const std::string& item, const std::string& folder = "suite");
  Ended Report(const std::string& folder = "suite");
  Ended Down();

  /// Items that Resolve registered.
  Result<std::vector<std::string>> Items(const std::string& folder = "suite") const;
  /// Names of what the run has left: live processes of this trial, run directories, and of a run that had containers
  /// these, networks and volumes. To be called after Down.
  std::vector<std::string> Leftovers() const;

  std::filesystem::path StateDirectory() const { return folder_.path() / "state"; }
  std::filesystem::path SuiteDirectory(const std::string& folder = "suite") const { return folder_.path() / folder; }
  std::filesystem::path ItemFile(const std::string& item, const std::string& folder = "suite") const;
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  std::vector<std::string> Processes() const;
  std::vector<std::string> InContainerEngine() const;

  PrivateFolder folder_;
  const std::string tool_;
  const std::string suite_name_;
  std::chrono::seconds patience_{60};
  bool may_be_up_ = false;
  bool has_containers_ = false;
};

}  // namespace readiness::conformance
