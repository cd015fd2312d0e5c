#pragma once
// The table of what the hostile server can do. Internal to tests/support.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "support/hostile_connection.h"

namespace readiness::test_support {

/// Answers one request, which has been read.
using Misbehaviour = std::function<void(HostileConnection& connection)>;
using MisbehaviourTable = std::map<std::string, Misbehaviour, std::less<>>;

/// Path -> what happens there.
const MisbehaviourTable& Misbehaviours();

void AddBodyMisbehaviours(MisbehaviourTable& table);
void AddFramingMisbehaviours(MisbehaviourTable& table);

/// Sends exactly `bytes`, then closes.
Misbehaviour Bytes(std::string bytes);
/// A well-formed 200 with `headers` (each with CRLF) and `body`, then closes.
Misbehaviour Answer(std::string headers, std::string body);

}  // namespace readiness::test_support
