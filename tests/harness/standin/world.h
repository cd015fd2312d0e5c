#pragma once
// What a test of a stand-in needs around it: a PostgreSQL cluster (one per test program), a fresh database and a fake
// provider per stand-in, the started program, and a client. Ends everything it started.

#include <httplib.h>

#include <map>
#include <memory>
#include <string>

#include "engines/engine.h"
#include "engines/postgres.h"
#include "fake_provider.h"
#include "standin/database.h"
#include "standin/json.h"
#include "standin/tokens.h"

namespace readiness::standin {

inline constexpr const char* kSigningKey = "0123456789abcdef0123456789abcdef";

/// The program's cluster; made at the first call.
class Cluster {
 public:
  static Cluster& Instance();
  ~Cluster();
  std::string NewDatabase();
  Engine& engine() { return *engine_; }
  const std::string& directory() const { return directory_; }

 private:
  Cluster();
  std::string directory_;
  std::unique_ptr<Engine> engine_;
  std::optional<PostgresCluster> postgres_;
  int databases_ = 0;
};

struct Seen {
  int status = 0;
  std::string body;
  httplib::Headers headers;
  Json json() const { return ParseJson(body).value_or(Json()); }
};

struct TestUser {
  std::string id;
  std::string token;
};

class World {
 public:
  /// Starts `program` healthy but for `overrides` of its environment.
  explicit World(const std::string& program, const std::map<std::string, std::string>& overrides = {});
  ~World();

  Seen Send(const std::string& method, const std::string& target, const std::string& token = {},
            const std::string& body = {}, const std::string& type = "application/json",
            const httplib::Headers& more = {});

  /// An account with a token made by the issuer (logins are limited).
  TestUser NewUser();
  void Consent(const TestUser& user);
  /// Connects `user` with the authorization code `code`; the callback's status.
  int Connect(const TestUser& user, const std::string& code);
  Seen Sync(const TestUser& user) { return Send("POST", "/api/v1/providers/whoop/sync?days=7", user.token); }

  /// The number that `statement` selects as n.
  int Number(const std::string& statement);
  /// All rows of all tables, as counts: "users=1 consents=0 ...".
  std::string AllCounts();

  FakeProvider provider;
  TokenIssuer tokens{kSigningKey};
  int port = 0;
  std::string log_file;
  std::string database_url;
  std::unique_ptr<Database> database;

 private:
  std::string service_;
  int users_ = 0;
};

}  // namespace readiness::standin
