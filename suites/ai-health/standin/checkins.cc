#include "checkins.h"

#include "access.h"
#include "answers.h"
#include "owned.h"

namespace readiness::ai_health {
namespace {

Field Score(const char* name) {
  return {.name = name, .kind = Kind::kInteger, .required = false, .nullable = true, .least = 0, .most = 10};
}

/// What a check-in says, which is also what a PATCH may change.
Fields Content() {
  return {
      Score("sleep_quality"),
      Score("energy"),
      Score("mood"),
      Score("stress"),
      {.name = "notes", .required = false, .nullable = true},
      {.name = "behaviors_json", .kind = Kind::kObject, .required = false},
      {.name = "adherence_rate", .kind = Kind::kNumber, .required = false, .nullable = true, .least = 0, .most = 1}};
}

Fields Created() {
  Fields fields = {{.name = "user_id", .kind = Kind::kInteger, .role = Role::kIgnored},
                   {.name = "checkin_date", .kind = Kind::kDate}};
  for (Field& field : Content()) {
    if (field.name != "adherence_rate") fields.push_back(std::move(field));
  }
  return fields;
}

const Table& CheckInTable() {
  static const Table table = [] {
    Fields fields = {{.name = "checkin_date", .kind = Kind::kDate, .role = Role::kMade}};
    for (Field& field : Content()) fields.push_back(std::move(field));
    fields.push_back({.name = "created_at", .kind = Kind::kTime, .role = Role::kStamp});
    fields.push_back({.name = "updated_at", .kind = Kind::kTime, .role = Role::kStamp});
    return Table{"daily_checkins", WithOwner(fields), "t.checkin_date DESC"};
  }();
  return table;
}

/// Makes the caller's check-in of `day` if there is none, sets `changes` and answers with it.
Result<Json> Upsert(App& app, UserId caller, const std::string& day, const Columns& changes) {
  std::string set = std::string("updated_at = ") + kUtcNow;
  std::vector<standin::SqlValue> values = {caller, day};
  for (const Column& change : changes) {
    values.push_back(change.value);
    set += ", " + change.name + " = $" + std::to_string(values.size());
  }
  Json shown;
  READINESS_RETURN_IF_ERROR(app.database.InTransaction([&](standin::Transaction& transaction) -> Result<void> {
    READINESS_RETURN_IF_ERROR(
        transaction.Query(std::string("INSERT INTO daily_checkins (user_id, checkin_date, behaviors_json, created_at, "
                                      "updated_at) VALUES ($1, $2, '{}', ") +
                              kUtcNow + ", " + kUtcNow + ") ON CONFLICT (user_id, checkin_date) DO NOTHING",
                          {caller, day}));
    READINESS_ASSIGN(const auto rows, transaction.Query("UPDATE daily_checkins SET " + set +
                                                            " WHERE user_id = $1 AND checkin_date = $2 RETURNING " +
                                                            SelectList(CheckInTable().fields),
                                                        values));
    shown = ShowFields(rows.front(), CheckInTable().fields);
    return {};
  }));
  return shown;
}

/// Whose check-in of `day` a lookup by the day alone finds: the first one made. Only faulty lookups ask.
Reply<UserId> FirstWith(App& app, UserId caller, const std::string& day) {
  STANDIN_ASSIGN(
      const auto rows,
      app.database.Query("SELECT user_id FROM daily_checkins WHERE checkin_date = $1 ORDER BY id LIMIT 1", {day}));
  return rows.empty() ? caller : rows.front().Integer("user_id");
}

/// Makes somebody else's newest check-in of `day` the caller's.
Result<void> TakeOver(App& app, UserId caller, const std::string& day) {
  READINESS_ASSIGN(const auto others, app.database.Query("SELECT id FROM daily_checkins WHERE checkin_date = $1 AND "
                                                         "user_id <> $2 ORDER BY id DESC LIMIT 1",
                                                         {day, caller}));
  if (others.empty()) return {};
  return app.database.InTransaction([&](standin::Transaction& transaction) -> Result<void> {
    READINESS_RETURN_IF_ERROR(
        transaction.Query("DELETE FROM daily_checkins WHERE user_id = $1 AND checkin_date = $2", {caller, day}));
    READINESS_RETURN_IF_ERROR(transaction.Query("UPDATE daily_checkins SET user_id = $1 WHERE id = $2",
                                                {caller, others.front().Integer("id")}));
    return {};
  });
}

Reply<Response> UpsertCheckIn(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(auto columns, ReadFields(body, Created()));
  const std::string day = body.at("checkin_date").get<std::string>();
  if (app.defects.Active("ai-health.S1.tenants:upsert-takes-over")) STANDIN_RETURN_IF_ERROR(TakeOver(app, caller, day));
  std::erase_if(columns, [](const Column& column) { return column.name == "\"checkin_date\""; });
  STANDIN_ASSIGN(const auto shown, Upsert(app, caller, day, columns));
  return Answer(200, shown);
}

Reply<Response> PatchCheckIn(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto day, PathDay(request, "checkin_date"));
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(const auto changes, ReadChanges(body, Content()));
  UserId owner = caller;
  if (app.defects.Active("ai-health.S1.tenants:patch-by-day")) {
    STANDIN_ASSIGN(owner, FirstWith(app, caller, day));
  }
  STANDIN_ASSIGN(const auto shown, Upsert(app, owner, day, changes));
  return Answer(200, shown);
}

/// As the real system does, a day without a check-in gets an empty one by being asked for.
Reply<Response> GetCheckIn(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto day, PathDay(request, "checkin_date"));
  UserId owner = caller;
  if (app.defects.Active("ai-health.S1.tenants:checkin-by-day")) {
    STANDIN_ASSIGN(owner, FirstWith(app, caller, day));
  }
  STANDIN_ASSIGN(const auto rows, SelectOwned(app, CheckInTable(), owner, {"checkin_date = $2", {day}}));
  if (!rows.empty()) return Answer(200, ShowFields(rows.front(), CheckInTable().fields));
  STANDIN_ASSIGN(const auto shown, Upsert(app, caller, day, {}));
  return Answer(200, shown);
}

Reply<Response> ListCheckIns(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto start, QueryDay(request, "start_date"));
  STANDIN_ASSIGN(const auto end, QueryDay(request, "end_date"));
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 90, 1, 365));
  STANDIN_ASSIGN(const auto rows,
                 SelectOwned(app, CheckInTable(), caller, {"checkin_date BETWEEN $2 AND $3", {start, end}, limit}));
  return Answer(200, ShowRows(rows, CheckInTable()));
}

}  // namespace

Area CheckIns(App& app) {
  const auto day = PathParameter("checkin_date", "string", "date");
  const Json date = {{"type", "string"}, {"format", "date"}};
  Area area;
  area.schemas = {{"DailyCheckInCreate", RequestSchema(Created())},
                  {"DailyCheckInUpdate", RequestSchema(Content())},
                  {"DailyCheckInResponse", AnswerSchema(CheckInTable().fields)},
                  {"DailyCheckInList", ListOf("DailyCheckInResponse")}};
  area.routes = {Private(app, "POST", "/api/v1/checkins/upsert", &UpsertCheckIn,
                         {.id = "upsert_checkin",
                          .summary = "Store or change the caller's check-in of a day",
                          .tag = "checkins",
                          .body_media_type = kJsonType,
                          .body_schema = "DailyCheckInCreate",
                          .answers = {{200, "DailyCheckInResponse"}}}),
                 Private(app, "PATCH", "/api/v1/checkins/{checkin_date}", &PatchCheckIn,
                         {.id = "update_checkin",
                          .summary = "Change the caller's check-in of a day",
                          .tag = "checkins",
                          .parameters = {day},
                          .body_media_type = kJsonType,
                          .body_schema = "DailyCheckInUpdate",
                          .answers = {{200, "DailyCheckInResponse"}}}),
                 Private(app, "GET", "/api/v1/checkins/{checkin_date}", &GetCheckIn,
                         {.id = "get_checkin",
                          .summary = "The caller's check-in of a day, made empty when there is none",
                          .tag = "checkins",
                          .parameters = {day},
                          .answers = {{200, "DailyCheckInResponse"}}}),
                 Private(app, "GET", "/api/v1/checkins", &ListCheckIns,
                         {.id = "list_checkins",
                          .summary = "The caller's check-ins of some days, newest first",
                          .tag = "checkins",
                          .parameters = {QueryParameter("start_date", true, date),
                                         QueryParameter("end_date", true, date), QueryLimit(365, 90)},
                          .answers = {{200, "DailyCheckInList"}}})};
  return area;
}

}  // namespace readiness::ai_health
