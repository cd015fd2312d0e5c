#pragma once
// A running target as item processes see it, and who owns it. Two files, both written atomically by `up`:
//   <state directory>/state.json   in the build tree: run id, owner, outcome of `up`, where the run directory is. No
//   secrets. <run directory>/session.json   mode 0600, gone with the run: endpoints, store URLs, secrets.
// Reading is safe from any process at any time; there is no locking to hold.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "definition/definition.h"
#include "readiness/result.h"

namespace readiness {

/// A process that cannot be mistaken for a later one with the same pid.
struct ProcessIdentity {
  int pid = 0;
  std::uint64_t start_ticks = 0;  ///< field 22 of /proc/<pid>/stat
  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// Who a run belongs to: the process that ran `up` (CTest), or a lease until a point in time.
struct Owner {
  ProcessIdentity process;  ///< pid 0 when it is a lease
  std::string description;  ///< "ctest (pid 4711)", "lease until 2026-11-20T10:00:00Z"
  std::optional<std::chrono::system_clock::time_point> lease_until;
};

/// state.json
struct TargetState {
  std::string run_id;
  std::string target;  ///< name as added by readiness_add_target
  Owner owner;
  bool started = false;
  std::string reason;  ///< why not started; redacted
  std::string run_directory;
  std::string spoiled;  ///< why later items must not judge; empty: sound
};

struct ServiceEndpoint {
  std::string url;       ///< "http://127.0.0.1:20123", no trailing slash
  std::string log_file;  ///< empty: none is kept
};

struct DataProviderEndpoint {
  std::string admin_socket;  ///< unix socket of the double's admin API
};

struct LanguageModelEndpoint {
  std::string admin_socket;  ///< unix socket of the double's admin API
  std::string channel;       ///< "run", or the name of an instance
};

/// One of the target's commands with every placeholder filled in.
struct CommandSpec {
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;  ///< complete
  std::string working_directory;
  std::chrono::milliseconds timeout{30'000};
};

/// session.json
struct Session {
  std::string run_id;
  std::string target_file;
  std::string deployment_id;
  std::string deployment_file;
  std::string engine;                   ///< "process", "compose", "external"
  Reach allowed = Reach::kWholeTarget;  ///< what items may do to the target
  Place allowed_place;                  ///< where the deployment says so, or would
  std::map<std::string, ServiceEndpoint> services;
  std::map<std::string, std::string> stores;  ///< store -> PostgreSQL URL for observation
  std::map<std::string, DataProviderEndpoint> data_providers;
  std::map<std::string, LanguageModelEndpoint> language_models;
  std::map<std::string, CommandSpec> commands;
  std::string source_tree;        ///< the tree to look at, with defects' overlays applied; empty: unknown
  std::string token_signing_key;  ///< empty: unknown
  std::string token_algorithm;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> secrets;  ///< every value to redact
  std::vector<std::string> defects;  ///< active, as acknowledged by the services
};

/// Reads state.json. Errors: kTarget when there is none ("`up` has not run"), kMalformed.
Result<TargetState> ReadState(const std::string& state_directory);
Result<void> WriteState(const std::string& state_directory, const TargetState& state);
Result<Session> ReadSession(const std::string& run_directory);
Result<void> WriteSession(const std::string& run_directory, const Session& session);

/// The identity of a live process. Errors: kEnvironment when there is no such process.
Result<ProcessIdentity> Identify(int pid);

/// May a process whose parent is `parent` use this state now? Success, or an Error that names the owner.
Result<void> CheckOwner(const TargetState& state, const ProcessIdentity& parent);

}  // namespace readiness
