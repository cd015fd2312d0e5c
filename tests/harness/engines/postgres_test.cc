#include "engines/postgres.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <pqxx/pqxx>
#include <set>
#include <sstream>

#include "engine_fixture.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PostgresTest : public EngineTest {
 protected:
  std::string LogFile() const { return directory_ + "/postgresql.log"; }
};

std::string Ask(const std::string& url, const std::string& query) {
  pqxx::connection connection(url);
  pqxx::nontransaction statement(connection);
  return statement.exec1(query)[0].as<std::string>();
}

TEST_F(PostgresTest, ServesDatabasesAndLeavesNothing) {
  const auto begin = std::chrono::steady_clock::now();
  Result<PostgresCluster> cluster = PostgresCluster::Start(*engine_, directory_ + "/cluster", LogFile());
  ASSERT_TRUE(cluster) << RenderError(cluster.error());
  RecordProperty("start_ms", static_cast<int>((std::chrono::steady_clock::now() - begin) / Milliseconds(1)));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/cluster/password"));

  const std::string url = cluster->CreateDatabase("main_1").value().observed;
  EXPECT_THAT(url, HasSubstr("postgresql://readiness:" + cluster->password() + "@127.0.0.1:"));
  EXPECT_EQ(Ask(url, "SELECT current_database()"), "main_1");
  EXPECT_EQ(Ask(url, "SHOW server_encoding"), "UTF8");
  EXPECT_EQ(Ask(url, "SHOW fsync"), "off");
  EXPECT_EQ(Ask(url, "SHOW listen_addresses"), "127.0.0.1");

  std::string wrong = url;
  wrong.replace(wrong.find(cluster->password()), cluster->password().size(), "guess");
  EXPECT_THROW(Ask(wrong, "SELECT 1"), pqxx::broken_connection);

  const Result<DatabaseUrls> again = cluster->CreateDatabase("main_1");
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().actual, HasSubstr("already exists"));
  for (const char* name : {"", "a b", "a\"; DROP DATABASE main_1; --", "\xc3\xa4", "a-b"}) {
    EXPECT_EQ(cluster->CreateDatabase(name).error().kind, ErrorKind::kDefinition) << name;
  }
  EXPECT_EQ(cluster->CreateDatabase(std::string(64, 'a')).error().kind, ErrorKind::kDefinition);

  const pqxx::connection open(url);
  engine_->Stop("postgresql");
  EXPECT_THAT(OurChildren(), IsEmpty()) << "also with a client that stays";
  std::ifstream log(LogFile());
  const std::string text((std::istreambuf_iterator<char>(log)), {});
  EXPECT_THAT(text, HasSubstr("database system is shut down"));
}

// System V segments; of the orphaned ones the maker is dead, those of other clusters that run meanwhile have a living
// one.
std::set<std::string> Segments(bool orphaned) {
  std::set<std::string> segments;
  std::ifstream table("/proc/sysvipc/shm");
  std::string line;
  std::getline(table, line);  // the headings
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string key, id, permissions, size;
    pid_t maker = 0;
    fields >> key >> id >> permissions >> size >> maker;
    if (!orphaned || (::kill(maker, 0) != 0 && errno == ESRCH)) segments.insert(id);
  }
  return segments;
}

TEST_F(PostgresTest, KilledClusterIsGone) {
  const std::set<std::string> before = Segments(false);
  Result<PostgresCluster> cluster = PostgresCluster::Start(*engine_, directory_ + "/cluster", LogFile());
  ASSERT_TRUE(cluster) << RenderError(cluster.error());
  const pqxx::connection open(cluster->CreateDatabase("main").value().observed);
  engine_.reset();
  EXPECT_THAT(OurChildren(), IsEmpty());
  // Another test's cluster may be ending at this moment, and its segment go a little after its process.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  std::vector<std::string> left;
  do {
    const std::set<std::string> after = Segments(true);
    left.clear();
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(left));
    if (!left.empty()) ::poll(nullptr, 0, 50);
  } while (!left.empty() && std::chrono::steady_clock::now() < deadline);
  EXPECT_THAT(left, IsEmpty());
}

TEST_F(PostgresTest, WhatWasCommittedOutlivesAStop) {
  Result<PostgresCluster> cluster = PostgresCluster::Start(*engine_, directory_ + "/cluster", LogFile());
  ASSERT_TRUE(cluster) << RenderError(cluster.error());
  const std::string url = cluster->CreateDatabase("main").value().observed;
  {
    pqxx::connection connection(url);
    pqxx::nontransaction statement(connection);
    statement.exec0("CREATE TABLE t (v integer)");
    statement.exec0("INSERT INTO t VALUES (7)");
    cluster->Stop(*engine_);
  }
  EXPECT_THROW(pqxx::connection connection(url), pqxx::broken_connection);
  ASSERT_TRUE(cluster->StartAgain(*engine_));
  pqxx::connection connection(url);
  EXPECT_EQ(pqxx::nontransaction(connection).exec1("SELECT v FROM t")[0].as<int>(), 7);
  EXPECT_TRUE(cluster->DropDatabase("main")) << "from under those that use it";
}

TEST_F(PostgresTest, NamesTheFolderThatIsOutOfReach) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root starts it as another user";
  std::filesystem::create_directories(directory_ + "/closed/inner");
  ::chmod((directory_ + "/closed").c_str(), 0700);
  const Result<PostgresCluster> cluster =
      PostgresCluster::Start(*engine_, directory_ + "/closed/inner/cluster", LogFile());
  ASSERT_FALSE(cluster);
  EXPECT_THAT(cluster.error().expected, HasSubstr("can pass through " + directory_ + "/closed"));
}

TEST_F(PostgresTest, TakesNoFolderThatIsThere) {
  std::filesystem::create_directories(directory_ + "/cluster");
  const Result<PostgresCluster> cluster = PostgresCluster::Start(*engine_, directory_ + "/cluster", LogFile());
  ASSERT_FALSE(cluster);
  EXPECT_THAT(cluster.error().what, HasSubstr("cannot be made"));
}

}  // namespace
}  // namespace readiness
