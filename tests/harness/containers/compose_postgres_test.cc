// PostgreSQL in a container: what the cluster of processes does, it does.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <thread>

#include "../engines/engine_fixture.h"
#include "containers/compose_engine.h"
#include "containers/images.h"
#include "engines/postgres.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Ask(const std::string& url, const std::string& query) {
  pqxx::connection connection(url);
  pqxx::nontransaction statement(connection);
  return statement.exec1(query)[0].as<std::string>();
}

class ComposePostgresTest : public ::testing::Test {
 protected:
  ComposePostgresTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "compose-postgres-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~ComposePostgresTest() override {
    engine_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  void Start() {
    const std::string run_id = "test" + RandomHex(8);
    Result<std::unique_ptr<Engine>> engine = MakeComposeEngine(run_id, directory_);
    ASSERT_TRUE(engine) << RenderError(engine.error());
    engine_ = std::move(*engine);
    const Result<std::string> image = PostgresImage(ContainerCli::Find(run_id).value(), directory_);
    ASSERT_TRUE(image) << RenderError(image.error());
    Result<PostgresCluster> cluster =
        PostgresCluster::StartInContainer(*engine_, *image, directory_ + "/postgresql.log");
    ASSERT_TRUE(cluster) << RenderError(cluster.error());
    cluster_ = std::move(*cluster);
  }

  std::string directory_;
  std::unique_ptr<Engine> engine_;
  std::optional<PostgresCluster> cluster_;
};

TEST_F(ComposePostgresTest, ServesDatabasesThatOutliveAStopAndAKill) {
  Start();
  const DatabaseUrls urls = cluster_->CreateDatabase("main_1").value();
  EXPECT_THAT(urls.observed, StartsWith("postgresql://readiness:" + cluster_->password() + "@127.0.0.1:"));
  EXPECT_EQ(urls.inside, "postgresql://readiness:" + cluster_->password() + "@postgresql:5432/main_1");
  EXPECT_EQ(Ask(urls.observed, "SELECT current_database()"), "main_1");
  EXPECT_EQ(Ask(urls.observed, "SHOW server_encoding"), "UTF8");
  EXPECT_EQ(Ask(urls.observed, "SHOW fsync"), "off");
  std::string wrong = urls.observed;
  wrong.replace(wrong.find(cluster_->password()), cluster_->password().size(), "guess");
  EXPECT_THROW(Ask(wrong, "SELECT 1"), pqxx::broken_connection);
  EXPECT_EQ(cluster_->CreateDatabase("a b").error().kind, ErrorKind::kDefinition);

  pqxx::connection stays(urls.observed);
  pqxx::nontransaction(stays).exec0("CREATE TABLE t AS SELECT 7 AS v");
  for (const bool kill : {false, true}) {
    kill ? engine_->Kill(cluster_->service()) : cluster_->Stop(*engine_);
    EXPECT_THROW(pqxx::connection connection(urls.observed), pqxx::broken_connection);
    const Result<void> again = cluster_->StartAgain(*engine_);
    ASSERT_TRUE(again) << RenderError(again.error());
    EXPECT_EQ(Ask(urls.observed, "SELECT v FROM t"), "7");
  }
  std::ifstream log(directory_ + "/postgresql.log");
  const std::string text((std::istreambuf_iterator<char>(log)), {});
  EXPECT_THAT(text, HasSubstr("database system is shut down")) << "also with a client that stays";
  EXPECT_TRUE(cluster_->DropDatabase("main_1")) << "from under those that use it";
}

TEST_F(ComposePostgresTest, PausedItHangs) {
  Start();
  const std::string url = cluster_->CreateDatabase("main").value().observed;
  ASSERT_TRUE(engine_->Pause(cluster_->service()));
  EXPECT_THROW(Ask(url + "?connect_timeout=2", "SELECT 1"), pqxx::broken_connection);
  ASSERT_TRUE(engine_->Resume(cluster_->service()));
  ASSERT_TRUE(cluster_->AwaitAnswer());
  EXPECT_EQ(Ask(url, "SELECT 1"), "1");
}

}  // namespace
}  // namespace readiness
