// Every defect of the AI health stand-in changes what it says it changes, in its own scenario and in no other.

#include <gmock/gmock.h>

#include "base/files.h"
#include "scenario.h"

namespace readiness::standin {
namespace {

using ::testing::IsEmpty;

constexpr const char* kSoundSync =
    "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 403";
constexpr const char* kSoundLoop =
    "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
    "stranger 404+0+0 | claiming 404+0+0 | owner 200+1+0";

struct Expected {
  const char* defect;
  const char* line;
};

constexpr Expected kSyncDefects[] = {
    {"ai-health.C2",
     "A 200 inserted 9 rows 9 | B 200 data 4 token 1 rows 9 prov 9 none 0 late 0 again 200 | C 200 | W 200"},
    {"ai-health.C2:writes-anyway",
     "A 200 inserted 9 rows 9 | B 403 data 4 token 1 rows 9 prov 9 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:calls-anyway",
     "A 200 inserted 9 rows 9 | B 403 data 4 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:calls-one-resource",
     "A 200 inserted 9 rows 9 | B 403 data 2 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:token-refresh-anyway",
     "A 200 inserted 9 rows 9 | B 403 data 0 token 2 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:accepts-then-job",
     "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 9 again 403 | C 403 | W 403"},
    {"ai-health.C2:refuses-with-200",
     "A 200 inserted 9 rows 9 | B 200 data 4 token 1 rows 0 prov 0 none 0 late 0 again 200 | C 200 | W 200"},
    {"ai-health.C2:estimates-anyway",
     "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 2 prov 2 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:provenance-anyway",
     "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 0 prov 1 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:ownerless-rows",
     "A 200 inserted 9 rows 9 | B 403 data 4 token 1 rows 0 prov 9 none 9 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:callback-fetches",
     "A 200 inserted 9 rows 9 | B 403 data 4 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:withdrawn-ignored",
     "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 200"},
    {"ai-health.C2:false-consent",
     "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 200 | W 200"},
    {"ai-health.C2:any-users-consent",
     "A 200 inserted 9 rows 9 | B 200 data 4 token 1 rows 9 prov 9 none 0 late 0 again 200 | C 200 | W 200"},
    {"ai-health.C2:cached-decision",
     "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 200"},
    {"ai-health.C2:retry-accepted",
     "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 0 again 200 | C 403 | W 403"},
    {"ai-health.C2:server-error",
     "A 200 inserted 9 rows 9 | B 500 data 0 token 1 rows 0 prov 0 none 0 late 0 again 500 | C 500 | W 500"},
    {"ai-health.C2:wrong-refusal",
     "A 200 inserted 9 rows 9 | B 404 data 0 token 1 rows 0 prov 0 none 0 late 0 again 404 | C 404 | W 404"},
    {"ai-health.C2:refuses-everyone",
     "A 403 inserted -1 rows 0 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:control-broken",
     "A 200 inserted 0 rows 0 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 403"},
    {"ai-health.C2:control-lies",
     "A 200 inserted 9 rows 0 | B 403 data 0 token 1 rows 0 prov 0 none 0 late 0 again 403 | C 403 | W 403"},
};

/// What differs from the sound line: attempts by name.
constexpr Expected kLoopDefects[] = {
    {"ai-health.M3",
     "nobody 200+1+0 | garbage 200+1+0 | unsigned 200+1+0 | expired 200+1+0 | foreign 200+1+0 | truncated 200+1+0 | "
     "stranger 200+1+0 | claiming 200+1+0 | owner 200+1+0"},
    {"ai-health.M3:token-not-owner",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 200+1+0 | claiming 200+1+0 | owner 200+1+0"},
    {"ai-health.M3:anonymous-let-in",
     "nobody 200+1+0 | garbage 200+1+0 | unsigned 200+1+0 | expired 200+1+0 | foreign 200+1+0 | truncated 200+1+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+1+0"},
    {"ai-health.M3:any-bearer",
     "nobody 401+0+0 | garbage 200+1+0 | unsigned 200+1+0 | expired 200+1+0 | foreign 200+1+0 | truncated 200+1+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+1+0"},
    {"ai-health.M3:unsigned-accepted",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 200+1+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+1+0"},
    {"ai-health.M3:expired-accepted",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 200+1+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+1+0"},
    {"ai-health.M3:wrong-key-accepted",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 200+1+0 | truncated 200+1+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+1+0"},
    {"ai-health.M3:truncated-accepted",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 200+1+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+1+0"},
    {"ai-health.M3:owner-from-query",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 404+0+0 | claiming 200+1+0 | owner 200+1+0"},
    {"ai-health.M3:refuses-but-writes",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 404+1+0 | claiming 404+1+0 | owner 200+1+0"},
    {"ai-health.M3:wrong-owner-row",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 404+0+1 | claiming 404+0+1 | owner 200+1+0"},
    {"ai-health.M3:writes-for-anonymous",
     "nobody 401+1+0 | garbage 401+1+0 | unsigned 401+1+0 | expired 401+1+0 | foreign 401+1+0 | truncated 401+1+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+1+0"},
    {"ai-health.M3:server-error",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 500+0+0 | claiming 500+0+0 | owner 200+1+0"},
    {"ai-health.M3:owner-refused",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 404+0+0"},
    {"ai-health.M3:owner-no-row",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+0+0"},
    {"ai-health.M3:two-rows",
     "nobody 401+0+0 | garbage 401+0+0 | unsigned 401+0+0 | expired 401+0+0 | foreign 401+0+0 | truncated 401+0+0 | "
     "stranger 404+0+0 | claiming 404+0+0 | owner 200+2+0"},
};

constexpr const char* kSoundConsent =
    "none 404 | partial 400 400 400 400 rows 0 | full 200 version 1.0 | other 404 | claiming 404";

constexpr Expected kConsentDefects[] = {
    {"ai-health.STEP-R", "none 404 | partial 200 200 200 200 rows 4 | full 200 version 1.0 | other 404 | claiming 404"},
    {"ai-health.STEP-R:one-box-suffices",
     "none 404 | partial 200 400 200 200 rows 3 | full 200 version 1.0 | other 404 | claiming 404"},
    {"ai-health.STEP-R:last-box-ignored",
     "none 404 | partial 400 400 400 200 rows 1 | full 200 version 1.0 | other 404 | claiming 404"},
    {"ai-health.STEP-R:stores-anyway",
     "none 404 | partial 400 400 400 400 rows 4 | full 200 version 1.0 | other 404 | claiming 404"},
    {"ai-health.STEP-R:no-version",
     "none 404 | partial 400 400 400 400 rows 0 | full 200 version  | other 404 | claiming 404"},
    {"ai-health.STEP-R:none-is-200",
     "none 200 | partial 400 400 400 400 rows 0 | full 200 version 1.0 | other 200 | claiming 200"},
    {"ai-health.STEP-R:anybodys-record",
     "none 404 | partial 400 400 400 400 rows 0 | full 200 version 1.0 | other 200 | claiming 200"},
    {"ai-health.STEP-R:owner-from-query",
     "none 404 | partial 400 400 400 400 rows 0 | full 200 version 1.0 | other 404 | claiming 200"},
};

TEST(AiHealthDefects, NoneByDefault) {
  World world(STANDIN_AI_HEALTH);
  World fresh(STANDIN_AI_HEALTH);
  EXPECT_EQ(PlayConsent(fresh), kSoundConsent);
  EXPECT_EQ(PlaySync(world, true), kSoundSync);
  EXPECT_EQ(PlayLoop(world, true), kSoundLoop);
}

TEST(AiHealthDefects, EachOfTheSyncShowsInTheSyncAlone) {
  for (const auto& [defect, line] : kSyncDefects) {
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, {{"READINESS_DEFECTS", defect}});
    EXPECT_STRNE(line, kSoundSync);
    EXPECT_EQ(PlaySync(world, std::string_view(defect).ends_with("then-job")), line);
    EXPECT_EQ(PlayLoop(world, false), kSoundLoop);
  }
}

TEST(AiHealthDefects, EachOfTheLoopShowsInTheLoopAlone) {
  for (const auto& [defect, line] : kLoopDefects) {
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, {{"READINESS_DEFECTS", defect}});
    EXPECT_STRNE(line, kSoundLoop);
    EXPECT_EQ(PlayLoop(world, false), line);
    EXPECT_EQ(PlaySync(world, false), kSoundSync);
  }
}

TEST(AiHealthDefects, EachOfTheConsentShowsInTheConsentAlone) {
  for (const auto& [defect, line] : kConsentDefects) {
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, {{"READINESS_DEFECTS", defect}});
    EXPECT_EQ(PlayConsent(world), line);
    EXPECT_EQ(PlaySync(world, false), kSoundSync);
    EXPECT_EQ(PlayLoop(world, false), kSoundLoop);
  }
}

TEST(AiHealthDefects, LateWriteComesAfterTheRefusal) {
  World world(STANDIN_AI_HEALTH, {{"READINESS_DEFECTS", "ai-health.M3:late-write"}});
  EXPECT_THAT(PlayLoop(world, true), ::testing::HasSubstr("stranger 404+1+0"));
  EXPECT_EQ(PlaySync(world, false), kSoundSync);
}

/// "ai-health.C2:writes-anyway" -> "C2".
std::string ItemOf(const std::string& defect) {
  const std::size_t begin = defect.find('.') + 1;
  return defect.substr(begin, defect.find(':') - begin);
}

TEST(AiHealthDefects, AllOfTheseItemsAreTriedHere) {
  const std::set<std::string> items = {"C2", "M3", "STEP-R"};
  std::set<std::string> untried;
  const auto catalogue = ParseJson(ReadFile(DEFECTS_JSON).value());
  ASSERT_TRUE(catalogue);
  for (const Json& defect : (*catalogue)["defects"]) {
    const auto id = defect["id"].get<std::string>();
    if (items.contains(ItemOf(id))) untried.insert(id);
  }
  for (const auto& [defect, unused] : kSyncDefects) EXPECT_EQ(untried.erase(defect), 1u) << defect;
  for (const auto& [defect, unused] : kLoopDefects) EXPECT_EQ(untried.erase(defect), 1u) << defect;
  for (const auto& [defect, unused] : kConsentDefects) EXPECT_EQ(untried.erase(defect), 1u) << defect;
  untried.erase("ai-health.M3:late-write");
  std::erase_if(untried, [](const std::string& id) { return id.rfind("ai-health.S1.", 0) == 0; });  // objects_test.cc
  EXPECT_THAT(untried, IsEmpty());
}

}  // namespace
}  // namespace readiness::standin
