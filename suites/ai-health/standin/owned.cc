#include "owned.h"

#include "answers.h"

namespace readiness::ai_health {
namespace {

std::string Placeholder(const Column& column, std::size_t number) {
  const std::string placeholder = "$" + std::to_string(number);
  return column.is_instant ? "(" + placeholder + "::timestamptz AT TIME ZONE 'utc')" : placeholder;
}

}  // namespace

Fields WithOwner(Fields fields) {
  Fields all = {{.name = "id", .kind = Kind::kInteger, .role = Role::kMade},
                {.name = "user_id", .kind = Kind::kInteger, .role = Role::kMade}};
  for (Field& field : fields) all.push_back(std::move(field));
  return all;
}

Result<Json> Insert(App& app, const Table& table, UserId owner, Columns columns) {
  std::string names = "user_id";
  std::string places = "$1";
  std::vector<standin::SqlValue> values = {owner};
  for (Column& column : columns) {
    names += ", " + column.name;
    places += ", " + Placeholder(column, values.size() + 1);
    values.push_back(std::move(column.value));
  }
  READINESS_ASSIGN(const auto rows, app.database.Query("INSERT INTO " + table.name + " (" + names + ") VALUES (" +
                                                           places + ") RETURNING " + SelectList(table.fields),
                                                       values));
  return ShowFields(rows.front(), table.fields);
}

Result<standin::Rows> SelectOwned(App& app, const Table& table, UserId owner, const Filter& filter) {
  std::vector<standin::SqlValue> values = {owner};
  values.insert(values.end(), filter.values.begin(), filter.values.end());
  const std::string more = filter.condition.empty() ? "" : " AND (" + filter.condition + ")";
  return app.database.Query("SELECT " + SelectList(table.fields) + " FROM " + table.name + " AS t WHERE user_id = $1" +
                                more + " ORDER BY " + table.order + " LIMIT " + std::to_string(filter.limit),
                            values);
}

Result<standin::Rows> FindOwned(App& app, const Table& table, UserId owner, std::int64_t id) {
  return SelectOwned(app, table, owner, {.condition = "id = $2::bigint", .values = {id}});
}

Result<standin::Rows> UpdateOwned(App& app, const Table& table, UserId owner, std::int64_t id, const Columns& columns) {
  std::string changes;
  std::vector<standin::SqlValue> values = {owner, id};
  for (const Column& column : columns) {
    changes += (changes.empty() ? "" : ", ") + column.name + " = " + Placeholder(column, values.size() + 1);
    values.push_back(column.value);
  }
  if (changes.empty()) return FindOwned(app, table, owner, id);
  return app.database.Query("UPDATE " + table.name + " SET " + changes +
                                " WHERE user_id = $1 AND id = $2::bigint RETURNING " + SelectList(table.fields),
                            values);
}

Result<standin::Rows> DeleteOwned(App& app, const Table& table, UserId owner, std::int64_t id) {
  return app.database.Query("DELETE FROM " + table.name + " WHERE user_id = $1 AND id = $2::bigint RETURNING id",
                            {owner, id});
}

Json ShowRows(const standin::Rows& rows, const Table& table) {
  Json list = Json::array();
  for (const standin::Row& row : rows) list.push_back(ShowFields(row, table.fields));
  return list;
}

}  // namespace readiness::ai_health
