#include "capabilities/commands/session_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SessionCommandsTest : public ::testing::Test {
 protected:
  SessionCommandsTest() {
    target_.file = "target.json";
    session_.deployment_file = "local.json";
  }
  void Declare(const std::string& name, const std::string& script) {
    target_.commands[name] = "for the test";
    CommandSpec spec;
    spec.command = {"sh", "-c", script};
    spec.environment = {{"PATH", "/usr/bin:/bin"}};
    spec.working_directory = "/";
    spec.timeout = std::chrono::seconds(20);
    session_.commands[name] = spec;
  }
  Result<CommandResult> Run(const std::string& name, const Json& input = Json::object()) {
    return SessionCommands(target_, session_, log_).Run(name, input);
  }

  Target target_;
  Session session_;
  EvidenceLog log_;
};

TEST_F(SessionCommandsTest, TakesAndGivesJson) {
  Declare("echo", "cat; echo note >&2");
  const auto result = Run("echo", Json{{"a", {1, "ü"}}});
  ASSERT_TRUE(result) << result.error().Brief();
  EXPECT_EQ(result->exit_code, 0);
  EXPECT_EQ(result->output, (Json{{"a", {1, "ü"}}}));
  EXPECT_EQ(result->error_output, "note\n");
}

TEST_F(SessionCommandsTest, AFailureIsAResult) {
  Declare("fail", "echo sorry >&2; exit 7");
  const auto result = Run("fail");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 7);
  EXPECT_TRUE(result->output.is_null());
}

TEST_F(SessionCommandsTest, OutputHasToBeStrictJson) {
  for (const char* output : {"hello", "{}{}", "NaN", "[1,]", "{\"a\":1,\"a\":2}", "\\377"}) {
    SCOPED_TRACE(output);
    Declare("say", std::string("printf '") + output + "'");
    const auto result = Run("say");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::kMalformed);
  }
}

TEST_F(SessionCommandsTest, WhatIsNotDeclaredIsNotAvailable) {
  Declare("check_claim", "cat");
  const auto misspelt = Run("check_clam");
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(misspelt.error().kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(misspelt.error().fix, HasSubstr("check_claim"));
  session_.commands.clear();
  const auto not_deployed = Run("check_claim");
  ASSERT_FALSE(not_deployed);
  EXPECT_EQ(not_deployed.error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(not_deployed.error().place->file, "local.json");
  EXPECT_THAT(log_.Entries(), IsEmpty());
}

TEST_F(SessionCommandsTest, InputIsBoundedAndText) {
  Declare("echo", "cat");
  EXPECT_EQ(Run("echo", Json(std::string(kMaxCommandInput, 'x'))).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(Run("echo", Json("\xff")).error().kind, ErrorKind::kMalformed);
}

TEST_F(SessionCommandsTest, EachRunIsEvidence) {
  Declare("echo", "cat; echo note >&2; exit 2");
  session_.commands["slow"] = session_.commands["echo"];
  session_.commands["slow"].command = {"sleep", "100"};
  session_.commands["slow"].timeout = std::chrono::milliseconds(50);
  target_.commands["slow"] = "never ends";
  ASSERT_TRUE(Run("echo", Json{{"a", std::string(kMaxEvidenceBody, 'x')}}));
  EXPECT_EQ(Run("slow").error().kind, ErrorKind::kTimeout);
  const auto entries = log_.Entries();
  ASSERT_THAT(entries, SizeIs(2));
  const EvidenceEntry& entry = entries[0];
  ASSERT_TRUE(entry.command);
  EXPECT_EQ(entry.command->name, "echo");
  EXPECT_EQ(entry.command->command.front(), "sh");
  EXPECT_EQ(entry.command->exit_code, 2);
  EXPECT_THAT(entry.command->input, SizeIs(kMaxEvidenceBody));
  EXPECT_THAT(entry.command->output, SizeIs(kMaxEvidenceBody));
  EXPECT_EQ(entry.request_bytes, kMaxEvidenceBody + 8);
  EXPECT_EQ(entry.response_bytes, kMaxEvidenceBody + 8);
  EXPECT_EQ(entry.command->error_output, "note\n");
  EXPECT_FALSE(entries[1].command->exit_code);
  EXPECT_TRUE(entries[1].error);
}

}  // namespace
}  // namespace readiness
