#include "capabilities/store_postgresql.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <pqxx/pqxx>
#include <utility>

#include "base/located_json.h"
#include "base/text.h"
#include "capabilities/connection_deadline.h"
#include "capabilities/placeholders.h"
#include "capabilities/postgresql_sql.h"

namespace readiness {
namespace {

constexpr std::size_t kTablesPerStatement = 200;

// From the server's catalog/pg_type.h; stable since ever, and libpqxx has no names for them.
enum TypeId : pqxx::oid {
  kBool = 16,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kOid = 26,
  kJson = 114,
  kFloat4 = 700,
  kFloat8 = 701,
  kNumeric = 1700,
  kJsonb = 3802,
};

using Observation = pqxx::transaction<pqxx::isolation_level::repeatable_read, pqxx::readwrite_policy::read_only>;

std::optional<Json> AsInteger(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Json(number);
}

/// NaN and Infinity have no JSON number and stay text.
Json AsFloat(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const bool whole = end == text.c_str() + text.size() && !text.empty();
  const bool finite = number - number == 0;
  return whole && finite ? Json(number) : Json(text);
}

/// A numeric that a double cannot hold exactly enough stays text: rounding would be an invented value.
Json AsNumeric(const std::string& text) {
  if (std::optional<Json> integer = AsInteger(text)) return *integer;
  std::size_t digits = 0;
  for (const char c : text) digits += c >= '0' && c <= '9' ? 1 : 0;
  return digits <= 15 ? AsFloat(text) : Json(text);
}

Json ToJson(const pqxx::field& field) {
  if (field.is_null()) return nullptr;
  const std::string text(field.c_str(), field.size());
  switch (field.type()) {
    case kBool:
      return text == "t";
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
      return AsInteger(text).value_or(Json(text));
    case kFloat4:
    case kFloat8:
      return AsFloat(text);
    case kNumeric:
      return AsNumeric(text);
    case kJson:
    case kJsonb:
      return ParseStrictJson(text, "column").value_or(Json(text));
    default:
      return text;
  }
}

Result<Json> ToJson(const pqxx::result& rows) {
  if (rows.size() > kMaxQueryRows) {
    return Fail(ErrorKind::kLimit, "the statement gives more than " + std::to_string(kMaxQueryRows) + " rows");
  }
  Json list = Json::array();
  std::size_t bytes = 0;
  for (const pqxx::row& row : rows) {
    Json object = Json::object();
    for (const pqxx::field& field : row) {
      bytes += field.size();
      if (!object.emplace(field.name(), ToJson(field)).second) {
        return Fail(ErrorKind::kUsage, std::string("the statement gives two columns called \"") + field.name() + "\"");
      }
    }
    if (bytes > kMaxQueryBytes) return Fail(ErrorKind::kLimit, "the statement's rows are larger than 64 MiB");
    list.push_back(std::move(object));
  }
  return list;
}

/// One positional parameter; nothing is NULL. The server casts the text to the type that the statement needs.
using Parameter = std::optional<std::string>;

Result<Parameter> ToParameter(const Json& value) {
  if (value.is_null()) return Parameter();
  std::string text;
  if (value.is_string()) {
    text = value.get<std::string>();
  } else {
    READINESS_ASSIGN(text, DumpJson(value));
  }
  // libpq passes parameters as C strings: what follows a NUL would be lost without a word.
  if (text.find('\0') != std::string::npos) return Fail(ErrorKind::kUsage, "a parameter of a statement holds a NUL");
  return Parameter(std::move(text));
}

class PostgresqlStore : public Store {
 public:
  PostgresqlStore(std::string name, std::string url, TargetStore description, PostgresqlDeadlines deadlines)
      : name_(std::move(name)), url_(std::move(url)), description_(std::move(description)), deadlines_(deadlines) {}

  Result<StoreSnapshot> SnapshotOwned(const std::string& owner) override;
  Result<std::map<std::string, std::int64_t>> CountUnowned() override;
  Result<std::vector<std::string>> TablesContaining(const std::string& text) override;
  Result<Json> Query(const std::string& statement, const std::vector<Json>& parameters) override;
  Result<void> Answers(std::chrono::milliseconds within) override;

 private:
  using ConnectionSlot = std::unique_ptr<pqxx::connection>;

  void Connect(ConnectionSlot& slot, bool read_only);
  /// Runs `work` on a connection with a deadline; everything that libpqxx throws becomes an Error here.
  template <class Work>
  auto Guarded(ConnectionSlot& slot, bool read_only, Work work) -> decltype(work(*slot));
  Error Translate(const std::exception& exception, bool silent) const;
  std::vector<CatalogTable> Catalog(Observation& transaction) const;
  Result<std::vector<OwnedTable>> Owned(const std::vector<CatalogTable>& tables) const;

  std::string name_;
  std::string url_;
  TargetStore description_;
  PostgresqlDeadlines deadlines_;
  ConnectionSlot observation_;
  ConnectionSlot statements_;
};

Result<void> PostgresqlStore::Answers(std::chrono::milliseconds within) {
  PostgresqlStore anew(name_, url_, description_,
                       {within, within, within, std::chrono::ceil<std::chrono::seconds>(within)});
  READINESS_ASSIGN(const Json ignored, anew.Query("SELECT 1", {}));
  return {};
}

void PostgresqlStore::Connect(ConnectionSlot& slot, bool read_only) {
  std::string url = url_ + (url_.find('?') == std::string::npos ? "?" : "&");
  url += "connect_timeout=" + std::to_string(deadlines_.connect.count()) + "&application_name=readiness";
  auto connection = std::make_unique<pqxx::connection>(url);
  // A connection that silently came back would lack the settings below. The call is deprecated because libpqxx 7 never
  // reconnects by itself.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection->inhibit_reactivation(true);
#pragma GCC diagnostic pop
  const ConnectionDeadline deadline(connection->sock(), deadlines_.silence);
  pqxx::nontransaction session(*connection);
  const auto milliseconds = [](std::chrono::milliseconds time) { return std::to_string(time.count()); };
  // Settings that make the text of a row the same in every session, and deadlines. Without row_security = off a role
  // under row-level security would see fewer rows and take that for no change; so it is an error.
  session.exec("SET statement_timeout = " + milliseconds(deadlines_.statement) +
               "; SET lock_timeout = " + milliseconds(deadlines_.lock) +
               "; SET idle_in_transaction_session_timeout = 10000; SET client_encoding = 'UTF8'"
               "; SET client_min_messages = error; SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'"
               "; SET intervalstyle = 'postgres'; SET bytea_output = 'hex'; SET extra_float_digits = 1" +
               (read_only ? "; SET row_security = off; SET default_transaction_read_only = on" : ""));
  session.commit();
  slot = std::move(connection);
}

Error PostgresqlStore::Translate(const std::exception& exception, bool silent) const {
  Error error;
  error.kind = ErrorKind::kTarget;
  error.what = "store \"" + name_ + "\"";
  error.actual = Printable(exception.what(), 500);
  while (!error.actual.empty() && error.actual.back() == '\n') error.actual.pop_back();
  if (silent) {
    error.kind = ErrorKind::kTimeout;
    error.what += " did not answer within " + std::to_string(deadlines_.silence.count()) + " ms";
    return error;
  }
  const auto* sql = dynamic_cast<const pqxx::sql_error*>(&exception);
  const std::string state = sql == nullptr ? "" : sql->sqlstate();
  if (state == "57014" || state == "55P03" || state == "25P03") {
    error.kind = ErrorKind::kTimeout;
    error.what += " did not finish a statement in time";
  } else if (dynamic_cast<const pqxx::broken_connection*>(&exception) != nullptr) {
    error.what += " cannot be reached";
  } else {
    error.what += " refused a statement";
    if (!state.empty()) error.actual += " (SQLSTATE " + state + ")";
  }
  return error;
}

template <class Work>
auto PostgresqlStore::Guarded(ConnectionSlot& slot, bool read_only, Work work) -> decltype(work(*slot)) {
  bool silent = false;
  try {
    if (slot && !slot->is_open()) slot.reset();
    if (!slot) Connect(slot, read_only);
    ConnectionDeadline deadline(slot->sock(), deadlines_.silence);
    try {
      return work(*slot);
    } catch (const std::exception&) {
      silent = deadline.passed();
      throw;
    }
  } catch (const std::exception& exception) {
    Error error = Translate(exception, silent);
    if (silent || (slot && !slot->is_open())) slot.reset();
    return Fail(std::move(error));
  }
}

std::vector<CatalogTable> PostgresqlStore::Catalog(Observation& transaction) const {
  const std::string columns = Json(OwnerColumnsOf(description_)).dump();
  std::vector<CatalogTable> tables;
  for (const pqxx::row& row : transaction.exec_params(std::string(CatalogQuery()), columns)) {
    CatalogTable table{row[0].c_str(), row[1].c_str(), std::string_view(row[2].c_str()) == "p", {}, {}};
    const Result<Json> list = ParseStrictJson(row[3].c_str(), "catalog");
    for (const Json& column : list.value_or(Json::array())) table.columns.push_back(column.get<std::string>());
    const Result<Json> links = ParseStrictJson(row[4].c_str(), "catalog");
    for (const Json& link : links.value_or(Json::array()))
      table.links.push_back({link.at(0), link.at(1), link.at(2), link.at(3)});
    tables.push_back(std::move(table));
  }
  return tables;
}

Result<std::vector<OwnedTable>> PostgresqlStore::Owned(const std::vector<CatalogTable>& tables) const {
  Result<std::vector<OwnedTable>> owned = SelectOwned(tables, description_);
  if (owned) return owned;
  Error error = owned.error();
  error.what = "store \"" + name_ + "\": " + error.what;
  return Fail(std::move(error));
}

Result<std::map<std::string, std::int64_t>> PostgresqlStore::CountUnowned() {
  using Counts = std::map<std::string, std::int64_t>;
  return Guarded(observation_, true, [&](pqxx::connection& connection) -> Result<Counts> {
    Observation transaction(connection);
    const std::vector<CatalogTable> tables = Catalog(transaction);
    READINESS_ASSIGN(const std::vector<OwnedTable> owned, Owned(tables));
    const std::vector<CatalogTable> others = SelectOthers(tables, owned);
    Counts counts;
    for (std::size_t first = 0; first < others.size(); first += kTablesPerStatement) {
      for (const pqxx::row& row : transaction.exec(CountQuery(others, first, kTablesPerStatement)))
        counts[others.at(row[0].as<std::size_t>()).DisplayName()] = row[1].as<std::int64_t>();
    }
    return counts;
  });
}

Result<StoreSnapshot> PostgresqlStore::SnapshotOwned(const std::string& owner) {
  if (owner.empty()) return Fail(ErrorKind::kUsage, "a snapshot of store \"" + name_ + "\" needs an owner");
  READINESS_ASSIGN(const Parameter parameter, ToParameter(owner));
  return Guarded(observation_, true, [&](pqxx::connection& connection) -> Result<StoreSnapshot> {
    Observation transaction(connection);
    const Result<std::vector<OwnedTable>> owned = Owned(Catalog(transaction));
    if (!owned) return Fail(owned.error());
    StoreSnapshot snapshot;
    for (std::size_t first = 0; first < owned->size(); first += kTablesPerStatement) {
      for (const pqxx::row& row :
           transaction.exec_params(SnapshotQuery(*owned, first, kTablesPerStatement), *parameter)) {
        const std::string table = owned->at(row[0].as<std::size_t>()).table.DisplayName();
        snapshot[table] = TableState{row[1].as<std::int64_t>(), row[2].c_str()};
      }
    }
    return snapshot;
  });
}

Result<std::vector<std::string>> PostgresqlStore::TablesContaining(const std::string& text) {
  if (text.size() < kMinSearchedText || text.size() > kMaxSearchedText) {
    return Fail(ErrorKind::kUsage,
                "a text searched in store \"" + name_ + "\" has 6 to 65536 bytes, not " + std::to_string(text.size()));
  }
  READINESS_ASSIGN(const Parameter checked, ToParameter(text));
  return Guarded(observation_, true, [&](pqxx::connection& connection) -> Result<std::vector<std::string>> {
    Observation transaction(connection);
    const std::vector<CatalogTable> tables = Catalog(transaction);
    if (tables.empty()) return Fail(ErrorKind::kTarget, "store \"" + name_ + "\" has no table: nothing to search in");
    const std::vector<std::string> patterns = SearchPatterns(*checked);
    std::vector<std::string> found;
    for (std::size_t first = 0; first < tables.size(); first += kTablesPerStatement) {
      const std::string sql = SearchQuery(tables, first, kTablesPerStatement, patterns.size());
      for (const pqxx::row& row : transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(patterns))) {
        found.push_back(tables.at(row[0].as<std::size_t>()).DisplayName());
      }
    }
    return found;
  });
}

Result<Json> PostgresqlStore::Query(const std::string& statement, const std::vector<Json>& parameters) {
  std::vector<Parameter> texts;
  for (const Json& parameter : parameters) {
    READINESS_ASSIGN(Parameter text, ToParameter(parameter));
    texts.push_back(std::move(text));
  }
  if (statement.find('\0') != std::string::npos) return Fail(ErrorKind::kUsage, "a statement holds a NUL");
  return Guarded(statements_, false, [&](pqxx::connection& connection) -> Result<Json> {
    pqxx::work transaction(connection);
    const pqxx::result rows =
        transaction.exec_params(LimitRows(statement, kMaxQueryRows + 1), pqxx::prepare::make_dynamic_params(texts));
    Result<Json> json = ToJson(rows);
    if (json) transaction.commit();
    return json;
  });
}

}  // namespace

std::unique_ptr<Store> MakePostgresqlStore(std::string name, std::string url, TargetStore description,
                                           PostgresqlDeadlines deadlines) {
  return std::make_unique<PostgresqlStore>(std::move(name), std::move(url), std::move(description), deadlines);
}

}  // namespace readiness
