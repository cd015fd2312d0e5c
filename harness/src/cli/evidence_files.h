#pragma once
// Writes what an item did, for one attempt: exchanges.txt (each exchange with the curl line that repeats it) and what
// the target's services logged meanwhile. Redacted and free of control characters.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/redactor.h"
#include "capabilities/evidence.h"
#include "judge/record.h"
#include "lifecycle/session.h"

namespace readiness {

class EvidenceWriter {
 public:
  /// Marks the present end of every service's log. `session` is borrowed.
  explicit EvidenceWriter(const Session& session);

  /// Takes what the services have logged until now. Secrets that were known to anybody before must be known to the
  /// redactor when it is written.
  /// `instance_logs`: of instances that the item started; taken from their beginning.
  void Close(const std::map<std::string, std::string>& instance_logs);

  /// Writes into `folder`. Requires: Close. Errors: as WriteFileAtomically.
  Result<std::vector<EvidenceFile>> Write(const std::string& folder, const EvidenceLog& log,
                                          const Redactor& redactor) const;

 private:
  const Session& session_;
  std::map<std::string, std::uint64_t> marks_;  // service -> bytes of log before the item
  std::map<std::string, std::string> logs_;     // service -> what it logged meanwhile, raw
};

}  // namespace readiness
