// Channels and configuration of the language model double, without any socket.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doubles/channels.h"
#include "doubles/language_model_config.h"

namespace readiness::doubles::model {
namespace {

using testing::HasSubstr;
using testing::IsNull;
using testing::NotNull;

TEST(Channels, ANameIsPlain) {
  for (const char* good : {"run", "instance-1", "a.b_C", "0"}) EXPECT_TRUE(IsChannelName(good)) << good;
  for (const char* bad : {"", "a/b", "a b", "a%2f", "\xc3\xa4", "a\n"}) EXPECT_FALSE(IsChannelName(bad)) << bad;
  EXPECT_TRUE(IsChannelName(std::string(100, 'x')));
  EXPECT_FALSE(IsChannelName(std::string(101, 'x')));
}

TEST(Channels, AppearWithTheUsualReplyAndAreBounded) {
  ChannelBounds bounds;
  bounds.channels = 2;
  Channels channels("usual", bounds);
  ASSERT_THAT(channels.Get("a"), NotNull());
  EXPECT_EQ(channels.Get("a")->reply.content, "usual");
  channels.Get("a")->reply.content = "other";
  EXPECT_EQ(channels.Get("b")->reply.content, "usual");
  EXPECT_EQ(channels.Get("a")->reply.content, "other");
  EXPECT_THAT(channels.Get("c"), IsNull());
  EXPECT_THAT(channels.Get(""), NotNull());  // what nobody can attribute always has a place
}

TEST(Channels, ALogWithoutRoomSaysSoForGood) {
  ChannelBounds bounds;
  bounds.calls = 2;
  Channels channels("x", bounds);
  Channel& channel = *channels.Get("a");
  EXPECT_TRUE(channels.Add(channel, {}));
  EXPECT_TRUE(channels.Add(channel, {}));
  EXPECT_FALSE(channels.Add(channel, {}));
  EXPECT_TRUE(channel.overflowed);
  EXPECT_TRUE(channels.Add(*channels.Get("b"), {}));
  EXPECT_EQ(channels.Get("b")->calls.at(0).sequence, 3);

  bounds = {};
  bounds.bytes = 1000;
  Channels small("x", bounds);
  Call call;
  call.prompt = std::string(1000, 'x');
  EXPECT_FALSE(small.Add(*small.Get("a"), call));
  bounds = {};
  bounds.all_bytes = 2000;
  Channels together("x", bounds);
  call.prompt = std::string(900, 'x');
  EXPECT_TRUE(together.Add(*together.Get("a"), call));
  EXPECT_FALSE(together.Add(*together.Get("b"), call));
}

TEST(Channels, PlacesForHangingRequestsAreFreedAgain) {
  ChannelBounds bounds;
  bounds.held = 2;
  bounds.all_held = 3;
  Channels channels("x", bounds);
  auto first = channels.Hold("a");
  const auto second = channels.Hold("a");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(channels.Hold("a"));
  const auto third = channels.Hold("b");
  EXPECT_TRUE(third);
  EXPECT_FALSE(channels.Hold("b"));  // all places together
  first.reset();
  EXPECT_TRUE(channels.Hold("b"));
}

constexpr std::string_view kSound = R"({
  "port": 20123, "admin_socket": "/run/a.sock", "hosts": ["API.Example.com."], "api_key": "k:1", "reply": "r",
  "ca_directory": "/run/ca"
})";

TEST(ModelConfig, ReadsAllKeysAndRefusesOthers) {
  const auto config = ParseConfig(kSound, "c.json");
  ASSERT_TRUE(config) << RenderError(config.error());
  EXPECT_EQ(config->server.port, 20123);
  EXPECT_EQ(config->server.hosts, std::vector<std::string>{"api.example.com"});
  EXPECT_EQ(config->api_key, "k:1");
  EXPECT_EQ(config->reply, "r");
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"\"api_key\"", "\"client_id\""}, {"\"k:1\"", "\"\""}, {"\"r\"", "1"}, {"\"api_key\"", "\"apikey\""}};
  for (const auto& [from, to] : wrong) {
    std::string text(kSound);
    text.replace(text.find(from), from.size(), to);
    const auto refused = ParseConfig(text, "c.json");
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(RenderError(refused.error()), HasSubstr("c.json:"));
  }
  EXPECT_FALSE(LoadConfig("/nonexistent/c.json"));
}

}  // namespace
}  // namespace readiness::doubles::model
