#pragma once
// Which hosts and addresses may be contacted. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace readiness {

/// A literal of 127.0.0.0/8 or ::1 (with or without brackets), or the name "localhost".
bool IsLoopbackHost(std::string_view host);

/// A literal of 127.0.0.0/8 or ::1.
bool IsLoopbackLiteral(std::string_view host);

/// Where a connection would really go. IPv4-mapped addresses count as the IPv4 address.
bool IsLoopbackAddress(const sockaddr& address);

/// Case-insensitive, and a final dot does not matter.
bool IsListedHost(std::string_view host, const std::vector<std::string>& allowed_hosts);

}  // namespace readiness
