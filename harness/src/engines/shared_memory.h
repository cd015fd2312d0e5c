#pragma once
// System V shared memory outlives the process that made it: a killed PostgreSQL server leaves a segment to the machine,
// of which there can be only so many. Linux only; any thread.

#include <cstdint>
#include <map>

namespace readiness {

/// Removes the segments that the ended processes `ended` (pid -> start time in ticks, as in ProcessEntry) made and
/// nobody is attached to.
void RemoveSharedMemoryOf(const std::map<int, std::uint64_t>& ended);

}  // namespace readiness
