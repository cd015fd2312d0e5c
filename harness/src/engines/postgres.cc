#include "engines/postgres.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <pqxx/pqxx>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "engines/descriptor.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kServiceName = "postgresql";
constexpr const char* kSuperuser = "readiness";
constexpr Milliseconds kLoginPatience{15'000};

Error PostgresError(std::string what, std::string expected, std::string actual, std::string fix = {}) {
  return Error{ErrorKind::kEnvironment, std::move(what),   std::nullopt,
               std::move(expected),     std::move(actual), std::move(fix)};
}

bool HasPrograms(const fs::path& folder) {
  return ::access((folder / "initdb").c_str(), X_OK) == 0 && ::access((folder / "postgres").c_str(), X_OK) == 0;
}

Result<std::string> FindPrograms() {
  const char* environment = std::getenv("PATH");
  const std::string path = environment == nullptr ? "" : environment;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const fs::path folder = path.substr(begin, end - begin);
    if (folder.is_absolute() && HasPrograms(folder)) return folder.string();
    begin = end + 1;
  }
  std::string newest;
  int newest_version = 0;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", problem)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version <= newest_version || !HasPrograms(entry.path() / "bin")) continue;
    newest = (entry.path() / "bin").string();
    newest_version = version;
  }
  if (!newest.empty()) return newest;
  return Fail(PostgresError("PostgreSQL is not installed",
                            "initdb and postgres in PATH or in /usr/lib/postgresql/*/bin", "neither",
                            "apt-get install postgresql (or add its bin folder to PATH)"));
}

/// Whom the server runs as. Unset: as we are; initdb refuses only root.
struct ServerUser {
  std::optional<unsigned> user;
  std::optional<unsigned> group;
};

Result<ServerUser> ChooseServerUser() {
  if (::geteuid() != 0) return ServerUser{};
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = ::getpwnam(name); entry != nullptr && entry->pw_uid != 0) {
      return ServerUser{entry->pw_uid, entry->pw_gid};
    }
  }
  return Fail(PostgresError("no user to run PostgreSQL as", "a user postgres or nobody, because initdb refuses root",
                            "neither exists", "run as an ordinary user"));
}

/// Every folder above `directory` has to let the server's user through.
Result<void> CheckReachable(const fs::path& directory, const ServerUser& server) {
  if (!server.user) return {};
  fs::path folder;
  for (const fs::path& name : directory.parent_path()) {
    folder /= name;
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0)
      return Fail(PostgresError(fmt::format("{} cannot be read", folder.string()), {}, std::strerror(errno)));
    const mode_t needed = status.st_uid == *server.user ? S_IXUSR : status.st_gid == *server.group ? S_IXGRP : S_IXOTH;
    if ((status.st_mode & needed) != 0) continue;
    return Fail(PostgresError("PostgreSQL's folder is out of reach for its user",
                              fmt::format("user {} can pass through {}", *server.user, folder.string()),
                              fmt::format("mode {:04o}, owner {}", status.st_mode & 07777, status.st_uid),
                              fmt::format("chmod o+x {} or run as an ordinary user", folder.string())));
  }
  return {};
}

/// Makes `directory` for the server's user and nobody else; gives it with links resolved.
Result<fs::path> MakeClusterDirectory(const std::string& directory, const ServerUser& server) {
  std::error_code problem;
  fs::path path = fs::absolute(directory, problem).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  READINESS_RETURN_IF_ERROR(MakeDirectories(path.parent_path().string()));
  path = fs::canonical(path.parent_path(), problem) / path.filename();
  READINESS_RETURN_IF_ERROR(CheckReachable(path, server));
  if (::mkdir(path.c_str(), 0700) != 0) {
    return Fail(PostgresError(fmt::format("PostgreSQL's folder {} cannot be made", path.string()),
                              "a folder that is not there yet", std::strerror(errno)));
  }
  return path;
}

Result<void> GiveTo(const ServerUser& server, const fs::path& path) {
  if (!server.user || ::lchown(path.c_str(), *server.user, *server.group) == 0) return {};
  return Fail(
      PostgresError(fmt::format("{} cannot be given to PostgreSQL's user", path.string()), {}, std::strerror(errno)));
}

ServiceSpec BaseSpec(const std::string& name, const fs::path& directory, const std::string& log_file,
                     const ServerUser& server) {
  ServiceSpec spec;
  spec.name = name;
  // TZ: initdb would else compare the whole time zone database with the system's clock.
  spec.environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C"}, {"TZ", "UTC"}, {"HOME", directory.string()}};
  spec.working_directory = directory.string();
  spec.log_file = log_file;
  spec.user_id = server.user;
  spec.group_id = server.group;
  spec.private_ipc = true;
  return spec;
}

Result<void> InitialiseCluster(Engine& engine, const std::string& programs, const fs::path& directory,
                               const std::string& log_file, const ServerUser& server, const std::string& password) {
  const fs::path password_file = directory / "password";
  READINESS_RETURN_IF_ERROR(WriteFileAtomically(password_file.string(), password + "\n", 0600));
  // The folder last: in a folder of another user's, chown could be led astray.
  READINESS_RETURN_IF_ERROR(GiveTo(server, password_file));
  READINESS_RETURN_IF_ERROR(GiveTo(server, directory));
  ServiceSpec spec = BaseSpec("initdb", directory, log_file, server);
  spec.command = {programs + "/initdb",
                  "--pgdata=" + (directory / "data").string(),
                  fmt::format("--username={}", kSuperuser),
                  "--auth=scram-sha-256",
                  "--pwfile=" + password_file.string(),
                  "--no-sync",
                  "--no-instructions",
                  "--locale=C",
                  "--encoding=UTF8"};
  spec.startup_timeout = Milliseconds(60'000);
  const Result<void> done = engine.RunToEnd(spec);
  ::unlink(password_file.c_str());
  return done;
}

constexpr std::array kSettings{
    "unix_socket_directories=", "fsync=off",           "synchronous_commit=off", "full_page_writes=off",
    "max_connections=100",      "shared_buffers=32MB", "log_destination=stderr", "logging_collector=off"};

std::vector<WaitCondition> Ready() {
  WaitCondition port_open;
  port_open.port_open = true;
  WaitCondition accepting;
  accepting.log = WaitCondition::LogLine{"database system is ready to accept connections"};
  return {port_open, accepting};
}

ServiceSpec ServerSpec(const std::string& programs, const fs::path& directory, const std::string& log_file,
                       const ServerUser& server, int port) {
  ServiceSpec spec = BaseSpec(kServiceName, directory, log_file, server);
  spec.command = {programs + "/postgres", "-D", (directory / "data").string(), "-p", std::to_string(port)};
  for (const char* setting : kSettings) spec.command.insert(spec.command.end(), {"-c", setting});
  // Dynamic shared memory as files of the cluster's folder: nothing stays in /dev/shm when it is killed.
  for (const char* setting : {"listen_addresses=127.0.0.1", "dynamic_shared_memory_type=mmap"})
    spec.command.insert(spec.command.end(), {"-c", setting});
  spec.url = fmt::format("tcp://127.0.0.1:{}", port);
  spec.ready = Ready();
  return spec;
}

/// Of a server in a container. The cluster is made at the first start, in a folder that gets its name when it is whole.
constexpr const char* kScript = R"(set -e
cd /var/lib/postgresql
if ! test -d cluster; then
  rm -rf new
  printf '%s\n' "$READINESS_PASSWORD" | initdb --pgdata=new --username=readiness --auth=scram-sha-256 \
    --pwfile=/dev/stdin --no-sync --no-instructions --locale=C --encoding=UTF8
  echo 'host all all all scram-sha-256' >> new/pg_hba.conf
  mv new cluster
fi
unset READINESS_PASSWORD
exec postgres -D cluster "$@")";
constexpr int kInsidePort = 5432;

ServiceSpec ContainerSpecOf(const std::string& image, const std::string& log_file, const std::string& password,
                            int port) {
  ServiceSpec spec;
  spec.name = kServiceName;
  spec.command = {"/bin/sh", "-c", kScript, kServiceName};
  for (const char* setting : kSettings) spec.command.insert(spec.command.end(), {"-c", setting});
  spec.command.insert(spec.command.end(), {"-c", "listen_addresses=*"});
  spec.environment = {{"READINESS_PASSWORD", password}, {"LC_ALL", "C"}, {"TZ", "UTC"}};
  spec.log_file = log_file;
  spec.url = fmt::format("tcp://127.0.0.1:{}", port);
  spec.ready = Ready();
  spec.startup_timeout = Milliseconds(60'000);
  spec.container.emplace();
  spec.container->image = image;
  spec.container->port = kInsidePort;
  // Does not wait for clients to leave.
  spec.container->stop_signal = "SIGINT";
  return spec;
}

std::string OneLine(const char* message) {
  std::string text = Printable(message, 500);
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

/// Every setting that libpq would else take from our own environment (PGHOSTADDR, PGSSLMODE, ...) is stated.
std::string LoginUrl(const std::string& password, int port) {
  return fmt::format(
      "postgresql://{}:{}@127.0.0.1:{}/postgres?hostaddr=127.0.0.1&sslmode=disable&gssencmode=disable&connect_timeout=5"
      "&application_name=readiness&options=",
      kSuperuser, password, port);
}

Result<void> AwaitLogin(const std::string& url) {
  const Deadline deadline(kLoginPatience);
  Milliseconds pause(5);
  while (true) {
    std::string refusal;
    try {
      const pqxx::connection connection(url);
      return {};
    } catch (const std::exception& error) {
      refusal = OneLine(error.what());
    }
    if (deadline.Passed()) {
      return Fail(Error{ErrorKind::kTimeout,
                        "PostgreSQL does not let us in",
                        std::nullopt,
                        fmt::format("a login within {} ms", kLoginPatience.count()),
                        refusal,
                        {}});
    }
    // A server that starts up refuses logins without telling when it will accept them.
    std::this_thread::sleep_for(std::min(pause, deadline.Remaining()));
    pause = std::min(pause * 2, Milliseconds(100));
  }
}

bool IsDatabaseName(const std::string& name) {
  constexpr std::size_t kLongest = 63;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), is_word);
}

}  // namespace

Result<PostgresCluster> PostgresCluster::Start(Engine& engine, const std::string& directory,
                                               const std::string& log_file) {
  READINESS_ASSIGN(const std::string programs, FindPrograms());
  READINESS_ASSIGN(const ServerUser server, ChooseServerUser());
  READINESS_ASSIGN(const fs::path path, MakeClusterDirectory(directory, server));
  PostgresCluster cluster;
  cluster.password_ = RandomHex(24);
  READINESS_RETURN_IF_ERROR(InitialiseCluster(engine, programs, path, log_file, server, cluster.password_));
  READINESS_ASSIGN(cluster.port_, engine.ReservePort(std::nullopt));
  cluster.spec_ = ServerSpec(programs, path, log_file, server, cluster.port_);
  READINESS_RETURN_IF_ERROR(cluster.StartAgain(engine));
  return cluster;
}

Result<PostgresCluster> PostgresCluster::StartInContainer(Engine& engine, const std::string& image,
                                                          const std::string& log_file) {
  PostgresCluster cluster;
  cluster.password_ = RandomHex(24);
  READINESS_ASSIGN(cluster.port_, engine.ReservePort(std::nullopt));
  cluster.spec_ = ContainerSpecOf(image, log_file, cluster.password_, cluster.port_);
  READINESS_RETURN_IF_ERROR(cluster.StartAgain(engine));
  return cluster;
}

void PostgresCluster::Stop(Engine& engine) const {
  engine.Stop(kServiceName);
}

Result<void> PostgresCluster::StartAgain(Engine& engine) const {
  READINESS_RETURN_IF_ERROR(engine.Start(spec_));
  const Result<void> answers = AwaitAnswer();
  if (!answers) engine.Stop(kServiceName);
  return answers;
}

Result<void> PostgresCluster::AwaitAnswer() const {
  Result<void> login = AwaitLogin(LoginUrl(password_, port_));
  if (!login) login.error().fix = "see " + spec_.log_file;
  return login;
}

Result<void> PostgresCluster::Execute(const std::string& statement, const std::string& what) const {
  try {
    pqxx::connection connection(LoginUrl(password_, port_));
    pqxx::nontransaction transaction(connection);
    transaction.exec0(statement);
  } catch (const std::exception& error) {
    return Fail(
        Error{ErrorKind::kEnvironment, what, std::nullopt, "the statement succeeds", OneLine(error.what()), {}});
  }
  return {};
}

Result<void> PostgresCluster::DropDatabase(const std::string& name) {
  if (!IsDatabaseName(name)) return Fail(ErrorKind::kDefinition, "impossible name of a store");
  return Execute(fmt::format("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", name),
                 fmt::format("database {} cannot be removed", name));
}

Result<DatabaseUrls> PostgresCluster::CreateDatabase(const std::string& name) {
  if (!IsDatabaseName(name)) {
    return Fail(Error{ErrorKind::kDefinition,
                      "impossible name of a store",
                      std::nullopt,
                      "1 to 63 letters, digits and underscores",
                      fmt::format("\"{}\"", Printable(name, 100)),
                      {}});
  }
  READINESS_RETURN_IF_ERROR(Execute(fmt::format("CREATE DATABASE \"{}\" TEMPLATE template0", name),
                                    fmt::format("database {} cannot be made", name)));
  const auto url = [&](const char* host, int port) {
    return fmt::format("postgresql://{}:{}@{}:{}/{}", kSuperuser, password_, host, port, name);
  };
  const std::string observed = url("127.0.0.1", port_);
  return DatabaseUrls{observed, spec_.container ? url(kServiceName, kInsidePort) : observed};
}

}  // namespace readiness
