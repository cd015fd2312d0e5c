#include "capabilities/http/host_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace readiness {
namespace {

bool IsLoopbackV4(const in_addr& address) {
  return (ntohl(address.s_addr) >> 24) == 127;
}

bool IsLoopbackV6(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) return address.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

std::string_view WithoutBrackets(std::string_view host) {
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

std::string_view WithoutFinalDot(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return host;
}

bool SameHost(std::string_view left, std::string_view right) {
  left = WithoutFinalDot(WithoutBrackets(left));
  right = WithoutFinalDot(WithoutBrackets(right));
  return !left.empty() && left.size() == right.size() && strncasecmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

bool IsLoopbackLiteral(std::string_view host) {
  const std::string literal(WithoutBrackets(host));
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, literal.c_str(), &v4) == 1) return IsLoopbackV4(v4);
  return inet_pton(AF_INET6, literal.c_str(), &v6) == 1 && IsLoopbackV6(v6);
}

bool IsLoopbackHost(std::string_view host) {
  return IsLoopbackLiteral(host) || SameHost(host, "localhost");
}

bool IsLoopbackAddress(const sockaddr& address) {
  // Copies, because the storage behind a sockaddr is typed by its family alone.
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return IsLoopbackV4(v4.sin_addr);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return IsLoopbackV6(v6.sin6_addr);
  }
  return false;
}

bool IsListedHost(std::string_view host, const std::vector<std::string>& allowed_hosts) {
  return std::any_of(allowed_hosts.begin(), allowed_hosts.end(),
                     [host](const std::string& allowed) { return SameHost(host, allowed); });
}

}  // namespace readiness
