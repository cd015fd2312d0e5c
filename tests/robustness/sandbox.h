#pragma once
// A project that uses Readiness, in a folder of its own, for tests that treat it badly: configured and built by the
// real cmake, run by the real ctest, with runs that nobody else's tests can be confused with. One thread.

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "readiness/findings.h"

namespace readiness {

/// How a command ended and what it printed.
struct Ran {
  int code = -1;        ///< exit code, or 128 + signal
  bool in_time = true;  ///< false: it was killed by us at the deadline
  std::string output;   ///< stdout and stderr
};

/// A process with its output in a file. Killed with its scope.
class Running {
 public:
  Running(pid_t pid, std::string output_file) : pid_(pid), output_file_(std::move(output_file)) {}
  Running(Running&& other) noexcept;
  Running& operator=(Running&&) = delete;
  ~Running();

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  /// Has it ended? It stays a zombie, so its pid stays its own.
  bool HasEnded() const;
  Ran Wait(std::chrono::milliseconds limit);

 private:
  pid_t pid_ = 0;
  std::string output_file_;
};

/// What a started program gets beside the sandbox's own environment.
struct StartOptions {
  std::map<std::string, std::string> environment = {};
  bool close_input = false;  ///< descriptor 0 is closed, not /dev/null
  bool new_session = false;  ///< no controlling terminal
};

/// Texts of definitions that replace the bundled ones; null: as bundled.
struct Definitions {
  Json suite = {};
  Json target = {};
  Json deployment = {};
  /// Of the bundled suite; these are enough to be killed, doubled and starved.
  std::string items = "C2 M3 STEP-R";
};

class Sandbox {
 public:
  /// `build_folder`: where the build tree goes; empty: below the sandbox.
  explicit Sandbox(const std::string& build_folder = {});
  Sandbox(const Sandbox&) = delete;
  /// Ends and removes everything that is left.
  ~Sandbox();

  const std::string& path() const { return path_; }
  const std::string& build() const { return build_; }
  const std::string& runtime() const { return runtime_; }
  std::string suite() const { return build_ + "/readiness/ai-health"; }
  std::string item(const std::string& id) const { return suite() + "/items/" + id + "/item.json"; }
  std::string state() const { return build_ + "/readiness/targets/ai-health-target"; }

  /// Configures and builds.
  void Build(const Definitions& definitions = {});
  std::string target_file() const { return path_ + "/project/suite/target.json"; }
  std::string deployment_file() const { return path_ + "/project/suite/deployments/standin.json"; }

  Running Start(const std::vector<std::string>& command, const StartOptions& options = {}) const;
  Ran Run(const std::vector<std::string>& command, const StartOptions& options = {},
          std::chrono::milliseconds limit = std::chrono::seconds(100)) const;
  /// ctest in the build tree.
  std::vector<std::string> CTest(const std::vector<std::string>& words) const;
  /// All items, as the preset does it.
  std::vector<std::string> WholeCTest() const { return CTest({"-L", "^readiness$", "-j2", "--output-on-failure"}); }

  /// Processes and run directories of this sandbox that are there now, one per line; empty: nothing. `but`: a process
  /// that may live.
  std::string Leftovers(pid_t but = 0) const;
  /// As soon as there are none, or what is left after ten seconds.
  std::string LeftoversAfterTenSeconds(pid_t but = 0) const;
  /// Pids of live processes of this sandbox whose command line begins with `program` (its file name) and `word`.
  std::vector<pid_t> Find(const std::string& program, const std::string& word) const;

 private:
  std::string path_;
  std::string build_;
  std::string runtime_;
  mutable int started_ = 0;
};

/// The folder of the tool under test: READINESS_TEST_TOOLS, else that of the build.
std::string ToolFolder();
std::string Tool();

/// `condition` holds within `limit`.
bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds(10));

std::string ReadWhole(const std::string& file);
void WriteWhole(const std::string& file, const std::string& text);
/// The JSON in `file`; null when there is none.
Json ReadJsonFile(const std::string& file);

}  // namespace readiness
