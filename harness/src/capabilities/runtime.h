#pragma once
// Everything that one item's probe may use, put together from the running target (Session) and what is declared of it
// (Target). It owns the capabilities and the evidence; it runs no probe and concludes nothing. One thread.

#include <memory>
#include <string>

#include "base/redactor.h"
#include "capabilities/commands/session_commands.h"
#include "capabilities/endpoints.h"
#include "capabilities/evidence.h"
#include "capabilities/missing.h"
#include "capabilities/openapi/target_openapi.h"
#include "capabilities/service_logs.h"
#include "capabilities/session_doubles.h"
#include "capabilities/session_stores.h"
#include "capabilities/target_actions.h"
#include "capabilities/target_identities.h"
#include "capabilities/target_services.h"
#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/probe.h"

namespace readiness {

/// The capabilities that are not made from a Target. A missing one is replaced by one that answers kNotAvailable.
struct RuntimeParts {
  std::unique_ptr<Http> http;
  std::unique_ptr<Tokens> tokens;
  SecretListener* listener = nullptr;  ///< borrowed; nobody if null
  std::string control_socket;          ///< of the run's supervisor; empty: no control over services
  Isolation isolation = Isolation::kShared;
};

/// The real ones: HTTP limited to loopback and the session's allowed hosts, tokens with the session's signing key.
RuntimeParts MakeRuntimeParts(const Session& session);

class Runtime {
 public:
  /// `findings` and `redactor` are borrowed and outlive the Runtime. The session's secrets and every credential that
  /// appears while the probe runs are added to `redactor`.
  Runtime(Session session, Target target, const std::string& suite, const std::string& item, Parameters parameters,
          Findings& findings, Redactor& redactor, RuntimeParts parts);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Valid as long as the Runtime.
  Context& context() { return context_; }
  /// What was done so far. Holds secrets; redact before writing.
  const EvidenceLog& evidence() const { return evidence_; }
  /// Log files of the instances that the item started, by name.
  const std::map<std::string, std::string>& instance_logs() const { return endpoints_.instance_logs(); }
  /// To be called after the probe: as TargetServices::Settle.
  Result<void> Settle() { return services_.Settle(); }

 private:
  Session session_;
  Endpoints endpoints_;
  const Target target_;
  const Parameters parameters_;
  EvidenceLog evidence_;
  SecretKeeper secrets_;
  RecordingHttp http_;
  std::unique_ptr<Tokens> tokens_;
  SessionStores stores_;
  SessionDoubles doubles_;
  ServiceLogs logs_;
  TargetActions actions_;
  TargetIdentities identities_;
  TargetOpenApi openapi_;
  TargetServices services_;
  SessionCommands commands_;
  std::unique_ptr<SourceTree> source_tree_;
  Context context_;
};

}  // namespace readiness
