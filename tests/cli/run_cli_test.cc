// up, started, run, report, down and reap, as CTest calls them: one after the other from one process.

#include <gmock/gmock.h>

#include <filesystem>

#include "tool_run.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Running : public ToolTest {
 protected:
  ToolRun Up(const std::string& target = "target.json", const std::string& deployment = "local.json") const {
    return Run({"up", "--name", "shop", "--target", target, "--deployment", deployment, "--state-directory", "state"});
  }
  ToolRun Started() const { return Run({"started", "--state-directory", "state"}); }
  ToolRun Item(const std::string& id) const { return Run({"run", "suite/items/" + id + "/item.json"}); }
  ToolRun Report() const { return Run({"report", "--suite-directory", "suite"}); }

  // A target that cannot start, for a reason that contains `reason`: `up` says so and succeeds, and everything that
  // needs the target is red and repeats it.
  void ExpectNotStarted(const ToolRun& up, const std::string& reason) const {
    EXPECT_EQ(up.code, 0);
    EXPECT_THAT(up.out + up.err, HasSubstr(reason));
    const ToolRun started = Started();
    EXPECT_EQ(started.code, 1);
    EXPECT_THAT(started.err, HasSubstr("error: shop did not start\n"));
    EXPECT_THAT(started.err, HasSubstr(reason));
    const ToolRun item = Item("A1");
    EXPECT_EQ(item.code, 3);
    EXPECT_THAT(item.out, HasSubstr("INCONCLUSIVE shop-audit.A1  the target is not running: "));
    EXPECT_THAT(item.out, HasSubstr(reason));
    EXPECT_EQ(Item("A2.1").code, 3);
    EXPECT_EQ(Item("B-3_x").code, 3);
  }

  void ExpectVisible(const ToolRun& up, const std::string& reason) const {
    ExpectNotStarted(up, reason);
    const ToolRun report = Report();
    EXPECT_EQ(report.code, 3);
    EXPECT_THAT(report.out, HasSubstr("3 of 7 items of the audit automated"));
    EXPECT_THAT(report.out,
                HasSubstr("verdict of shop-audit: INCOMPLETE, 2 gating items could not be judged: A1, B-3_x"));
  }
};

TEST_F(Running, ItemThatIsNotBuilt) {
  const ToolRun run = Item("A1");
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.out, HasSubstr("INCONCLUSIVE suite/items/A1/item.json"));
  EXPECT_THAT(run.err, HasSubstr("fix       build the project"));
}

TEST_F(Running, RunOfAnotherTargetIsNotTheItems) {
  Resolve();
  Run({"up", "--name", "other", "--target", "target.json", "--deployment", "local.json", "--state-directory", "state"});
  const ToolRun run = Item("A1");
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.err, HasSubstr("error: the state directory holds the run of another target\n"));
  EXPECT_FALSE(Exists("suite/items/A1/record.json"));
}

TEST_F(Running, RecordOfAnItemThatSaysSomethingElseNowIsGone) {
  Resolve();
  Up();
  Item("A1");
  Item("A2.1");
  ASSERT_TRUE(Exists("suite/items/A1/record.json"));
  Resolve();
  EXPECT_TRUE(Exists("suite/items/A1/record.json")) << "nothing has changed";
  Edit("suite.json", "Title of A1", "Another title");
  Resolve();
  EXPECT_FALSE(Exists("suite/items/A1/record.json"));
  EXPECT_TRUE(Exists("suite/items/A2.1/record.json"));
}

TEST_F(Running, CTestDoesNotJudgeWhatALeaseStarted) {
  Resolve();
  Run({"up", "--name", "shop", "--target", "target.json", "--deployment", "local.json", "--state-directory", "state",
       "--lease", "60"});
  const ToolRun item = Run({"run", "--owned", "suite/items/A1/item.json"});
  EXPECT_EQ(item.code, 3);
  EXPECT_THAT(item.err, HasSubstr("error: the running target was not started by this run\n"));
  EXPECT_FALSE(Exists("suite/items/A1/record.json"));
  EXPECT_EQ(Run({"started", "--owned", "--state-directory", "state"}).code, 1);
  EXPECT_EQ(Run({"report", "--owned", "--suite-directory", "suite"}).code, 3);
  EXPECT_THAT(Run({"down", "--owned", "--state-directory", "state"}).out, HasSubstr("left alone: lease until"));
  EXPECT_EQ(Run({"down", "--state-directory", "state"}).code, 0);
}

TEST_F(Running, OwnedReportDoesNotTakeOverARunOfThePast) {
  Resolve();
  {
    const OtherOwner past(*this, {"up", "--name", "shop", "--target", "target.json", "--deployment", "local.json",
                                  "--state-directory", "state"});
  }
  const ToolRun report = Run({"report", "--owned", "--suite-directory", "suite"});
  EXPECT_EQ(report.code, 3);
  EXPECT_THAT(report.err, HasSubstr("error: the target was not brought up in this run\n"));
  EXPECT_FALSE(Exists("suite/verdict.json"));
}

TEST_F(Running, ItemFileThatIsBroken) {
  Resolve();
  for (const std::string text : {"", "{", "[]", "{}", R"({"version": 99})", R"({"version": 1, "suite": 3})"}) {
    Write("suite/items/A1/item.json", text);
    const ToolRun run = Item("A1");
    EXPECT_EQ(run.code, 2) << text;
    EXPECT_THAT(run.err, HasSubstr("item.json")) << text;
  }
}

TEST_F(Running, NothingIsUp) {
  Resolve();
  const ToolRun started = Started();
  EXPECT_EQ(started.code, 1);
  EXPECT_THAT(started.err, HasSubstr("`up` has not run"));
  const ToolRun item = Item("A1");
  EXPECT_EQ(item.code, 3);
  EXPECT_THAT(item.err, HasSubstr("`up` has not run"));
  const ToolRun down = Run({"down", "--state-directory", "state"});
  EXPECT_EQ(down.code, 0);
  EXPECT_THAT(down.err, IsEmpty());
  const ToolRun reap = Run({"reap"});
  EXPECT_EQ(reap.code, 0);
  EXPECT_EQ(reap.out, "nothing to end\n");
  const ToolRun report = Report();
  EXPECT_EQ(report.code, 3);
  EXPECT_THAT(report.out, HasSubstr("none: the target was not brought up"));
  EXPECT_THAT(report.out, HasSubstr("verdict of shop-audit: INCOMPLETE"));
}

TEST_F(Running, ReportOfASuiteThatIsNotBuilt) {
  const ToolRun run = Report();
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.out, IsEmpty());
  EXPECT_THAT(run.err, HasSubstr("suite/registered.json"));
}

TEST_F(Running, TargetThatEndsAtOnce) {
  Resolve();
  const ToolRun up = Up();
  EXPECT_THAT(up.out, HasSubstr("shop did not start: "));
  ExpectVisible(up, "it exited with code 1");
  const ToolRun down = Run({"down", "--state-directory", "state"});
  EXPECT_EQ(down.code, 0) << down.err;
  EXPECT_EQ(Started().code, 1);
}

TEST_F(Running, DefinitionErrorInTheDeployment) {
  Resolve();
  Edit("local.json", "\"engine\": \"process\"", "\"engine\": \"proces\"");
  ExpectVisible(Up(), "proces");
}

TEST_F(Running, DefinitionErrorInTheTarget) {
  Resolve();
  Write("broken.json", "{ \"target\": \"shop\",\n  \"title\" }");
  ExpectVisible(Up("broken.json"), "broken.json");
}

TEST_F(Running, MissingDefinitionFiles) {
  Resolve();
  ExpectVisible(Up("none.json"), "none.json");
  ExpectVisible(Up("target.json", "absent.json"), "absent.json");
}

TEST_F(Running, RunThatCannotBegin) {
  Resolve();
  runtime_directory_ = folder_ + "/" + std::string(200, 'x');
  ExpectVisible(Up(), "too long for Unix sockets");
  // Nor is it what is shown when the next one begins.
  runtime_directory_ = folder_ + "/r";
  ExpectVisible(Up(), "it exited with code 1");
}

TEST_F(Running, OldVerdictThatCannotBeRemoved) {
  Resolve();
  Write("state/suites.txt", folder_ + "/suite\n");
  std::filesystem::create_directories(folder_ + "/suite/verdict.json/occupied");
  ExpectNotStarted(Up(), "cannot remove an old verdict");
  EXPECT_EQ(Report().code, 2);
}

TEST_F(Running, RunOfSomebodyElse) {
  Resolve();
  Run({"report", "--suite-directory", "suite", "--junit", "all.xml"});
  const std::string verdict = Read("suite/verdict.json");
  const std::string junit = Read("all.xml");
  const OtherOwner other(*this, {"up", "--name", "shop", "--target", "target.json", "--deployment", "local.json",
                                 "--state-directory", "state"});
  const ToolRun up = Up();
  EXPECT_EQ(up.code, 0);
  EXPECT_THAT(up.err, HasSubstr("belongs to somebody else"));
  for (const ToolRun& run : {Started(), Item("A1")}) {
    EXPECT_NE(run.code, 0);
    EXPECT_THAT(run.err, HasSubstr("the running target belongs to somebody else"));
    EXPECT_THAT(run.err, HasSubstr("(pid " + std::to_string(other.pid()) + ")"));
  }
  const ToolRun report = Run({"report", "--suite-directory", "suite", "--junit", "all.xml"});
  EXPECT_EQ(report.code, 3);
  EXPECT_THAT(report.out, IsEmpty());
  EXPECT_EQ(Read("suite/verdict.json"), verdict) << "it is theirs to write";
  EXPECT_EQ(Read("all.xml"), junit);
  EXPECT_FALSE(Exists("suite/items/A1/record.json"));
  EXPECT_EQ(Run({"down", "--state-directory", "state"}).code, 1);
}

TEST_F(Running, LeaseIsForEverybody) {
  Resolve();
  EXPECT_THAT(Run({"up", "--name", "shop", "--target", "target.json", "--deployment", "local.json", "--state-directory",
                   "state", "--lease", "60"})
                  .out,
              HasSubstr("did not start"));
  EXPECT_EQ(Item("A1").code, 3);
  const OtherOwner other(*this, {"run", "suite/items/A2.1/item.json"});
  EXPECT_THAT(Report().out, HasSubstr("inconclusive         2"));
  EXPECT_EQ(Run({"down", "--state-directory", "state"}).code, 0);
}

TEST_F(Running, ReportOnSeveralSuitesWritesOneJunit) {
  Resolve();
  Up();
  Item("A1");
  const ToolRun run = Run({"report", "--suite-directory", "suite", "none", "--junit", "reports/all.xml"});
  EXPECT_EQ(run.code, 2) << "bad input weighs more than INCOMPLETE";
  EXPECT_THAT(run.out, HasSubstr("junit of all: reports/all.xml\n"));
  EXPECT_THAT(run.out, HasSubstr("verdict of all 2 suites: INCOMPLETE (shop-audit INCOMPLETE, none not reported)\n"));
  const std::string junit = Read("reports/all.xml");
  EXPECT_THAT(junit, HasSubstr("<testsuites name=\"shop-audit, none\" tests=\"4\" failures=\"0\" errors=\"4\""));
  EXPECT_THAT(junit, HasSubstr("<testcase classname=\"report.suites\" name=\"suite none\""));
  EXPECT_TRUE(Exists("suite/junit.xml"));
  EXPECT_TRUE(Exists("suite/verdict.json"));
}

TEST_F(Running, VerdictAgainOnlyOfTheCallersOwnFinishedRun) {
  const auto again = [this] { return Run({"report", "--if-own", "--suite-directory", "suite"}); };
  const auto expect_silence = [&](const char* when) {
    const ToolRun run = again();
    EXPECT_EQ(run.code, 0) << when;
    EXPECT_EQ(run.out + run.err, "") << when;
  };
  expect_silence("not built");
  Resolve();
  Report();
  expect_silence("nothing was brought up");
  {
    const OtherOwner other(*this, {"up", "--name", "shop", "--target", "target.json", "--deployment", "local.json",
                                   "--state-directory", "state"});
    Report();
    expect_silence("somebody else's run");
  }
  Write("state/suites.txt", folder_ + "/suite\n");
  Up();
  Item("A1");
  expect_silence("not reported yet");
  EXPECT_EQ(Report().code, 3);
  const ToolRun run = again();
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.out, HasSubstr("verdict of shop-audit: INCOMPLETE"));
}

TEST_F(Running, JunitOfOneSuite) {
  Resolve();
  const ToolRun run = Run({"report", "--suite-directory", "suite", "--junit", "one.xml"});
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.out, Not(HasSubstr("verdict of all")));
  EXPECT_THAT(Read("one.xml"), HasSubstr("<testsuite name=\"shop-audit: A. All\" tests=\"3\""));
}

TEST_F(Running, JunitThatCannotBeWritten) {
  Resolve();
  Write("file", "");
  const ToolRun run = Run({"report", "--suite-directory", "suite", "--junit", "file/all.xml"});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("file"));
}

TEST_F(Running, NewRunRemovesOldReports) {
  Resolve();
  Write("state/suites.txt", folder_ + "/suite\n");
  Write("state/reports.txt", folder_ + "/all.xml\n");
  Run({"report", "--suite-directory", "suite", "--junit", "all.xml"});
  ASSERT_TRUE(Exists("all.xml") && Exists("suite/verdict.json") && Exists("suite/junit.xml"));
  Up();
  EXPECT_FALSE(Exists("all.xml"));
  EXPECT_FALSE(Exists("suite/verdict.json"));
  EXPECT_FALSE(Exists("suite/junit.xml"));
}

}  // namespace
}  // namespace readiness
