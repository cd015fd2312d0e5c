#pragma once
// Reads "operations" of target.json: how the operations that the target declares itself are filled. Not thread-safe.

#include <string>
#include <vector>

#include "definition/definition.h"
#include "definition/object_reader.h"

namespace readiness {

/// What "operations" may refer to.
struct OperationsContext {
  std::vector<std::string> actions;  ///< names, in order of writing
  std::vector<std::string> values;   ///< attributes of identities and what actions capture
};

Operations ReadOperationsSection(const LocatedJson& value, const OperationsContext& context, Problems& problems);

}  // namespace readiness
