#pragma once
// A private PostgreSQL cluster of one run: initdb, a server with a generated password, one database per store. Started
// through an Engine, so it is labelled, logged and ended like any service. As processes it listens on loopback and, for
// root, runs as `postgres` or `nobody`; in a container it keeps its data in the container's own layer.

#include <string>

#include "engines/engine.h"

namespace readiness {

/// Where a database is, with its password: postgresql://readiness:<password>@<host>:<port>/<name>
struct DatabaseUrls {
  std::string observed;  ///< as this machine reaches it
  std::string inside;    ///< as services of the run reach it; in containers another one
};

class PostgresCluster {
 public:
  /// Makes and starts the cluster in `directory` (made by the call; must be reachable for the unprivileged user) under
  /// the service name "postgresql". Finds the programs in PATH, else the newest of /usr/lib/postgresql/*/bin, else
  /// kEnvironment with how to install them. Durability is off: the cluster lives as long as its run.
  static Result<PostgresCluster> Start(Engine& engine, const std::string& directory, const std::string& log_file);

  /// As Start, in a container of `image` (of which PostgreSQL's programs are in PATH, and the user is not root), on an
  /// engine that runs containers. Errors: as Engine::Start.
  static Result<PostgresCluster> StartInContainer(Engine& engine, const std::string& image,
                                                  const std::string& log_file);

  /// Creates the database `name` (letters, digits, underscores).
  Result<DatabaseUrls> CreateDatabase(const std::string& name);

  /// Removes it again, also from under those that use it. Errors: kEnvironment.
  Result<void> DropDatabase(const std::string& name);

  /// Ends the server; what was committed is kept. Its port refuses connections until StartAgain.
  void Stop(Engine& engine) const;
  /// Starts it again and waits until it answers. Errors: as Start.
  Result<void> StartAgain(Engine& engine) const;
  /// Waits until it answers a login. Errors: kTimeout.
  Result<void> AwaitAnswer() const;
  const std::string& service() const { return spec_.name; }

  const std::string& password() const { return password_; }

 private:
  PostgresCluster() = default;
  Result<void> Execute(const std::string& statement, const std::string& what) const;

  std::string password_;
  ServiceSpec spec_;
  int port_ = 0;
};

}  // namespace readiness
