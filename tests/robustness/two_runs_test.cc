// Several CTests at once and every unusual way to run one: whoever owns the target is undisturbed, whoever does not is
// told so, and no way of asking again makes a red item green.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "sandbox.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::seconds kLimit{100};
constexpr const char* kDefect = "ai-health.C2";

class TwoRunsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(sandbox_.Build()); }

  Json Record(const std::string& id) const { return ReadJsonFile(sandbox_.suite() + "/items/" + id + "/record.json"); }
  std::string Verdict() const {
    const Json verdict = ReadJsonFile(sandbox_.suite() + "/verdict.json");
    return verdict.is_object() ? verdict.value("verdict", "") : "none";
  }
  std::string RunId() const { return ReadJsonFile(sandbox_.state() + "/state.json").value("run_id", ""); }
  bool IsUp() const {
    const Json state = ReadJsonFile(sandbox_.state() + "/state.json");
    return state.is_object() && state.value("started", false);
  }
  // Every file that the record names as evidence.
  void ExpectEvidence(const Json& record) const {
    EXPECT_FALSE(record["evidence"].empty());
    for (const Json& file : record["evidence"])
      EXPECT_TRUE(std::filesystem::exists(fmt::format(
          "{}/items/{}/{}", sandbox_.suite(), record["item"].get<std::string>(), file["file"].get<std::string>())))
          << file.dump();
  }

  Sandbox sandbox_;
};

TEST_F(TwoRunsTest, TwoInOneBuildTree) {
  Running first = sandbox_.Start(sandbox_.WholeCTest());
  ASSERT_TRUE(Eventually([&] { return IsUp(); }, std::chrono::seconds(60)));
  const std::string owner = fmt::format("ctest (pid {})", first.pid());
  const std::string run = RunId();
  const Ran second = sandbox_.Run(sandbox_.CTest({"-L", "^readiness$", "--output-on-failure"}), {}, kLimit);
  const Ran done = first.Wait(kLimit);
  EXPECT_EQ(done.code, 0) << done.output;
  EXPECT_EQ(Verdict(), "GO");
  EXPECT_EQ(RunId(), run);
  for (const char* id : {"C2", "M3", "STEP-R"}) EXPECT_EQ(Record(id)["attempts"].size(), 1U) << id;
  EXPECT_EQ(second.code, 8) << second.output;
  // Items that began after the first had ended say so, too: their own `up` was refused.
  EXPECT_THAT(second.output, HasSubstr(owner));
  EXPECT_THAT(second.output, HasSubstr("INCONCLUSIVE"));
  EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
}

TEST_F(TwoRunsTest, OneInEachOfTwoBuildTrees) {
  Sandbox other;
  ASSERT_NO_FATAL_FAILURE(other.Build());
  Running first = sandbox_.Start(sandbox_.WholeCTest());
  const Ran second = other.Run(other.WholeCTest(), {}, kLimit);
  const Ran done = first.Wait(kLimit);
  EXPECT_EQ(done.code, 0) << done.output;
  EXPECT_EQ(second.code, 0) << second.output;
  EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
  EXPECT_EQ(other.LeftoversAfterTenSeconds(), "");
}

TEST_F(TwoRunsTest, RepeatUntilPassStaysRed) {
  std::vector<std::string> words = sandbox_.WholeCTest();
  words.insert(words.end(), {"--repeat", "until-pass:3"});
  const Ran ran = sandbox_.Run(words, {.environment = {{"READINESS_DEFECTS", kDefect}}}, kLimit);
  EXPECT_EQ(ran.code, 8) << ran.output;
  EXPECT_EQ(Verdict(), "NO-GO");
  const Json record = Record("C2");
  EXPECT_EQ(record["outcome"], "fail");
  EXPECT_EQ(record["attempts"].size(), 3U);
  ExpectEvidence(record);
  // The evidence of the deciding attempt, and that of the others beside it.
  EXPECT_THAT(record["evidence"][0]["file"].get<std::string>(), ::testing::StartsWith("attempt-1/"));
  for (const char* attempt : {"attempt-1", "attempt-2", "attempt-3"})
    EXPECT_TRUE(std::filesystem::exists(sandbox_.suite() + "/items/C2/" + attempt + "/exchanges.txt")) << attempt;

  const Ran next = sandbox_.Run(sandbox_.WholeCTest(), {}, kLimit);
  EXPECT_EQ(next.code, 0) << next.output;
  ExpectEvidence(Record("C2"));
  EXPECT_FALSE(std::filesystem::exists(sandbox_.suite() + "/items/C2/attempt-2")) << "evidence of a former run";
}

TEST_F(TwoRunsTest, RerunOfWhatFailed) {
  const Ran red = sandbox_.Run(sandbox_.WholeCTest(), {.environment = {{"READINESS_DEFECTS", kDefect}}}, kLimit);
  EXPECT_EQ(red.code, 8) << red.output;
  const std::string run = RunId();
  const Ran still = sandbox_.Run(sandbox_.CTest({"--rerun-failed", "--output-on-failure"}),
                                 {.environment = {{"READINESS_DEFECTS", kDefect}}}, kLimit);
  EXPECT_EQ(still.code, 8) << still.output;
  EXPECT_NE(RunId(), run) << "a new target: the fixture is needed by the items";
  EXPECT_EQ(Record("C2")["outcome"], "fail");
  EXPECT_THAT(Verdict(), Not("GO"));
  // Without the defect the item is green, but a verdict needs all records of one run.
  const Ran mended = sandbox_.Run(sandbox_.CTest({"--rerun-failed", "--output-on-failure"}), {}, kLimit);
  EXPECT_EQ(Record("C2")["outcome"], "pass") << mended.output;
  EXPECT_EQ(Verdict(), "INCOMPLETE");
  EXPECT_EQ(mended.code, 8) << mended.output;
  EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
}

TEST_F(TwoRunsTest, OneItemAlone) {
  const Ran ran = sandbox_.Run(sandbox_.CTest({"-R", "C2", "--output-on-failure"}), {}, kLimit);
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_EQ(Record("C2")["outcome"], "pass");
  EXPECT_TRUE(Record("M3").is_null());
  EXPECT_EQ(Verdict(), "none");
  EXPECT_THAT(ran.output, Not(HasSubstr("ai-health.report")));
  EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
}

TEST_F(TwoRunsTest, StopOnFailure) {
  const Ran ran = sandbox_.Run(sandbox_.CTest({"-L", "^readiness$", "--stop-on-failure", "--output-on-failure"}),
                               {.environment = {{"READINESS_DEFECTS", kDefect}}}, kLimit);
  EXPECT_EQ(ran.code, 8) << ran.output;
  EXPECT_THAT(Verdict(), Not("GO"));
  EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "") << "without `down`";
}

TEST_F(TwoRunsTest, WithoutTerminalOrInput) {
  const Ran closed = sandbox_.Run(sandbox_.WholeCTest(), {.close_input = true}, kLimit);
  EXPECT_EQ(closed.code, 0) << closed.output;
  const Ran detached = sandbox_.Run(sandbox_.WholeCTest(), {.new_session = true}, kLimit);
  EXPECT_EQ(detached.code, 0) << detached.output;
  std::vector<std::string> words = sandbox_.WholeCTest();
  words.insert(words.begin(), "nohup");
  const Ran nohup = sandbox_.Run(words, {}, kLimit);
  EXPECT_EQ(nohup.code, 0) << nohup.output;
  EXPECT_EQ(sandbox_.LeftoversAfterTenSeconds(), "");
}

TEST_F(TwoRunsTest, ItemByHandWhileACTestOwnsTheTarget) {
  Running owner = sandbox_.Start(sandbox_.WholeCTest());
  const std::string name = fmt::format("ctest (pid {})", owner.pid());
  ASSERT_TRUE(Eventually([&] { return IsUp(); }, std::chrono::seconds(60)));
  const Ran by_hand = sandbox_.Run({"sh", "-c", Tool() + " run " + sandbox_.item("C2") + "; exit $?"}, {}, kLimit);
  const Ran done = owner.Wait(kLimit);
  EXPECT_EQ(by_hand.code, 3) << by_hand.output;
  EXPECT_THAT(by_hand.output, HasSubstr("INCONCLUSIVE"));
  EXPECT_THAT(by_hand.output, HasSubstr(name));
  EXPECT_EQ(done.code, 0) << done.output;
  EXPECT_EQ(Record("C2")["attempts"].size(), 1U);
}

}  // namespace
}  // namespace readiness
