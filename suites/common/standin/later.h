#pragma once
// Work that a stand-in does after it has answered, as a background job would.

#include <chrono>
#include <functional>

namespace readiness::standin {

/// Runs `work` once, `delay` from now, on a thread of its own; whatever it refers to must live as long as the process.
void Later(std::chrono::milliseconds delay, std::function<void()> work);

}  // namespace readiness::standin
