#pragma once
// One connection to PostgreSQL whose every step has a deadline, so that a server which accepts and never answers costs
// a known time. The only file pair that knows libpq. One thread at a time.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "standin/database.h"

struct pg_conn;

namespace readiness::standin {

class PostgresSession {
 public:
  using Clock = std::chrono::steady_clock;

  /// Errors: kTimeout when nothing answers before `deadline`, kTarget with the server's own words.
  static Result<std::unique_ptr<PostgresSession>> Open(const std::string& url, Clock::time_point deadline);
  ~PostgresSession();

  /// Runs one statement. Errors: kTimeout (the session is then broken), kTarget; messages never hold values of
  /// parameters or rows.
  Result<Rows> Run(const std::string& statement, const std::vector<SqlValue>& parameters, Clock::time_point deadline);

  /// Nothing more can be asked here.
  bool broken() const { return broken_; }

 private:
  explicit PostgresSession(pg_conn* connection) : connection_(connection) {}
  Result<void> Connect(Clock::time_point deadline);
  Result<void> Wait(short events, Clock::time_point deadline);
  Result<void> SendAll(Clock::time_point deadline);
  Result<void> Receive(Clock::time_point deadline);
  Error Lost();

  pg_conn* connection_;
  bool broken_ = false;
};

}  // namespace readiness::standin
