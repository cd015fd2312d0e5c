#pragma once
// Which keys of a deployment have a meaning for which engine, and what to write instead where they have none. Not
// thread-safe.

#include "definition/definition.h"
#include "definition/object_reader.h"

namespace readiness {

/// "process", "compose", "external"
const std::string& NameOf(EngineKind engine);

// Each records the keys that `engine` has no use for and those that it cannot do without.
void CheckDeploymentKeys(ObjectReader& reader, EngineKind engine, Problems& problems);
void CheckServiceKeys(ObjectReader& reader, EngineKind engine, Problems& problems);
void CheckOverlayKeys(ObjectReader& reader, EngineKind engine, Problems& problems);
void CheckCommandKeys(ObjectReader& reader, EngineKind engine, Problems& problems);
void CheckDoubleKeys(ObjectReader& reader, EngineKind engine, Problems& problems);

}  // namespace readiness
