#pragma once
// The SQL texts by which the state of a PostgreSQL database is observed: which tables there are, what one owner has in
// them, where a text occurs. It runs nothing. Names come from a foreign catalog and are always quoted. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "definition/definition.h"

namespace readiness {

/// A column that refers to a column of another table.
struct TableLink {
  std::string column;
  std::string to_schema, to_table, to_column;
};

/// A base table as the catalog describes it.
struct CatalogTable {
  std::string schema;
  std::string name;
  bool partitioned = false;
  std::vector<std::string> columns;  ///< those of the owner columns asked for that it has
  std::vector<TableLink> links{};    ///< foreign keys of one column

  /// What probes and target.json call it: "health_data"; outside schema public "billing.invoices". A part with a dot in
  /// its name is quoted.
  std::string DisplayName() const;
};

/// A table and the columns of which one equals the owner; without such columns, one whose rows refer to rows of the
/// owner.
struct OwnedTable {
  CatalogTable table;
  std::vector<std::string> owner_columns;
  std::string condition;  ///< on a row t, with the owner as $1
};

/// Every column that `store` names as an owner column anywhere.
std::vector<std::string> OwnerColumnsOf(const TargetStore& store);

/// Lists base tables outside system schemas; $1 is a JSON list of column names. Columns of the answer: schema, name,
/// kind ("r" or "p"), JSON list of those columns of $1 that the table has, JSON list of its links ([column, schema,
/// table, column]).
std::string_view CatalogQuery();

/// The owned ones of `tables`, also those whose rows refer to rows of an owned one. Errors: kTarget when there is none,
/// or when `owners` of target.json names a table or column that the database has not (its rows would silently go
/// unwatched).
Result<std::vector<OwnedTable>> SelectOwned(const std::vector<CatalogTable>& tables, const TargetStore& store);

/// Those of `tables` that are not among `owned`.
std::vector<CatalogTable> SelectOthers(const std::vector<CatalogTable>& tables, const std::vector<OwnedTable>& owned);

/// One statement over `count` tables from `first`: index and number of rows.
std::string CountQuery(const std::vector<CatalogTable>& tables, std::size_t first, std::size_t count);

/// One statement over `count` tables from `first`: index, rows, digest, restricted to owner $1.
std::string SnapshotQuery(const std::vector<OwnedTable>& tables, std::size_t first, std::size_t count);

/// One statement over `count` tables from `first`: index of each table in which a row's text is like one of $1 to
/// $`patterns`.
std::string SearchQuery(const std::vector<CatalogTable>& tables, std::size_t first, std::size_t count,
                        std::size_t patterns);

/// LIKE patterns that find `text` in the text form of a row: plain, as quoted inside a row, as JSON inside a row, as
/// bytea.
std::vector<std::string> SearchPatterns(const std::string& text);

/// `statement` such that it gives at most `rows` rows, if it is one that can be limited (SELECT, VALUES, TABLE); else
/// as it is.
std::string LimitRows(const std::string& statement, std::size_t rows);

/// "name" with quotes doubled.
std::string QuoteIdentifier(std::string_view name);

}  // namespace readiness
