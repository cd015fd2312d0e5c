#include "standin/database.h"

#include <fmt/format.h>

#include <cstdlib>
#include <thread>

#include "standin/postgres_session.h"

namespace readiness::standin {
namespace {

using Clock = PostgresSession::Clock;

constexpr std::chrono::seconds kPoolPatience{5};
constexpr std::chrono::seconds kConnectPatience{2};
constexpr std::chrono::seconds kStatementPatience{5};
constexpr std::size_t kMaxWaiting = 96;

Error Away(const char* what) {
  return Error{ErrorKind::kTimeout, what, {}, {}, {}, {}};
}

class SessionTransaction : public Transaction {
 public:
  explicit SessionTransaction(PostgresSession& session) : session_(session) {}

  Result<Rows> Query(const std::string& statement, const std::vector<SqlValue>& parameters) override {
    auto rows = session_.Run(statement, parameters, Clock::now() + kStatementPatience);
    failed_ = failed_ || !rows;
    timed_out_ = timed_out_ || (!rows && rows.error().kind == ErrorKind::kTimeout);
    answered_ = answered_ || (rows && statement != kBegin);
    return rows;
  }

  static constexpr const char* kBegin = "BEGIN";
  bool answered() const { return answered_; }
  bool failed() const { return failed_; }
  bool timed_out() const { return timed_out_; }

 private:
  PostgresSession& session_;
  bool answered_ = false;
  bool failed_ = false;
  bool timed_out_ = false;
};

}  // namespace

SqlValue::SqlValue(double value) : text_(fmt::format("{}", value)) {}

std::int64_t Row::Integer(const std::string& column) const {
  return std::strtoll(Text(column).c_str(), nullptr, 10);
}
double Row::Number(const std::string& column) const {
  return std::strtod(Text(column).c_str(), nullptr);
}

/// What came of running some work on one connection.
struct Database::Attempt {
  Result<void> result;
  bool timed_out = false;
  bool untouched = false;  ///< the connection was dead before anything was done on it
};

Database::Database(std::string url, std::size_t max_connections)
    : url_(std::move(url)), max_connections_(max_connections) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::Connect(const std::string& url, std::size_t max_connections,
                                                    std::chrono::milliseconds patience) {
  std::unique_ptr<Database> database(new Database(url, max_connections));
  const auto deadline = Clock::now() + patience;
  while (true) {
    const auto connected = database->Query("SELECT 1");
    if (connected) return database;
    if (Clock::now() >= deadline) {
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

/// Takes one of the places in the pool; true when a kept connection may be used, too.
Result<bool> Database::Admit() {
  std::unique_lock lock(mutex_);
  const auto free = [this] { return taken_ < (suspect_ ? 1 : max_connections_); };
  if (!free() && !suspect_ && waiting_ < kMaxWaiting) {
    ++waiting_;
    changed_.wait_for(lock, kPoolPatience, [&] { return suspect_ || free(); });
    --waiting_;
    if (suspect_) return Fail(Away("the database is away"));
  }
  if (!free()) return Fail(Away(suspect_ ? "the database is away" : "no database connection became free"));
  ++taken_;
  return !suspect_;
}

Result<std::unique_ptr<PostgresSession>> Database::Take() {
  READINESS_ASSIGN(const bool kept, Admit());
  if (kept) {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
  }
  auto session = PostgresSession::Open(url_, Clock::now() + kConnectPatience);
  if (!session) GiveBack(nullptr, false);
  return session;
}

void Database::GiveBack(std::unique_ptr<PostgresSession> session, bool answers) {
  std::vector<std::unique_ptr<PostgresSession>> dead;
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    suspect_ = !answers;
    if (!answers) dead.swap(idle_);
    if (session && answers) idle_.push_back(std::move(session));
  }
  changed_.notify_all();
}

Database::Attempt Database::Try(PostgresSession& session, const std::function<Result<void>(Transaction&)>& work) {
  SessionTransaction transaction(session);
  const auto run = [&]() -> Result<void> {
    READINESS_RETURN_IF_ERROR(transaction.Query(SessionTransaction::kBegin, {}));
    try {
      READINESS_RETURN_IF_ERROR(work(transaction));
    } catch (const std::exception& escaped) {
      // The connection must be given back, whatever the work does.
      return Fail(ErrorKind::kInternal, escaped.what());
    }
    // PostgreSQL answers this COMMIT, too, but with a rollback.
    if (transaction.failed()) return Fail(ErrorKind::kInternal, "a statement that failed was passed over");
    READINESS_RETURN_IF_ERROR(transaction.Query("COMMIT", {}));
    return {};
  };
  Result<void> result = run();
  if (!result && !session.broken()) static_cast<void>(transaction.Query("ROLLBACK", {}));
  const bool untouched = session.broken() && !transaction.answered() && !transaction.timed_out();
  return {std::move(result), transaction.timed_out(), untouched};
}

Result<void> Database::InTransaction(const std::function<Result<void>(Transaction&)>& work) {
  constexpr int kAttempts = 2;
  for (int attempt = 1;; ++attempt) {
    READINESS_ASSIGN(auto session, Take());
    Attempt outcome = Try(*session, work);
    const bool again = outcome.untouched && attempt < kAttempts;
    if (session->broken()) session.reset();
    if (outcome.untouched) {
      // After a restart of the server all kept connections are dead.
      const std::lock_guard lock(mutex_);
      idle_.clear();
    }
    GiveBack(std::move(session), !outcome.timed_out && (again || !outcome.untouched));
    if (!again) return std::move(outcome.result);
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

Result<void> Database::Ping(std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const std::unique_lock alone(ping_mutex_, deadline);
  if (!alone) return Fail(Away("the database does not answer"));
  Result<void> outcome;
  for (const bool fresh : {false, true}) {
    if (fresh) ping_session_.reset();
    if (!fresh && !ping_session_) continue;
    if (!ping_session_) {
      auto session = PostgresSession::Open(url_, deadline);
      if (!session) return Fail(std::move(session.error()));
      ping_session_ = std::move(*session);
    }
    const auto rows = ping_session_->Run("SELECT 1", {}, deadline);
    if (rows) {
      const std::lock_guard lock(mutex_);
      suspect_ = false;
      return {};
    }
    outcome = Fail(rows.error());
    if (rows.error().kind == ErrorKind::kTimeout) break;
  }
  ping_session_.reset();
  return outcome;
}

}  // namespace readiness::standin
