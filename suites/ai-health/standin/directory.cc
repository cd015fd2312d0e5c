#include "directory.h"

#include <limits>

#include "access.h"
#include "answers.h"
#include "fields.h"

namespace readiness::ai_health {
namespace {

Fields AccountFields() {
  return {{.name = "id", .kind = Kind::kInteger},
          {.name = "name"},
          {.name = "email"},
          {.name = "created_at", .kind = Kind::kTime}};
}

Reply<Response> ListUsers(App& app, const Request& request, UserId caller) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 100, 1, 1000));
  STANDIN_ASSIGN(const auto offset, QueryInteger(request, "offset", 0, 0, kMost));
  const bool everybody = app.defects.Active("ai-health.S1.tenants");
  STANDIN_ASSIGN(const auto rows, app.database.Query("SELECT " + SelectList(AccountFields()) +
                                                         " FROM users AS t WHERE id = $1 OR $2 ORDER BY t.id DESC "
                                                         "LIMIT $3::bigint OFFSET $4::bigint",
                                                     {caller, everybody, limit, offset}));
  Json list = Json::array();
  for (const standin::Row& row : rows) list.push_back(ShowFields(row, AccountFields()));
  return Answer(200, list);
}

Reply<Response> GetUser(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto id, PathNumber(request, "user_id"));
  STANDIN_ASSIGN(const auto rows, app.database.Query("SELECT " + SelectList(AccountFields()) +
                                                         " FROM users WHERE id = $1::bigint AND id = $2",
                                                     {id, caller}));
  if (rows.empty()) return End(Detail(404, "User not found"));
  return Answer(200, ShowFields(rows.front(), AccountFields()));
}

}  // namespace

Area Directory(App& app) {
  Area area;
  area.schemas = {{"UserList", ListOf("UserResponse")}};
  area.routes = {
      Private(app, "GET", "/api/v1/users/", &ListUsers,
              {.id = "list_users",
               .summary = "The accounts that the caller may see",
               .tag = "users",
               .parameters = {QueryLimit(1000, 100),
                              QueryParameter("offset", false, {{"type", "integer"}, {"minimum", 0}, {"default", 0}})},
               .answers = {{200, "UserList"}, {422, "Failure"}}},
              TokenStyle::kCurrentAccount),
      Private(app, "GET", "/api/v1/users/{user_id}", &GetUser,
              {.id = "get_user",
               .summary = "The caller's account by its id",
               .tag = "users",
               .parameters = {PathParameter("user_id", "integer")},
               .answers = {{200, "UserResponse"}, {404, "Detail"}, {422, "Failure"}}},
              TokenStyle::kCurrentAccount)};
  return area;
}

}  // namespace readiness::ai_health
