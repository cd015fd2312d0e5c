#pragma once
// PostgreSQL for stand-ins: a bounded pool of connections, parameters always bound, results as text values with typed
// readers. Every statement ends within 5 seconds. A database that was found away or hanging is asked by one thread at a
// time until it answers again; the others are told at once, so that it cannot hold all threads of a service. Any
// thread; a Transaction belongs to one.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness::standin {

/// One bound parameter: text as PostgreSQL reads it, or NULL.
class SqlValue {
 public:
  SqlValue(std::nullptr_t) {}                                            // NOLINT: implicit by design
  SqlValue(const char* text) : text_(text) {}                            // NOLINT
  SqlValue(std::string text) : text_(std::move(text)) {}                 // NOLINT
  SqlValue(std::optional<std::string> text) : text_(std::move(text)) {}  // NOLINT
  SqlValue(bool value) : text_(value ? "true" : "false") {}              // NOLINT
  SqlValue(int value) : text_(std::to_string(value)) {}                  // NOLINT
  SqlValue(std::int64_t value) : text_(std::to_string(value)) {}         // NOLINT
  SqlValue(double value);                                                // NOLINT

  const char* text() const { return text_ ? text_->c_str() : nullptr; }

 private:
  std::optional<std::string> text_;
};

/// One row of a result. Reading a column that the statement does not return ends the program: statements are ours.
class Row {
 public:
  explicit Row(std::map<std::string, std::optional<std::string>> columns) : columns_(std::move(columns)) {}

  const std::optional<std::string>& Optional(const std::string& column) const { return columns_.at(column); }
  bool IsNull(const std::string& column) const { return !columns_.at(column).has_value(); }
  std::string Text(const std::string& column) const { return columns_.at(column).value_or(""); }
  std::int64_t Integer(const std::string& column) const;
  double Number(const std::string& column) const;
  bool Boolean(const std::string& column) const { return Text(column) == "t"; }

 private:
  std::map<std::string, std::optional<std::string>> columns_;
};

using Rows = std::vector<Row>;

class PostgresSession;

class Transaction {
 public:
  virtual ~Transaction() = default;
  /// Runs one statement. Errors: kTarget with the database's own words, kTimeout; the transaction is then over.
  virtual Result<Rows> Query(const std::string& statement, const std::vector<SqlValue>& parameters = {}) = 0;
};

class Database {
 public:
  /// Connects to `url` (postgresql://...), trying again until `patience` has passed. Errors: kTimeout with the last
  /// refusal.
  static Result<std::unique_ptr<Database>> Connect(const std::string& url, std::size_t max_connections,
                                                   std::chrono::milliseconds patience);
  ~Database();

  /// One statement in a transaction of its own.
  Result<Rows> Query(const std::string& statement, const std::vector<SqlValue>& parameters = {});

  /// Runs `work` in one transaction: committed when it succeeds, rolled back when it returns an error. A connection
  /// that turns out to be dead before the first statement is replaced once.
  Result<void> InTransaction(const std::function<Result<void>(Transaction&)>& work);

  /// Whether the database answers within `patience`, on a connection kept for this question: it does not wait for the
  /// pool.
  Result<void> Ping(std::chrono::milliseconds patience);

 private:
  struct Attempt;

  Database(std::string url, std::size_t max_connections);
  Result<std::unique_ptr<PostgresSession>> Take();
  Result<bool> Admit();
  void GiveBack(std::unique_ptr<PostgresSession> session, bool answers);
  Attempt Try(PostgresSession& session, const std::function<Result<void>(Transaction&)>& work);

  const std::string url_;
  const std::size_t max_connections_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t taken_ = 0;
  std::size_t waiting_ = 0;
  bool suspect_ = false;  ///< the last attempt found it away or hanging
  std::vector<std::unique_ptr<PostgresSession>> idle_;
  std::timed_mutex ping_mutex_;
  std::unique_ptr<PostgresSession> ping_session_;
};

}  // namespace readiness::standin
