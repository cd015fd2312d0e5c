#pragma once
// What every engine says about a service that did not start: what was awaited, what was last seen of it, how it ended,
// its last words. Pure.

#include <optional>
#include <string>

#include "engines/engine.h"
#include "engines/log_channel.h"
#include "engines/wait.h"

namespace readiness {

/// The last lines of a log, the very last one first: whoever shows this in one line cuts the end off.
std::string LastWords(const LogChannel& log);

/// `ended`: how the service ended ("exited with code 1"), if it did.
Error ExplainNotReady(const ServiceSpec& spec, const NotReady& problem, const std::optional<std::string>& ended,
                      const LogChannel& log);

/// Of a service that was to run to a good end. `ended` unset: it was not in time.
Error ExplainBadEnd(const ServiceSpec& spec, const std::optional<std::string>& ended, const LogChannel& log);

}  // namespace readiness
