#pragma once
// Loopback source addresses: each principal sends from its own, so that a limiter that one item triggers does not
// poison the next. Pure.

#include <string>

namespace readiness {

/// Is the host of `url` 127.0.0.1? Only such a service can be reached from any 127.x.y.z.
bool IsFirstLoopback(const std::string& url);

/// An address 127.a.b.c chosen by the hash of `seed`, never in 127.0.0.0/16 and never .0 or .255.
std::string LoopbackAddress(const std::string& seed);

}  // namespace readiness
