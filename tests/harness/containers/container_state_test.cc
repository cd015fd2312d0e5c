#include "containers/container_state.h"

#include <gtest/gtest.h>

namespace readiness {
namespace {

TEST(ContainerState, IsReadFromTheEnginesAccount) {
  const auto parsed = ParseContainerState(
      R"({"id":"7eeb","name":"/readiness-1-api","state":{"Running":true,"Paused":true,"OOMKilled":false,"ExitCode":0,)"
      R"("Error":"","StartedAt":"2026-11-20T14:33:16Z"},"networks":{"readiness-1_readiness":{"IPAddress":"172.18.0.2",)"
      R"("Aliases":["api","7eeb"]},"none":{"IPAddress":"","Aliases":null}}})");
  ASSERT_TRUE(parsed) << RenderError(parsed.error());
  EXPECT_EQ(parsed->first, "readiness-1-api");
  const ContainerState& state = parsed->second;
  EXPECT_TRUE(state.running && state.paused);
  EXPECT_EQ(state.started_at, "2026-11-20T14:33:16Z");
  ASSERT_EQ(state.networks.size(), 2u);
  EXPECT_EQ(state.networks[1].address, "172.18.0.2");
  EXPECT_EQ(state.networks[1].aliases, (std::vector<std::string>{"api", "7eeb"}));
  for (const char* line : {"", "[]", "{", R"({"id":"7","name":"/a"})", R"({"id":7,"name":"/a","state":{}})"})
    EXPECT_EQ(ParseContainerState(line).error().kind, ErrorKind::kMalformed) << line;
}

TEST(ContainerState, SaysHowItEnded) {
  const auto ended = [](int code, bool out_of_memory, const std::string& problem) {
    ContainerState state;
    state.exit_code = code;
    state.out_of_memory = out_of_memory;
    state.problem = problem;
    return state.HowItEnded();
  };
  EXPECT_EQ(ended(1, false, ""), "exited with code 1");
  EXPECT_EQ(ended(137, false, ""), "exited with code 137 (128 + signal 9, Killed)");
  EXPECT_EQ(ended(255, false, ""), "exited with code 255");
  EXPECT_EQ(ended(137, true, ""), "was ended for want of memory (exit code 137)");
  EXPECT_EQ(ended(127, false, "no such file"), "could not be started: no such file");
}

TEST(ContainerState, TheMomentAfterALine) {
  EXPECT_EQ(JustAfter("1970-01-02T00:00:01.820037282Z hello"), "86401.820037283");
  EXPECT_EQ(JustAfter("1970-01-01T00:00:01.999999999Z "), "2.000000000");
  EXPECT_EQ(JustAfter("1970-01-01T00:00:01.5Z x"), "1.500000001");
  EXPECT_EQ(JustAfter("1970-01-01T00:00:01Z x"), "1.000000001");
  for (const char* line : {"", "hello", "1970-01-01T00:00:01.5+01:00 x", "1970-01-01T00:00:01.Z x",
                           "1970-01-01T00:00:01.1234567890Z x", "1970-01-01T00:00:0aZ x", "Z"})
    EXPECT_EQ(JustAfter(line), "") << line;
}

}  // namespace
}  // namespace readiness
