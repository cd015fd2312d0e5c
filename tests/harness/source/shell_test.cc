#include "readiness/source_shell.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

using Failure = ShellCommand::Failure;

TEST(ReadShellTest, WordsAreThoseOfTheShell) {
  const std::vector<ShellCommand> all = ReadShell(
      "# a comment\nA=1 B='x y' run --to \"a \\\"b\\\" $(date -u +'%F') \" c\\ d ${{ matrix.x }} \\\n  last 2>&1 "
      ">out.log\n"
      "cat <<EOF | sort\nrun not\nEOF\necho a#b # c\n");
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_THAT(all[0].assignments, ElementsAre(Pair("A", "1"), Pair("B", "x y")));
  EXPECT_THAT(all[0].words, ElementsAre("run", "--to", "a \"b\" $(date -u +'%F') ", "c d", "${{ matrix.x }}", "last"));
  EXPECT_EQ(all[0].line, 2);
  EXPECT_THAT(all[1].words, ElementsAre("cat"));
  EXPECT_EQ(all[1].piped_into, "sort");
  EXPECT_THAT(all[3].words, ElementsAre("echo", "a#b"));
  EXPECT_EQ(all[3].line, 7);
}

TEST(ReadShellTest, SubshellsAreTold) {
  const std::vector<ShellCommand> all = ReadShell("cd a; (cd b && run); sh -c 'cd c; go'; f() { work; }");
  ASSERT_THAT(all, SizeIs(7));
  EXPECT_THAT(all[0].subshells, IsEmpty());
  EXPECT_THAT(all[2].subshells, SizeIs(1));
  EXPECT_THAT(all[3].words, ElementsAre("sh", "-c", "cd c; go"));
  EXPECT_THAT(all[5].words, ElementsAre("go"));
  EXPECT_THAT(all[5].subshells, SizeIs(1));
  EXPECT_THAT(all[6].words, ElementsAre("work"));
}

TEST(ReadShellTest, NonsenseIsReadAsFarAsItGoes) {
  for (const char* text : {"'open", "\"open $(", "((((", ")))", "if", "case x in", "| && ||", "fi; done }", "<<EOF\nx",
                           "for", "$", "`", "a <<", "\\", "f() f() f()", "! ! !"})
    EXPECT_LE(ReadShell(text).size(), 4u) << text;
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "( ";
  EXPECT_LE(ReadShell(deep + "x").size(), 2u);
}

struct Case {
  const char* script;
  bool errexit, pipefail;
  Failure failure;
};

TEST(ReadShellTest, WhatBecomesOfAFailure) {
  constexpr Failure fails = Failure::kFailsScript, elsewhere = Failure::kDecidedElsewhere, ignored = Failure::kIgnored;
  for (const Case& one :
       std::initializer_list<Case>{{"work", false, false, fails},
                                   {"work\necho done", false, false, ignored},
                                   {"work\necho done", true, false, fails},
                                   {"work; true", true, false, fails},
                                   {"work; true", false, false, ignored},
                                   {"work || true", true, false, ignored},
                                   {"work || :", true, false, ignored},
                                   {"work || echo no", true, false, ignored},
                                   {"work || exit 0", true, false, ignored},
                                   {"work || exit 1", true, false, fails},
                                   {"work || exit 1; echo x", false, false, fails},
                                   {"work || exit", false, false, fails},
                                   {"work || { echo no; exit 1; }", true, false, fails},
                                   {"work || (echo no && false)", true, false, fails},
                                   {"work || again", true, false, elsewhere},
                                   {"work && echo ok", true, false, fails},
                                   {"work && echo ok\necho next", true, false, ignored},
                                   {"true && work\necho next", true, false, fails},
                                   {"work | tee log", true, false, ignored},
                                   {"work | tee log", true, true, fails},
                                   {"set -o pipefail\nwork | tee log", true, false, fails},
                                   {"set -euo pipefail\nwork | tee log\necho x", false, false, fails},
                                   {"tee log < x | work", true, false, fails},
                                   {"set +e\nwork\necho x", true, false, ignored},
                                   {"set +e\nwork", true, false, fails},
                                   {"set +e\nwork\nexit $?", true, false, fails},
                                   {"set +e\nwork\nstatus=$?\necho x\nexit $status", true, false, fails},
                                   {"set +e\nwork\nstatus=$?\nstatus=0\nexit $status", true, false, elsewhere},
                                   {"work &\nwait", true, false, ignored},
                                   {"! work", true, false, ignored},
                                   {"if work; then echo a; fi", true, false, ignored},
                                   {"if work; then exit 0; else exit 1; fi", false, false, fails},
                                   {"if ! work; then exit 1; fi\necho x", false, false, fails},
                                   {"if ! work; then echo x; fi", true, false, ignored},
                                   {"if x; then work; fi", true, false, fails},
                                   {"for i in 1 2; do work; done", true, false, fails},
                                   {"case x in a) work;; *) echo;; esac", true, false, fails},
                                   {"(cd a && work)", true, false, fails},
                                   {"(cd a && work) || true", true, false, ignored},
                                   {"(set -e; work; echo x) || true", false, false, ignored},
                                   {"(set -e; work; echo x)", false, false, fails},
                                   {"sh -c 'work' || true", true, false, ignored},
                                   {"sh -c 'work; true'", true, false, ignored},
                                   {"sh -ec 'work; true'", true, false, fails},
                                   {"sh -c 'work'", true, false, fails},
                                   {"timeout 5 work || true", true, false, ignored}}) {
    bool found = false;
    for (const ShellCommand& command : ReadShell(one.script, {one.errexit, one.pipefail})) {
      if (command.words.empty() || (command.words[0] != "work" && command.words[0] != "timeout")) continue;
      found = true;
      EXPECT_EQ(static_cast<int>(command.failure), static_cast<int>(one.failure)) << one.script;
    }
    EXPECT_TRUE(found) << one.script;
  }
}

struct ReachCase {
  const char* script;
  ShellCommand::Reach reach;
};

TEST(ReadShellTest, WhatIsReached) {
  constexpr auto runs = ShellCommand::Reach::kRuns, depends = ShellCommand::Reach::kDepends,
                 never = ShellCommand::Reach::kNever;
  for (const ReachCase& one : std::initializer_list<ReachCase>{{"set -euo pipefail\nwork", runs},
                                                               {"cd a && work\necho x", runs},
                                                               {"pip install x && work\necho x", runs},
                                                               {"[ -f x ] && work\necho x", depends},
                                                               {"[ -f x ] && work", runs},
                                                               {"false && work", never},
                                                               {"true && work", runs},
                                                               {"true || work", never},
                                                               {"false || work", runs},
                                                               {"check || work", depends},
                                                               {"! true && work", never},
                                                               {"check || exit 1\nwork", runs},
                                                               {"check || exit\nwork", runs},
                                                               {"check && exit\nwork", depends},
                                                               {"check || exit 0\nwork", depends},
                                                               {"exit 0\nwork", never},
                                                               {"{ echo a; exit 0; }\nwork", never},
                                                               {"(exit 0)\nwork", runs},
                                                               {"true && exit 0; work", never},
                                                               {"false && exit 0; work", runs},
                                                               {"exec other; work", never},
                                                               {"exec > log; work", runs},
                                                               {"if false; then work; fi", never},
                                                               {"if true; then work; fi", runs},
                                                               {"if false; then x; else work; fi", runs},
                                                               {"if check; then work; fi", depends},
                                                               {"if check; then x; else work; fi", depends},
                                                               {"if check; then exit 0; fi; work", depends},
                                                               {"if check; then exit 1; fi; work", runs},
                                                               {"if check; then exit 0; else exit 2; fi; work", never},
                                                               {"while false; do work; done", never},
                                                               {"while true; do work; done", runs},
                                                               {"until true; do work; done", never},
                                                               {"while check; do work; done", depends},
                                                               {"for i in ; do work; done", never},
                                                               {"for i in a b; do work; done", runs},
                                                               {"for i in *.yaml; do work; done", runs},
                                                               {"for i in $LIST; do work; done", depends},
                                                               {"for i in a; do break; work; done", never},
                                                               {"for i in a; do break; done; work", runs},
                                                               {"case x in y) work;; esac", never},
                                                               {"case x in x|y) work;; esac", runs},
                                                               {"case $X in x) work;; esac", depends},
                                                               {"case $X in *) work;; esac", runs},
                                                               {"case x in x) a;; *) work;; esac", never},
                                                               {"f() { work; }", never},
                                                               {"function f { work; }", never},
                                                               {"f() { work; }\nf", runs},
                                                               {"f() { work; }\ncheck && f || true", depends},
                                                               {"f() { g; }; g() { work; }; f", runs},
                                                               {"f() { exit 0; }\nwork", runs},
                                                               {"bash -c 'work'", runs},
                                                               {"bash -nc 'work'", never},
                                                               {"bash -c 'exit 0; work'", never},
                                                               {"false && sh -c work", never}}) {
    auto best = never;
    bool found = false;
    for (const ShellCommand& command : ReadShell(one.script, {true, false})) {
      if (command.words.empty() || command.words[0] != "work") continue;
      found = true;
      best = std::min(best, command.reach);
    }
    EXPECT_TRUE(found) << one.script;
    EXPECT_EQ(static_cast<int>(best), static_cast<int>(one.reach)) << one.script;
  }
}

TEST(ReadShellTest, AFunctionIsNoProgram) {
  const std::vector<ShellCommand> all = ReadShell("work() { true; }\nwork tests");
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_TRUE(all[1].calls_function);
}

TEST(ReadShellTest, WhatMayChangeEverythingIsTold) {
  for (const char* script :
       {"eval \"$X\"", "trap 'exit 0' EXIT\nwork", "set -n", "source ./other.sh", "PATH=.:$PATH", "export PATH=/tmp",
        "shopt -s expand_aliases", "export BASH_ENV=x", "f() { f; }; f", "check && f() { x; }\necho y", "bash -c 'eval x'"})
    EXPECT_NE(ReadShellScript(script).not_understood, "") << script;
  for (const char* script :
       {"source venv/bin/activate", "trap 'rm -rf $tmp' EXIT", "export PATH=$HOME/.local/bin:$PATH", "f() { eval x; }",
        "set -euxo pipefail", "export A=b"})
    EXPECT_EQ(ReadShellScript(script).not_understood, "") << script;
}

TEST(ReadShellTest, SizeAndDepthAreBounded) {
  std::string calls;
  for (int i = 0; i < 30; ++i) calls += fmt::format("f{}() {{ f{}; f{}; }}\n", i, i + 1, i + 1);
  const std::string many(50'000, '(');
  std::string braces, lines;
  for (int i = 0; i < 5'000; ++i) braces += "if { ";
  for (int i = 0; i < 9'000; ++i) lines += "x\n";
  for (const std::string& script :
       {many, many.substr(0, 8'000) + " work", braces, calls + "f0", lines + lines, std::string(300'000, 'x')})
    EXPECT_NE(ReadShellScript(script).not_understood, "") << script.substr(0, 40);
  EXPECT_EQ(ReadShellScript(lines).not_understood, "");
}

}  // namespace
}  // namespace readiness
