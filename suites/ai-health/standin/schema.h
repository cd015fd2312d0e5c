#pragma once
// The tables of the stand-in: names, columns and constraints as in the real system, for those that it uses.

#include "readiness/result.h"
#include "standin/database.h"

namespace readiness::ai_health {

/// Creates what is missing; several processes may start on one database at once.
Result<void> CreateTables(standin::Database& database);

}  // namespace readiness::ai_health
