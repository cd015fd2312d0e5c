#include "standin/database.h"

#include <fmt/format.h>

#include <cstdlib>
#include <pqxx/pqxx>
#include <string_view>
#include <thread>

namespace readiness::standin {
namespace {

constexpr std::chrono::seconds kPoolPatience{5};
constexpr const char* kSessionSettings = "SET statement_timeout = '10s'; SET timezone = 'UTC'";

Error DatabaseError(std::string_view message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.remove_suffix(1);
  return Error{ErrorKind::kTarget, "the database refused", {}, {}, std::string(message), {}};
}

Rows ToRows(const pqxx::result& result) {
  Rows rows;
  rows.reserve(result.size());
  for (const auto& row : result) {
    std::map<std::string, std::optional<std::string>> columns;
    for (const auto& field : row) {
      columns[field.name()] = field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str());
    }
    rows.emplace_back(std::move(columns));
  }
  return rows;
}

class PqxxTransaction : public Transaction {
 public:
  explicit PqxxTransaction(pqxx::work& work) : work_(work) {}

  Result<Rows> Query(const std::string& statement, const std::vector<SqlValue>& parameters) override {
    std::vector<const char*> texts;
    texts.reserve(parameters.size());
    for (const SqlValue& parameter : parameters) texts.push_back(parameter.text());
    try {
      Rows rows = ToRows(work_.exec_params(statement, pqxx::prepare::make_dynamic_params(texts)));
      answered_ = true;
      return rows;
    } catch (const pqxx::broken_connection& failure) {
      broken_ = true;
      return Fail(DatabaseError(failure.what()));
    } catch (const std::exception& failure) {
      return Fail(DatabaseError(failure.what()));
    }
  }

  bool answered() const { return answered_; }
  bool broken() const { return broken_; }

 private:
  pqxx::work& work_;
  bool answered_ = false;
  bool broken_ = false;
};

}  // namespace

SqlValue::SqlValue(double value) : text_(fmt::format("{}", value)) {}

std::int64_t Row::Integer(const std::string& column) const {
  return std::strtoll(Text(column).c_str(), nullptr, 10);
}
double Row::Number(const std::string& column) const {
  return std::strtod(Text(column).c_str(), nullptr);
}

struct Database::Connection {
  explicit Connection(const std::string& url) : session(url) {
    pqxx::nontransaction settings(session);
    settings.exec(kSessionSettings);
  }
  pqxx::connection session;
};

/// What came of running some work on one connection.
struct Database::Attempt {
  Result<void> result;
  bool reusable = true;    ///< the connection is still good
  bool untouched = false;  ///< the connection was dead before anything was done on it
};

Database::Database(std::string url, std::size_t max_connections)
    : url_(std::move(url)), max_connections_(max_connections) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::Connect(const std::string& url, std::size_t max_connections,
                                                    std::chrono::milliseconds patience) {
  std::unique_ptr<Database> database(new Database(url, max_connections));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto connected = database->Query("SELECT 1");
    if (connected) return database;
    if (std::chrono::steady_clock::now() >= deadline) {
      Error error = connected.error();
      error.kind = ErrorKind::kTimeout;
      error.what = fmt::format("no PostgreSQL answered within {} ms", patience.count());
      error.expected = "a server that accepts DATABASE_URL";
      return Fail(std::move(error));
    }
    // The server offers nothing to wait on before it accepts connections.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Result<std::unique_ptr<Database::Connection>> Database::Take() {
  {
    std::unique_lock lock(mutex_);
    if (!given_back_.wait_for(lock, kPoolPatience, [&] { return taken_ < max_connections_; }))
      return Fail(ErrorKind::kTimeout, "no database connection became free");
    ++taken_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  try {
    return std::make_unique<Connection>(url_);
  } catch (const std::exception& failure) {
    GiveBack(nullptr);
    return Fail(DatabaseError(failure.what()));
  }
}

void Database::GiveBack(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    if (connection) idle_.push_back(std::move(connection));
  }
  given_back_.notify_one();
}

Database::Attempt Database::Try(Connection& connection, const std::function<Result<void>(Transaction&)>& work) {
  try {
    pqxx::work native(connection.session);
    PqxxTransaction transaction(native);
    Result<void> result = work(transaction);
    if (result) native.commit();
    return {std::move(result), !transaction.broken(), transaction.broken() && !transaction.answered()};
  } catch (const pqxx::in_doubt_error& failure) {
    return {Fail(DatabaseError(failure.what())), false, false};
  } catch (const pqxx::broken_connection& failure) {
    return {Fail(DatabaseError(failure.what())), false, true};
  } catch (const std::exception& failure) {
    return {Fail(DatabaseError(failure.what())), true, false};
  }
}

Result<void> Database::InTransaction(const std::function<Result<void>(Transaction&)>& work) {
  constexpr int kAttempts = 2;
  for (int attempt = 1;; ++attempt) {
    READINESS_ASSIGN(auto connection, Take());
    Attempt outcome = Try(*connection, work);
    if (!outcome.reusable) connection.reset();
    GiveBack(std::move(connection));
    if (!outcome.untouched || attempt == kAttempts) return std::move(outcome.result);
    const std::lock_guard lock(mutex_);
    idle_.clear();  // after a restart of the server all of them are dead
  }
}

Result<Rows> Database::Query(const std::string& statement, const std::vector<SqlValue>& parameters) {
  Rows rows;
  READINESS_RETURN_IF_ERROR(InTransaction([&](Transaction& transaction) -> Result<void> {
    READINESS_ASSIGN(rows, transaction.Query(statement, parameters));
    return {};
  }));
  return rows;
}

}  // namespace readiness::standin
