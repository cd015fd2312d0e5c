#include "lifecycle/learned_secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "temporary_directory.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LearnedSecretsTest : public ::testing::Test {
 protected:
  // Another process of the run, which ends at once; with `expecting` it is killed in the middle of a login.
  void Another(const std::string& secret, bool expecting = false) {
    const pid_t child = ::fork();
    if (child == 0) {
      const LearnedSecrets learned(directory_.path());
      learned.Expect();
      learned.Announce(secret);
      if (!expecting) learned.Expected();
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  TemporaryDirectory directory_;
};

TEST_F(LearnedSecretsTest, OthersAreKnownAndOnesOwnAreNotRepeated) {
  Another(std::string("before\n\0\xff", 9));
  const LearnedSecrets learned(directory_.path());
  learned.Announce("own");
  Another("meanwhile");
  EXPECT_THAT(learned.OfOthers(), ElementsAre(std::string("before\n\0\xff", 9), "meanwhile"));
  EXPECT_THAT(AllLearnedSecrets(directory_.path()), ElementsAre(std::string("before\n\0\xff", 9), "own", "meanwhile"));
}

TEST_F(LearnedSecretsTest, NobodyWaitsForTheDead) {
  const LearnedSecrets learned(directory_.path());
  Another("secret", true);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(learned.OfOthers(), ElementsAre("secret"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(LearnedSecretsTest, WaitsForALoginOfSomebodyElse) {
  const LearnedSecrets learned(directory_.path());
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const LearnedSecrets theirs(directory_.path());
    theirs.Expect();
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::usleep(200'000);
    theirs.Announce("token");
    theirs.Expected();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_THAT(learned.OfOthers(), ElementsAre("token"));
  ::waitpid(child, nullptr, 0);
}

TEST_F(LearnedSecretsTest, DamagedLinesAndAMissingFolderAreNoSecrets) {
  std::ofstream(directory_ / "learned-secrets") << "x\n1 zz\n 61\n7 616161616\nno end";
  EXPECT_THAT(AllLearnedSecrets(directory_.path()), ElementsAre("aaaa"));
  const LearnedSecrets none(directory_ / "missing");
  none.Announce("secret");
  EXPECT_THAT(none.OfOthers(), IsEmpty());
  EXPECT_THAT(AllLearnedSecrets(directory_ / "missing"), IsEmpty());
}

}  // namespace
}  // namespace readiness
