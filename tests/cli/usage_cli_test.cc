// The command line itself: help, unknown words, words that would steer a terminal.

#include <gmock/gmock.h>

#include "tool_run.h"

namespace readiness {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

class Usage : public ToolTest {};

const Words kCommands = {"up", "down", "started", "reap", "run", "report", "list", "validate", "resolve"};

TEST_F(Usage, HelpOfEachCommand) {
  const ToolRun all = Run({"--help"});
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.err, IsEmpty());
  for (const std::string& command : kCommands) {
    EXPECT_THAT(all.out, HasSubstr("  " + command + " "));
    const ToolRun help = Run({command, "--help"});
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("readiness " + command)) << command;
    EXPECT_THAT(help.err, IsEmpty()) << command;
  }
}

TEST_F(Usage, VersionIsANumber) {
  const ToolRun run = Run({"--version"});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.out, ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(Usage, WrongCommandLinesExitWith2AndNameTheWord) {
  const std::vector<std::pair<Words, std::string>> cases = {
      {{}, "subcommand"},
      {{"audit"}, "unknown command"},
      {{"rport"}, "did you mean report?"},
      {{"", "list"}, "unknown command"},
      {{"--verbose", "list", "suite.json"}, "--verbose"},
      {{"list"}, "suite is required"},
      {{"list", "suite.json", "--fromat", "json"}, "--fromat"},
      {{"list", "suite.json", "--format", "yaml"}, "yaml"},
      {{"run"}, "item is required"},
      {{"run", "a.json", "b.json"}, "b.json"},
      {{"report"}, "--suite-directory is required"},
      {{"report", "--suite-directory"}, "--suite-directory"},
      {{"down"}, "--state-directory is required"},
      {{"started"}, "--state-directory is required"},
      {{"up", "--name", "shop"}, "is required"},
      {{"up", "--name", "shop", "--target", "target.json", "--deployment", "local.json", "--state-directory", "state",
        "--lease", "0"},
       "--lease"},
      {{"up", "--name", "shop", "--target", "target.json", "--deployment", "local.json", "--state-directory", "state",
        "--startup-timeout", "soon"},
       "soon"},
      {{"validate"}, "nothing to validate"},
      {{"validate", "--deployment", "local.json"}, "--target"},
      {{"validate", "--target", "target.json", "--variant", "small"}, "--deployment"},
      {{"validate", "--target", "target.json", "--audit", "audit.md"}, "--suite"},
      {{"resolve", "--name", "shop"}, "is required"},
      {{"report", "--suite-directory", "suite", "suite/"}, "a suite is given twice"}};
  for (const auto& [arguments, word] : cases) {
    const ToolRun run = Run(arguments);
    EXPECT_EQ(run.code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(run.out, IsEmpty()) << ::testing::PrintToString(arguments);
    EXPECT_THAT(run.err, HasSubstr(word));
  }
}

TEST_F(Usage, HostileWordsDoNotReachTheTerminal) {
  const std::string hostile = "a\x1b]0;owned\x07\x1b[2J\xE2\x80\xAE.json";
  const std::vector<Words> cases = {
      {hostile},
      {"--" + hostile},
      {"list", hostile},
      {"list", "suite.json", "--format", hostile},
      {"run", hostile},
      {"run", hostile + "/item.json"},
      {"report", "--suite-directory", hostile},
      {"report", "--suite-directory", hostile, hostile},
      {"report", "--suite-directory", "x", hostile, "--junit", "/dev/null/" + hostile},
      {"started", "--state-directory", hostile},
      {"reap", "--run", hostile},
      {"validate", "--suite", hostile},
      {"validate", "--suite", "suite.json", "--audit", hostile},
      {"validate", "--target", hostile},
      {"validate", "--target", "target.json", "--deployment", hostile},
      {"validate", "--target", "target.json", "--deployment", "local.json", "--variant", hostile},
      {"up", "--name", hostile, "--target", hostile, "--deployment", hostile, "--state-directory", "state"}};
  for (const Words& arguments : cases) {
    const ToolRun run = Run(arguments);
    for (const std::string& text : {run.out, run.err}) {
      EXPECT_THAT(text, Not(AnyOf(HasSubstr("\x1b"), HasSubstr("\x07"), HasSubstr("\xE2\x80\xAE"))))
          << ::testing::PrintToString(arguments);
    }
  }
  // Not only in complaints: a suite that is fine under a hostile name.
  Write(hostile, Read("suite.json"));
  EXPECT_EQ(Run({"list", hostile}).code, 0);
  const ToolRun validated = Run({"validate", "--suite", hostile});
  EXPECT_THAT(validated.out, HasSubstr("3 items"));
  EXPECT_THAT(validated.out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace readiness
