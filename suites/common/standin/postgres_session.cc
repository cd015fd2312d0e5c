#include "standin/postgres_session.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <string_view>

namespace readiness::standin {
namespace {

using Clock = PostgresSession::Clock;

constexpr const char* kSessionOptions = "-c statement_timeout=5s -c timezone=UTC -c client_min_messages=warning";

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using OwnedResult = std::unique_ptr<PGresult, ClearResult>;

Error Refused(std::string_view message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.remove_suffix(1);
  return Error{ErrorKind::kTarget, "the database refused", {}, {}, std::string(message), {}};
}

Error TimedOut() {
  return Error{ErrorKind::kTimeout, "the database does not answer", {}, {}, {}, {}};
}

std::string Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text != nullptr ? text : "";
}

/// The server's words, but for what it says about data: there it quotes them.
Error StatementError(const PGresult* result) {
  const std::string state = Field(result, PG_DIAG_SQLSTATE);
  const bool about_data = state.rfind("22", 0) == 0 || state.rfind("23", 0) == 0;
  const std::string constraint = Field(result, PG_DIAG_CONSTRAINT_NAME);
  if (about_data) return Refused("SQLSTATE " + state + (constraint.empty() ? "" : ", constraint " + constraint));
  return Refused(Field(result, PG_DIAG_MESSAGE_PRIMARY));
}

Rows ToRows(const PGresult* result) {
  Rows rows;
  const int count = PQntuples(result);
  const int columns = PQnfields(result);
  rows.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    std::map<std::string, std::optional<std::string>> values;
    for (int column = 0; column < columns; ++column) {
      std::optional<std::string>& value = values[PQfname(result, column)];
      if (PQgetisnull(result, row, column) == 0) value = PQgetvalue(result, row, column);
    }
    rows.emplace_back(std::move(values));
  }
  return rows;
}

}  // namespace

Result<std::unique_ptr<PostgresSession>> PostgresSession::Open(const std::string& url, Clock::time_point deadline) {
  const char* names[] = {"dbname", "options", nullptr};
  const char* values[] = {url.c_str(), kSessionOptions, nullptr};
  std::unique_ptr<PostgresSession> session(new PostgresSession(PQconnectStartParams(names, values, 1)));
  READINESS_RETURN_IF_ERROR(session->Connect(deadline));
  return session;
}

PostgresSession::~PostgresSession() {
  PQfinish(connection_);
}

Result<void> PostgresSession::Connect(Clock::time_point deadline) {
  if (connection_ == nullptr || PQstatus(connection_) == CONNECTION_BAD) return Fail(Lost());
  // The library would print the server's notices.
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
       next = PQconnectPoll(connection_)) {
    if (next == PGRES_POLLING_FAILED) return Fail(Lost());
    READINESS_RETURN_IF_ERROR(Wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline));
  }
  PQsetnonblocking(connection_, 1);
  return {};
}

Result<void> PostgresSession::Wait(short events, Clock::time_point deadline) {
  pollfd socket{PQsocket(connection_), events, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int ready = poll(&socket, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno == EINTR) continue;
    broken_ = true;
    return Fail(TimedOut());
  }
}

Error PostgresSession::Lost() {
  broken_ = true;
  return Refused(connection_ != nullptr ? PQerrorMessage(connection_) : "no memory");
}

Result<void> PostgresSession::SendAll(Clock::time_point deadline) {
  while (true) {
    const int left = PQflush(connection_);
    if (left == 0) return {};
    if (left < 0) return Fail(Lost());
    READINESS_RETURN_IF_ERROR(Wait(POLLIN | POLLOUT, deadline));
    if (PQconsumeInput(connection_) == 0) return Fail(Lost());
  }
}

Result<void> PostgresSession::Receive(Clock::time_point deadline) {
  while (PQisBusy(connection_) != 0) {
    READINESS_RETURN_IF_ERROR(Wait(POLLIN, deadline));
    if (PQconsumeInput(connection_) == 0) return Fail(Lost());
  }
  return {};
}

Result<Rows> PostgresSession::Run(const std::string& statement, const std::vector<SqlValue>& parameters,
                                  Clock::time_point deadline) {
  std::vector<const char*> texts;
  texts.reserve(parameters.size());
  for (const SqlValue& parameter : parameters) texts.push_back(parameter.text());
  if (PQsendQueryParams(connection_, statement.c_str(), static_cast<int>(texts.size()), nullptr, texts.data(), nullptr,
                        nullptr, 0) == 0)
    return Fail(Lost());
  READINESS_RETURN_IF_ERROR(SendAll(deadline));
  std::optional<Error> refused;
  Rows rows;
  while (true) {
    READINESS_RETURN_IF_ERROR(Receive(deadline));
    const OwnedResult result(PQgetResult(connection_));
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK)
      rows = ToRows(result.get());
    else if (status != PGRES_COMMAND_OK && !refused)
      refused = StatementError(result.get());
  }
  if (PQstatus(connection_) != CONNECTION_OK) return Fail(Lost());
  if (refused) return Fail(std::move(*refused));
  return rows;
}

}  // namespace readiness::standin
