#include "world.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "standin/secrets.h"

namespace readiness::standin {
namespace {

constexpr const char* kConsent =
    R"({"understands_not_medical_advice":true,"consents_to_data_analysis":true,)"
    R"("understands_recommendations_experimental":true,"understands_can_stop_anytime":true})";

constexpr const char* kTables[] = {"users",           "consents",    "oauth_states", "provider_tokens",
                                   "data_provenance", "health_data", "experiments",  "evaluation_results",
                                   "loop_decisions",  "audit_events"};

template <class T>
T OrAbort(Result<T> result) {
  if (result) return std::move(*result);
  std::fputs(RenderError(result.error()).c_str(), stderr);
  std::abort();
}

}  // namespace

Cluster& Cluster::Instance() {
  static Cluster cluster;
  return cluster;
}

Cluster::Cluster() {
  PrepareCryptography();
  std::string pattern = (std::filesystem::temp_directory_path() / "standin-test-XXXXXX").string();
  directory_ = mkdtemp(pattern.data());
  // PostgreSQL's unprivileged user has to pass through.
  std::filesystem::permissions(directory_, std::filesystem::perms(0755));
  engine_ = MakeProcessEngine("standin-test-" + std::to_string(getpid()), directory_);
  postgres_ = OrAbort(PostgresCluster::Start(*engine_, directory_ + "/cluster", directory_ + "/postgresql.log"));
}

Cluster::~Cluster() {
  engine_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Cluster::NewDatabase() {
  return OrAbort(postgres_->CreateDatabase("standin_" + std::to_string(++databases_))).observed;
}

World::World(const std::string& program, const std::map<std::string, std::string>& overrides) {
  Cluster& cluster = Cluster::Instance();
  database_url = cluster.NewDatabase();
  port = OrAbort(cluster.engine().ReservePort(std::nullopt));
  service_ = "standin-" + std::to_string(port);
  log_file = cluster.directory() + "/" + service_ + ".log";
  ServiceSpec spec;
  spec.name = service_;
  spec.command = {program};
  spec.environment = {{"PORT", std::to_string(port)},   {"DATABASE_URL", database_url},
                      {"SECRET_KEY", kSigningKey},      {"WHOOP_BASE_URL", provider.url()},
                      {"WHOOP_CLIENT_ID", "readiness"}, {"WHOOP_CLIENT_SECRET", "client-secret"}};
  for (const auto& [name, value] : overrides) spec.environment[name] = value;
  spec.working_directory = cluster.directory();
  spec.log_file = log_file;
  spec.url = "http://127.0.0.1:" + std::to_string(port);
  WaitCondition listens;
  listens.port_open = true;
  spec.ready = {listens};
  if (const auto started = cluster.engine().Start(spec); !started) ADD_FAILURE() << RenderError(started.error());
  database = OrAbort(Database::Connect(database_url, 2, std::chrono::seconds(5)));
}

World::~World() {
  Cluster::Instance().engine().Stop(service_);
}

Seen World::Send(const std::string& method, const std::string& target, const std::string& token,
                 const std::string& body, const std::string& type, const httplib::Headers& more) {
  httplib::Client client("127.0.0.1", port);
  client.set_read_timeout(20);
  httplib::Request request;
  request.method = method;
  request.path = target;
  request.headers = more;
  if (!token.empty()) request.headers.emplace("Authorization", "Bearer " + token);
  if (!body.empty()) {
    request.headers.emplace("Content-Type", type);
    request.body = body;
  }
  const auto result = client.send(request);
  if (!result) return {};
  return {result->status, result->body, result->headers};
}

TestUser World::NewUser() {
  const std::string email = "user" + std::to_string(++users_) + "@example.com";
  const auto seen =
      Send("POST", "/api/v1/users/", "", R"({"name":"U","email":")" + email + R"(","password":"password123"})");
  EXPECT_EQ(seen.status, 201) << seen.body;
  const std::string id = std::to_string(seen.json().value("id", 0));
  return {id, OrAbort(tokens.Issue(id, std::chrono::minutes(5)))};
}

void World::Consent(const TestUser& user) {
  EXPECT_EQ(Send("POST", "/api/v1/consent", user.token, kConsent).status, 200);
}

int World::Connect(const TestUser& user, const std::string& code) {
  const std::string url = Send("GET", "/api/v1/providers/whoop/connect", user.token).json().value("authorize_url", "");
  const std::size_t state = url.find("&state=");
  if (state == std::string::npos) return 0;
  return Send("GET", "/api/v1/providers/whoop/callback?code=" + code + "&state=" + url.substr(state + 7), user.token)
      .status;
}

int World::Number(const std::string& statement) {
  const Rows rows = OrAbort(database->Query(statement));
  return rows.empty() ? -1 : static_cast<int>(rows.front().Integer("n"));
}

std::string World::AllCounts() {
  std::string counts;
  for (const std::string table : kTables)
    counts += table + "=" + std::to_string(Number("SELECT count(*) AS n FROM " + table)) + " ";
  return counts;
}

}  // namespace readiness::standin
