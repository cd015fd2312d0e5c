#pragma once
// Switchable defects of a stand-in: which were asked for, whether they exist, and whether the services confirm that
// they are on. Some are of its source tree instead: overlays, which confirm themselves by being applied. A run with a
// defect must never pass for a real one, nor a run without for one with. Pure but for the two functions that read
// files.

#include <set>
#include <string>
#include <vector>

#include "lifecycle/overlay.h"
#include "readiness/result.h"

namespace readiness {

inline constexpr const char* kDefectsVariable = "READINESS_DEFECTS";
inline constexpr const char* kAcknowledgeVariable = "READINESS_DEFECTS_ACKNOWLEDGE";

struct DefectsRequest {
  std::string variable;            ///< what services get in READINESS_DEFECTS; empty: they do not get it
  std::set<std::string> expected;  ///< of the target's own suite, sets expanded: what the services must acknowledge
  std::vector<Overlay> overlays;   ///< of the target's own suite, sets expanded: what is done to the source tree
};

/// Reads READINESS_DEFECTS' text `given` for the target `target_id`. `defects_file` empty: the deployment has no
/// switchable defects. Errors: kUsage (defects asked for that there are not), kDefinition, kMalformed (defects.json).
Result<DefectsRequest> PlanDefects(const std::string& given, const std::string& target_id,
                                   const std::string& defects_file);

/// The defects that a service says are on. A missing or empty file: none. Errors: kMalformed, kLimit.
Result<std::set<std::string>> ReadAcknowledged(const std::string& file);

/// Error kTarget unless what is on is exactly what was asked for.
Result<void> CheckAcknowledged(const DefectsRequest& request, const std::set<std::string>& acknowledged);

}  // namespace readiness
