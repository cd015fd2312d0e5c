#include "capabilities/postgresql_sql.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

namespace readiness {
namespace {

std::string DisplayPart(const std::string& part) {
  return part.find('.') == std::string::npos ? part : QuoteIdentifier(part);
}

/// `FROM` item under the alias t. ONLY keeps rows of inheriting tables from being counted twice; the rows of a
/// partitioned table lie in its partitions, which are not listed themselves.
std::string FromItem(const CatalogTable& table) {
  return std::string("FROM ") + (table.partitioned ? "" : "ONLY ") + QuoteIdentifier(table.schema) + "." +
         QuoteIdentifier(table.name) + " AS t";
}

Error Unwatched(const std::string& what) {
  Error error;
  error.kind = ErrorKind::kTarget;
  error.what = what;
  error.fix = "correct \"owners\" or \"owner_columns\" of the store in target.json";
  return error;
}

constexpr int kMostSteps = 4;                 // from a row to the owner's
constexpr std::size_t kLongestLinks = 8'000;  // conditions contain each other

// "t.note_id IN (SELECT t.id FROM notes AS t WHERE ...)", for the links that lead to an owned table.
std::string ConditionByLinks(const CatalogTable& table, const std::vector<OwnedTable>& owned) {
  std::string condition;
  for (const TableLink& link : table.links) {
    const auto to = std::find_if(owned.begin(), owned.end(), [&](const OwnedTable& other) {
      return other.table.schema == link.to_schema && other.table.name == link.to_table;
    });
    if (to == owned.end() || condition.size() + to->condition.size() > kLongestLinks) continue;
    condition += (condition.empty() ? "t." : " OR t.") + QuoteIdentifier(link.column) + " IN (SELECT t." +
                 QuoteIdentifier(link.to_column) + " " + FromItem(to->table) + " WHERE " + to->condition + ")";
  }
  return condition;
}

// Rows that refer to the owner's are the owner's too, where the table says nothing else.
void AddByLinks(const std::vector<CatalogTable>& tables, std::vector<OwnedTable>& owned) {
  for (int step = 0; step < kMostSteps; ++step) {
    std::vector<OwnedTable> found;
    for (const CatalogTable& table : SelectOthers(tables, owned)) {
      std::string condition = ConditionByLinks(table, owned);
      if (!condition.empty()) found.push_back({table, {}, std::move(condition)});
    }
    if (found.empty()) return;
    std::move(found.begin(), found.end(), std::back_inserter(owned));
  }
}

std::string Doubled(std::string_view text, std::string_view characters) {
  std::string doubled;
  for (const char c : text) {
    if (characters.find(c) != std::string_view::npos) doubled += c;
    doubled += c;
  }
  return doubled;
}

/// As record_out writes a field inside a row: quotes and backslashes doubled.
std::string InsideRow(std::string_view text) {
  return Doubled(text, "\"\\");
}

std::string LikePattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '\\' || c == '%' || c == '_') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

std::string HexOf(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  return "\"" + Doubled(name, "\"") + "\"";
}

std::string CatalogTable::DisplayName() const {
  return schema == "public" ? DisplayPart(name) : DisplayPart(schema) + "." + DisplayPart(name);
}

std::vector<std::string> OwnerColumnsOf(const TargetStore& store) {
  std::set<std::string> columns(store.owner_columns.begin(), store.owner_columns.end());
  for (const auto& [table, column] : store.owners) columns.insert(column);
  return {columns.begin(), columns.end()};
}

std::string_view CatalogQuery() {
  return R"(
    SELECT n.nspname::text, c.relname::text, c.relkind::text,
           coalesce(json_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attname IS NOT NULL), '[]')::text,
           coalesce((SELECT json_agg(json_build_array(own.attname::text, s.nspname::text, r.relname::text, ra.attname::text)
                                     ORDER BY k.conname)
                     FROM pg_catalog.pg_constraint AS k
                     JOIN pg_catalog.pg_attribute AS own ON own.attrelid = k.conrelid AND own.attnum = k.conkey[1]
                     JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
                     JOIN pg_catalog.pg_namespace AS s ON s.oid = r.relnamespace
                     JOIN pg_catalog.pg_attribute AS ra ON ra.attrelid = k.confrelid AND ra.attnum = k.confkey[1]
                     WHERE k.contype = 'f' AND k.conrelid = c.oid AND cardinality(k.conkey) = 1), '[]')::text
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute AS a
      ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname::text IN (SELECT pg_catalog.jsonb_array_elements_text($1::jsonb))
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
    GROUP BY c.oid, n.nspname, c.relname, c.relkind
    ORDER BY n.nspname, c.relname)";
}

Result<std::vector<OwnedTable>> SelectOwned(const std::vector<CatalogTable>& tables, const TargetStore& store) {
  std::vector<OwnedTable> owned;
  std::set<std::string> seen;
  for (const CatalogTable& table : tables) {
    const std::string name = table.DisplayName();
    const auto has = [&](const std::string& column) {
      return std::find(table.columns.begin(), table.columns.end(), column) != table.columns.end();
    };
    OwnedTable candidate{table, {}, {}};
    const auto stated = store.owners.find(name);
    if (stated != store.owners.end()) {
      seen.insert(name);
      if (!has(stated->second))
        return Fail(Unwatched("table " + name + " has no owner column \"" + stated->second + "\""));
      candidate.owner_columns.push_back(stated->second);
    } else {
      std::copy_if(store.owner_columns.begin(), store.owner_columns.end(), std::back_inserter(candidate.owner_columns),
                   has);
    }
    for (const std::string& column : candidate.owner_columns) {
      candidate.condition += candidate.condition.empty() ? "" : " OR ";
      candidate.condition += "t." + QuoteIdentifier(column) + "::text = $1";
    }
    if (!candidate.condition.empty()) owned.push_back(std::move(candidate));
  }
  for (const auto& [table, column] : store.owners) {
    if (!seen.contains(table))
      return Fail(Unwatched("the database has no table " + table + ", whose owner column is stated"));
  }
  if (owned.empty()) {
    return Fail(
        Unwatched("none of the " + std::to_string(tables.size()) + " tables has an owner column: nothing to look at"));
  }
  AddByLinks(tables, owned);
  return owned;
}

std::vector<CatalogTable> SelectOthers(const std::vector<CatalogTable>& tables, const std::vector<OwnedTable>& owned) {
  std::vector<CatalogTable> others;
  std::copy_if(tables.begin(), tables.end(), std::back_inserter(others), [&](const CatalogTable& table) {
    return std::none_of(owned.begin(), owned.end(), [&](const OwnedTable& other) {
      return other.table.schema == table.schema && other.table.name == table.name;
    });
  });
  return others;
}

std::string CountQuery(const std::vector<CatalogTable>& tables, std::size_t first, std::size_t count) {
  std::string sql;
  const std::size_t end = std::min(tables.size(), first + count);
  for (std::size_t i = first; i < end; ++i) {
    if (!sql.empty()) sql += "\nUNION ALL\n";
    sql += "SELECT " + std::to_string(i) + "::int, count(*)::bigint " + FromItem(tables[i]);
  }
  return sql;
}

std::string SnapshotQuery(const std::vector<OwnedTable>& tables, std::size_t first, std::size_t count) {
  std::string sql;
  const std::size_t end = std::min(tables.size(), first + count);
  for (std::size_t i = first; i < end; ++i) {
    if (!sql.empty()) sql += "\nUNION ALL\n";
    // Sums of two differently seeded hashes: independent of the rows' order, and equal rows do not cancel out.
    sql += "SELECT " + std::to_string(i) +
           "::int, count(*)::bigint, coalesce(sum(hashtextextended((t.*)::text, 0)), 0)::text || '/' || "
           "coalesce(sum(hashtextextended((t.*)::text, 1)), 0)::text " +
           FromItem(tables[i].table) + " WHERE " + tables[i].condition;
  }
  return sql;
}

std::string SearchQuery(const std::vector<CatalogTable>& tables, std::size_t first, std::size_t count,
                        std::size_t patterns) {
  std::string list;
  for (std::size_t i = 1; i <= patterns; ++i) list += (i > 1 ? ", $" : "$") + std::to_string(i) + "::text";
  std::string sql;
  const std::size_t end = std::min(tables.size(), first + count);
  for (std::size_t i = first; i < end; ++i) {
    if (!sql.empty()) sql += "\nUNION ALL\n";
    sql += "SELECT " + std::to_string(i) + "::int WHERE EXISTS (SELECT 1 " + FromItem(tables[i]) +
           " WHERE (t.*)::text LIKE ANY (ARRAY[" + list + "]))";
  }
  return sql;
}

std::vector<std::string> SearchPatterns(const std::string& text) {
  const std::string json = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::string json_content = json.substr(1, json.size() - 2);
  std::vector<std::string> patterns;
  for (const std::string& form : {text, InsideRow(text), InsideRow(json_content), HexOf(text)}) {
    const std::string pattern = LikePattern(form);
    if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end()) patterns.push_back(pattern);
  }
  return patterns;
}

std::string LimitRows(const std::string& statement, std::size_t rows) {
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const auto begin = std::find_if_not(statement.begin(), statement.end(),
                                      [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; });
  std::string word;
  for (auto at = begin; at != statement.end() && is_letter(*at); ++at) word += static_cast<char>(std::tolower(*at));
  if (word != "select" && word != "values" && word != "table") return statement;
  const std::size_t end = statement.find_last_not_of(" \t\r\n;");
  return "SELECT * FROM (\n" + statement.substr(0, end + 1) + "\n) AS readiness_rows LIMIT " + std::to_string(rows);
}

}  // namespace readiness
