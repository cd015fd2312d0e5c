#pragma once
// Writes what an item did beside its record: exchanges.txt (each exchange with the curl line that repeats it) and what the
// target's services logged meanwhile. Redacted and free of control characters.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/redactor.h"
#include "capabilities/evidence.h"
#include "cli/resolved_item.h"
#include "judge/record.h"
#include "lifecycle/session.h"

namespace readiness {

class EvidenceWriter {
 public:
  /// Marks the present end of every service's log. `item` and `session` are borrowed.
  EvidenceWriter(const ResolvedItem& item, const Session& session);

  /// Replaces the evidence files of an earlier attempt. Errors: as WriteFileAtomically.
  Result<std::vector<EvidenceFile>> Write(const EvidenceLog& log, const Redactor& redactor) const;

 private:
  const ResolvedItem& item_;
  const Session& session_;
  std::map<std::string, std::uint64_t> marks_;  // service -> bytes of log before the item
};

}  // namespace readiness
