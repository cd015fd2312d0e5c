#include "readiness/source_dockerfile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::HasSubstr;

// "FROM a as b | 2 RUN x y | ..."
std::string Shown(const Dockerfile& file) {
  std::string shown;
  for (const DockerStage& stage : file.stages) {
    shown += fmt::format("{} FROM {}{} | ", stage.line, stage.base, stage.name.empty() ? "" : " AS " + stage.name);
    for (const DockerInstruction& one : stage.instructions) {
      shown += fmt::format("{} {}{}", one.line, one.name, one.exec ? "!" : "");
      for (const auto& [flag, value] : one.flags) shown += fmt::format(" --{}={}", flag, value);
      for (const std::string& word : one.words) shown += " <" + word + ">";
      for (const DockerHeredoc& heredoc : one.heredocs) shown += fmt::format(" {}:{}", heredoc.name, heredoc.text);
      for (const std::string& unknown : one.unknown_variables) shown += " ?" + unknown;
      shown += " | ";
    }
  }
  return shown;
}

TEST(DockerfileTest, IsReadAsTheReferenceSays) {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"", ""},
      {"# nothing\n\n   # but comments\n", ""},
      {"FROM a:1", "1 FROM a:1 | "},
      {"\xef\xbb\xbf"
       "FROM a:1\r\nRUN x\r\n",
       "1 FROM a:1 | 2 RUN <x> | "},
      {"from a as B\ncopy --from=x --chown=1:1 a b/\n", "1 FROM a AS B | 2 COPY --from=x --chown=1:1 <a> <b/> | "},
      {"FROM a\nRUN x \\\n  # a comment\n\n  && y\nUSER me\n", "1 FROM a | 2 RUN <x> <&&> <y> | 6 USER <me> | "},
      {"FROM a\nRUN x \\  \n y\n", "1 FROM a | 2 RUN <x> <y> | "},
      {"# escape=`\nFROM a\nRUN x `\n y\\\nUSER me\n", "2 FROM a | 3 RUN <x> <y\\> | 5 USER <me> | "},
      {"FROM a\n# escape=`\nRUN x \\\n y\n", "1 FROM a | 3 RUN <x> <y> | "},
      {"FROM a\nCMD [\"python\", \"-m\", \"b c\"]\n", "1 FROM a | 2 CMD! <python> <-m> <b c> | "},
      {"FROM a\nCMD [python, -m]\n", "1 FROM a | 2 CMD <[python,> <-m]> | "},
      {"FROM a\nRUN <<EOF\nFROM b\nUSER root\nEOF\nUSER me\n",
       "1 FROM a | 2 RUN <<<EOF> EOF:FROM b\nUSER root\n | 6 USER <me> | "},
      {"FROM a\nCOPY <<-\"E\" <<F /d/\n\tone\n\tE\ntwo\nF\n",
       "1 FROM a | 2 COPY <<<-E> <<<F> </d/> E:one\n F:two\n | "},
      {"ARG V=3.11\nFROM python:${V}-slim\n", "2 FROM python:3.11-slim | "},
      {"ARG V\nFROM python:${V:-3.12}\n", "2 FROM python:3.12 | "},
      {"ARG D=/srv\nFROM a\nARG D\nWORKDIR $D/app\nCOPY x ${E}/y\n",
       "2 FROM a | 3 ARG <D> | 4 WORKDIR </srv/app> | 5 COPY <x> </y> ?E | "},
      {"FROM a AS b\nENV P=/p Q=\"a b\"\nFROM b\nWORKDIR $P\n",
       "1 FROM a AS b | 2 ENV <P=/p> <Q=a b> | 3 FROM b | 4 WORKDIR </p> | "},
      {"FROM a\nENV P some value\nUSER $P\n", "1 FROM a | 2 ENV <P> <some> <value> | 3 USER <some value> | "},
      {"FROM a\nUSER \\$P\n", "1 FROM a | 2 USER <$P> | "},
      {"FROM a\nRUN echo $HOME 'single $quoted'\n", "1 FROM a | 2 RUN <echo> <$HOME> <single $quoted> | "},
      {"FROM a\nHEALTHCHECK --interval=5s CMD curl -f http://x || exit 1\n",
       "1 FROM a | 2 HEALTHCHECK --interval=5s <CMD> <curl> <-f> <http://x> <||> <exit> <1> | "},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    const auto file = ParseDockerfile(test.text, "Dockerfile");
    ASSERT_TRUE(file) << file.error().Brief();
    EXPECT_EQ(Shown(*file), test.shown);
  }
}

TEST(DockerfileTest, WhatIsWrongHasAPlace) {
  const struct {
    std::string text;
    int line;
    const char* what;
  } cases[] = {
      {"FROM a\nRUNN x\n", 2, "unknown instruction"},
      {"RUN x\nFROM a\n", 1, "before FROM"},
      {"FROM a\n\nRUN\n", 3, "no arguments"},
      {"FROM a\nRUN <<EOF\nx\n", 2, "has no end"},
      {"FROM a b c d\n", 1, "wrong form"},
      {std::string("FROM a\nRUN x\0y\n", 15), 2, "NUL"},
      {"{\"json\": true}\n", 1, "unknown instruction"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    const auto file = ParseDockerfile(test.text, "x/Dockerfile");
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().kind, ErrorKind::kMalformed);
    ASSERT_TRUE(file.error().place);
    EXPECT_EQ(file.error().place->file, "x/Dockerfile");
    EXPECT_EQ(file.error().place->line, test.line);
    EXPECT_THAT(file.error().what, HasSubstr(test.what));
  }
}

TEST(DockerfileTest, SizeIsBounded) {
  const auto large = ParseDockerfile(std::string(10 * 1024 * 1024, '#'), "Dockerfile");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::kLimit);
  std::string continued = "FROM a\nRUN ";
  for (int i = 0; i < 200'000; ++i) continued += "x\\\n";
  EXPECT_TRUE(ParseDockerfile(continued, "Dockerfile"));
  EXPECT_TRUE(ParseDockerfile("FROM a\nRUN " + std::string(900'000, '"'), "Dockerfile"));
  EXPECT_TRUE(ParseDockerfile("FROM a\nCMD " + std::string(900'000, '['), "Dockerfile"));
}

TEST(DockerfileTest, WhatVariablesGrowToIsBounded) {
  std::string bomb = "FROM a\nENV A0=xxxxxxxxxx\n";
  for (int i = 0; i < 40; ++i) bomb += fmt::format("ENV A{}=$A{}$A{}$A{}$A{}\n", i + 1, i, i, i, i);
  std::string stages;
  for (int i = 0; i < 10'000; ++i) stages += fmt::format("FROM a AS s{}\n", i);
  std::string many = "FROM a\nENV A=" + std::string(60'000, 'x') + "\n";
  for (int i = 0; i < 10'000; ++i) many += fmt::format("ENV B{}=$A\n", i);
  std::string inherited = "FROM a AS s\n";
  for (int i = 0; i < 10; ++i) inherited += fmt::format("ENV B{}={}\n", i, std::string(60'000, 'x'));
  for (int i = 0; i < 150; ++i) inherited += "FROM s\n";
  std::string global = "ARG A0=xxxxxxxxxx\n";
  for (int i = 0; i < 40; ++i) global += fmt::format("ARG A{}=$A{}$A{}$A{}$A{}\n", i + 1, i, i, i, i);
  for (const std::string& text : {bomb, stages, many, inherited, global + "FROM $A40\n"}) {
    SCOPED_TRACE(text.substr(0, 60));
    const auto file = ParseDockerfile(text, "Dockerfile");
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().kind, ErrorKind::kLimit);
  }
}

}  // namespace
}  // namespace readiness
