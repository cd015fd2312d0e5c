#include "capabilities/http/host_policy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace readiness {
namespace {

TEST(HostPolicy, KnowsLoopbackHosts) {
  for (const char* host :
       {"127.0.0.1", "127.255.3.4", "::1", "[::1]", "localhost", "LocalHost", "localhost.", "[::ffff:127.0.0.1]"})
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  for (const char* host : {"", "128.0.0.1", "10.0.0.1", "0.0.0.0", "[::]", "[::2]", "localhost.example.com",
                           "127.0.0.1.nip.io", "notlocalhost", "[::ffff:10.0.0.1]", "127.1", "0177.0.0.1"})
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
}

TEST(HostPolicy, JudgesTheAddressThatIsConnectedTo) {
  const auto judged = [](const char* literal) {
    sockaddr_storage storage{};
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (inet_pton(AF_INET, literal, &v4->sin_addr) == 1)
      storage.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, literal, &v6->sin6_addr) == 1)
      storage.ss_family = AF_INET6;
    return IsLoopbackAddress(*reinterpret_cast<const sockaddr*>(&storage));
  };
  EXPECT_TRUE(judged("127.0.0.1"));
  EXPECT_TRUE(judged("127.9.9.9"));
  EXPECT_TRUE(judged("::1"));
  EXPECT_FALSE(judged("192.0.2.1"));
  EXPECT_FALSE(judged("0.0.0.0"));
  EXPECT_FALSE(judged("169.254.169.254"));
  EXPECT_FALSE(judged("fe80::1"));
  EXPECT_FALSE(judged("::"));
}

TEST(HostPolicy, TakesListedHostsOnly) {
  const std::vector<std::string> listed = {"api.staging.example.com", "10.1.2.3", "::2"};
  EXPECT_TRUE(IsListedHost("API.staging.example.com", listed));
  EXPECT_TRUE(IsListedHost("api.staging.example.com.", listed));
  EXPECT_TRUE(IsListedHost("[::2]", listed));
  EXPECT_FALSE(IsListedHost("staging.example.com", listed));
  EXPECT_FALSE(IsListedHost("evil-api.staging.example.com", listed));
  EXPECT_FALSE(IsListedHost("", listed));
  EXPECT_FALSE(IsListedHost("", {""}));
}

}  // namespace
}  // namespace readiness
