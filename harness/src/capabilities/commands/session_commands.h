#pragma once
// The target's commands as the session gives them: JSON in, JSON out, each run kept as evidence. How a process is run
// and ended is lifecycle/run_command.h. One thread; what it is given is borrowed and outlives it.

#include <string>

#include "capabilities/evidence.h"
#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/commands.h"

namespace readiness {

inline constexpr std::size_t kMaxCommandInput = 4 * 1024 * 1024;

class SessionCommands : public Commands {
 public:
  SessionCommands(const Target& target, const Session& session, EvidenceLog& log)
      : target_(target), session_(session), log_(log) {}

  Result<CommandResult> Run(const std::string& name, const Json& input) override;

 private:
  Result<const CommandSpec*> Find(const std::string& name) const;

  const Target& target_;
  const Session& session_;
  EvidenceLog& log_;
};

}  // namespace readiness
