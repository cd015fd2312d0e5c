#pragma once
// Runs services for one run of a target. The engine is owned by the supervisor and used by its one thread; whatever it
// starts dies with the supervisor. It resolves no placeholders and knows no definition files: see lifecycle/plan.h.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "definition/definition.h"
#include "readiness/result.h"

namespace readiness {

/// What a service has beside the rest where it runs in a container.
struct ContainerSpec {
  /// The service of the deployment's compose files that it is, perhaps as a second instance under another name. Empty:
  /// a container of our own (a double, PostgreSQL), made from `image`.
  std::string base;
  std::string image;
  int port = 0;                      ///< inside; published at the loopback port of ServiceSpec::url. 0: none
  std::vector<std::string> aliases;  ///< further names on the run's network, beside the service's own
  std::string user;                  ///< "uid:gid"; empty: as the image says
  std::string stop_signal;           ///< what asks it to end; empty: as the image or the compose file says, else SIGTERM
  struct Mount {
    std::string source;  ///< on this machine, absolute
    std::string target;  ///< in the container
    bool read_only = true;
  };
  std::vector<Mount> mounts;
};

/// The deployment's compose files, for ContainerSpec::base.
struct ComposeSources {
  std::vector<std::string> files;                  ///< absolute, in the order in which they are merged
  std::map<std::string, std::string> environment;  ///< what ${...} in them stands for
};

/// A service with every placeholder filled in.
struct ServiceSpec {
  std::string name;
  /// Complete. In a container it takes the place of the image's entry point, too; empty: as the image or the compose
  /// file says.
  std::vector<std::string> command;
  /// Complete, nothing is inherited; in a container that a compose file describes: laid over what that says.
  std::map<std::string, std::string> environment;
  std::string working_directory;
  std::string log_file;  ///< stdout and stderr, appended; at most kMaxLogBytes are kept
  std::string url;       ///< where it will listen: "http://127.0.0.1:20123"; empty: it does not
  std::vector<WaitCondition> ready;
  Milliseconds startup_timeout{30'000};
  Milliseconds stop_grace{5'000};
  std::optional<unsigned> user_id;  ///< run as this user (initdb refuses root); unset: as we are
  std::optional<unsigned> group_id;
  /// A System V IPC namespace of its own, where the system allows it (as root): what a killed process leaves in it goes
  /// with it.
  bool private_ipc = false;
  /// A socket: when its other end hangs up, nobody wants the service any more and its start is given up. -1: none.
  int wanted_by = -1;
  std::optional<ContainerSpec> container;  ///< set if and only if the engine runs containers
};

class Engine {
 public:
  virtual ~Engine() = default;  ///< stops everything, without grace

  /// A loopback TCP port that nothing listens on and that no other run takes before this one ends. `fixed`: that one or
  /// an error that names the process that has it.
  virtual Result<int> ReservePort(std::optional<int> fixed) = 0;

  /// The compose files that ContainerSpec::base refers to; before the first Start of such a service. Engines without
  /// containers do nothing. Errors: kDefinition (the files are wrong, or say what no run can have).
  virtual Result<void> UseCompose(const ComposeSources& sources);

  /// Starts `specs` in their order, or together where the engine can, and returns when the wait conditions of all hold.
  /// Errors: of the first that did not start; what the others came to is Stop's business.
  virtual Result<void> StartAll(const std::vector<ServiceSpec>& specs);

  /// Starts `spec` and returns when all its wait conditions hold. A service that exits first, or never becomes ready,
  /// is stopped; the Error (kTarget, kTimeout) holds the condition waited for, what was last seen of it, exit code or
  /// signal, and the last lines of its log.
  virtual Result<void> Start(const ServiceSpec& spec) = 0;

  /// Runs `spec.command` to its end, for preparations such as initdb; stderr and stdout go to spec.log_file. Errors: as
  /// Start; kTarget on a non-zero exit.
  virtual Result<void> RunToEnd(const ServiceSpec& spec) = 0;

  /// SIGTERM, grace, SIGKILL, for the service and everything that it started. Unknown names are ignored. What it wrote
  /// to its file system is kept for a Start with the same spec.
  virtual void Stop(const std::string& name) = 0;

  /// As Stop, without grace.
  virtual void Kill(const std::string& name) = 0;

  /// As Kill, for a service that is never started again: nothing of it is kept.
  virtual void Discard(const std::string& name);

  /// Stops the execution of the service and of everything that it started (SIGSTOP): it keeps its sockets and answers
  /// nothing. Stop, Kill and the engine's end end it all the same. Errors: kNotAvailable (not running), kTimeout.
  virtual Result<void> Pause(const std::string& name) = 0;
  /// Lets it go on. A service that is not paused is left alone.
  virtual Result<void> Resume(const std::string& name) = 0;

  /// Takes every network from the service, which goes on running; Rejoin gives them back. Errors: kNotAvailable (not
  /// running, or an engine that cannot), kTimeout.
  virtual Result<void> CutOff(const std::string& name);
  virtual Result<void> Rejoin(const std::string& name);

  /// Waits until what `name` was started to answer (HTTP, port) is answered again; its log lines are of the past.
  /// Errors: kNotAvailable (not running), as Start.
  virtual Result<void> AwaitReady(const std::string& name) = 0;

  /// A text that names the service's process and no other one of this machine before or after. Errors: kNotAvailable
  /// (not running).
  virtual Result<std::string> ProcessOf(const std::string& name) = 0;

  /// Names of started services that have since ended by themselves, each once, with "exited with code 1" and the like.
  virtual std::vector<std::pair<std::string, std::string>> TakeEnded() = 0;
};

inline constexpr std::size_t kMaxLogBytes = 64 * 1024 * 1024;

/// The environment variable that marks every process of a run; its value is the run id.
inline constexpr const char* kRunLabel = "READINESS_RUN";

/// Marks the processes of one start of one service, beside kRunLabel: "<service>#<number of the start>".
inline constexpr const char* kServiceLabel = "READINESS_SERVICE";

/// Processes on this machine. `run_id` goes into every process's environment as kRunLabel; `run_directory` is where
/// services without a working directory run. Makes the caller's process a child subreaper: its children that are made
/// later and leave its session count as services' orphans and are reaped, at last killed. The thread that starts
/// services has to live as long as they shall.
std::unique_ptr<Engine> MakeProcessEngine(const std::string& run_id, const std::string& run_directory);

/// Kills (SIGKILL) every process of this user whose environment carries kRunLabel=`run_id`, but the caller, until none
/// is left or `deadline` has passed. Returns how many were killed; an Error (kTimeout) names the pids that stayed.
Result<int> KillRunProcesses(const std::string& run_id, Milliseconds deadline);

/// Kills what an engine whose process is gone had paused in the run of `run_directory`. Such processes cannot notice
/// that their own parents are gone, and not all of them carry the label still (PostgreSQL's overwrite it). Returns how
/// many.
int KillPausedProcesses(const std::string& run_directory, Milliseconds deadline);

}  // namespace readiness
