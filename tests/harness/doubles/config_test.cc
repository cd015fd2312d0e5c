#include "doubles/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness::doubles::provider {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSound = R"({
  "port": 20123, "admin_socket": "/run/a.sock", "hosts": ["API.Example.com."],
  "client_id": "id", "client_secret": "s:1", "ca_directory": "/run/ca"
})";

std::string Replaced(std::string_view from, std::string_view to) {
  std::string text(kSound);
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(Config, ReadsAllKeys) {
  const auto config = ParseConfig(kSound, "c.json");
  ASSERT_TRUE(config) << RenderError(config.error());
  EXPECT_EQ(config->server.port, 20123);
  EXPECT_EQ(config->server.admin_socket, "/run/a.sock");
  EXPECT_EQ(config->server.hosts, std::vector<std::string>{"api.example.com"});
  EXPECT_EQ(config->client_id, "id");
  EXPECT_EQ(config->client_secret, "s:1");
  EXPECT_EQ(config->server.ca_directory, "/run/ca");
}

TEST(Config, IsForLoopbackUnlessItSaysElse) {
  const auto usual = ParseConfig(kSound, "c.json");
  ASSERT_TRUE(usual);
  EXPECT_FALSE(usual->server.all_interfaces);
  EXPECT_FALSE(usual->server.tls_port);
  EXPECT_TRUE(usual->server.names.empty());
  const auto contained = ParseConfig(
      Replaced("\"port\"", R"("listen": "0.0.0.0", "tls_port": 443, "names": ["My_Double"], "port")"), "c.json");
  ASSERT_TRUE(contained) << RenderError(contained.error());
  EXPECT_TRUE(contained->server.all_interfaces);
  EXPECT_EQ(contained->server.tls_port, 443);
  EXPECT_EQ(contained->server.names, std::vector<std::string>{"my_double"});
}

TEST(Config, RefusesWithPlaceAndReason) {
  struct Case {
    std::string text;
    std::string_view said;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {"[]", "an object"},
      {Replaced("\"port\"", "\"prot\""), "did you mean \"port\"?"},
      {Replaced("20123", "65536"), "from 0 to 65535"},
      {Replaced("20123", "-1"), "from 0 to 65535"},
      {Replaced("20123", "1.5"), "from 0 to 65535"},
      {Replaced("20123", "\"20123\""), "from 0 to 65535"},
      {Replaced("20123", "18446744073709551615"), "from 0 to 65535"},
      {Replaced("\"/run/a.sock\"", "\"a.sock\""), "an absolute path"},
      {Replaced("/run/a.sock", "/" + std::string(107, 'x')), "at most 107 bytes"},
      {Replaced("\"/run/ca\"", "7"), "an absolute path"},
      {Replaced("[\"API.Example.com.\"]", "\"x\""), "a list"},
      {Replaced("API.Example.com.", "a:443"), "a DNS name"},
      {Replaced("API.Example.com.", "a,permitted;DNS:b"), "a DNS name"},
      {Replaced("\"id\"", "\"\""), "not empty"},
      {Replaced("\"id\"", "\"a:b\""), "not empty"},
      {Replaced("\"s:1\"", "null"), "not empty"},
      {Replaced(", \"ca_directory\": \"/run/ca\"", ""), "missing key \"ca_directory\""},
      {Replaced("\"port\"", "\"listen\": \"::\", \"port\""), "\"127.0.0.1\" or \"0.0.0.0\""},
      {Replaced("\"port\"", "\"tls_port\": 65536, \"port\""), "from 0 to 65535"},
      {Replaced("\"port\"", "\"names\": [\"a:1\"], \"port\""), "a DNS name"},
      {Replaced("\"hosts\": [\"API.Example.com.\"]", "\"hosts\": [], \"tls_port\": 443"), "the hosts that are served"},
      {Replaced("\"ca_directory\"", "\"port\": 1, \"ca_directory\""), "port"},
  };
  for (const auto& [text, said] : cases) {
    const auto config = ParseConfig(text, "c.json");
    ASSERT_FALSE(config) << text;
    const auto rendered = RenderError(config.error());
    EXPECT_THAT(rendered, HasSubstr(std::string(said))) << text;
    EXPECT_THAT(rendered, HasSubstr("c.json")) << text;
  }
}

TEST(Config, NamesAFileThatIsNotThere) {
  const auto config = LoadConfig("/nonexistent/c.json");
  ASSERT_FALSE(config);
  EXPECT_THAT(RenderError(config.error()), HasSubstr("/nonexistent/c.json"));
}

}  // namespace
}  // namespace readiness::doubles::provider
