#include "inbox.h"

#include "access.h"
#include "answers.h"
#include "owned.h"

namespace readiness::ai_health {
namespace {

const Table& InboxTable() {
  static const Table table = {
      "inbox_items",
      WithOwner({{.name = "category"},
                 {.name = "title"},
                 {.name = "body"},
                 {.name = "metadata", .kind = Kind::kObject, .nullable = true, .column = "metadata_json"},
                 {.name = "is_read", .kind = Kind::kBoolean},
                 {.name = "created_at", .kind = Kind::kTime, .role = Role::kStamp}}),
      "t.created_at DESC, t.id DESC"};
  return table;
}

Fields MarkReadRequest() {
  return {{.name = "user_id", .kind = Kind::kInteger, .role = Role::kIgnored},
          {.name = "item_id", .kind = Kind::kInteger, .role = Role::kInput}};
}

Reply<bool> QueryFlag(const Request& request, const std::string& name) {
  const std::string text = request.Query(name).value_or("false");
  for (const char* yes : {"true", "True", "1", "on", "yes"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"false", "False", "0", "off", "no"}) {
    if (text == no) return false;
  }
  return End(Invalid());
}

Reply<Response> ListInbox(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 50, 1, 200));
  STANDIN_ASSIGN(const bool unread_only, QueryFlag(request, "unread_only"));
  STANDIN_ASSIGN(const auto rows, SelectOwned(app, InboxTable(), caller,
                                              {.condition = unread_only ? "NOT is_read" : "", .limit = limit}));
  return Answer(200, {{"count", rows.size()}, {"items", ShowRows(rows, InboxTable())}});
}

Reply<Response> MarkRead(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_RETURN_IF_ERROR(ReadFields(body, MarkReadRequest()));
  const auto item = body.at("item_id").get<std::int64_t>();
  STANDIN_ASSIGN(const auto rows, UpdateOwned(app, InboxTable(), caller, item, {{"is_read", true}}));
  if (!rows.empty()) return Answer(200, ShowFields(rows.front(), InboxTable().fields));
  if (app.defects.Active("ai-health.S1.tenants:refuses-but-marks"))
    STANDIN_RETURN_IF_ERROR(app.database.Query("UPDATE inbox_items SET is_read = true WHERE id = $1", {item}));
  return End(Detail(404, "Inbox item not found"));
}

Reply<Response> MarkAllRead(App& app, const Request&, UserId caller) {
  const bool everybodys = app.defects.Active("ai-health.S1.tenants:marks-everybodys");
  STANDIN_ASSIGN(const auto rows,
                 app.database.Query(
                     "UPDATE inbox_items SET is_read = true WHERE (user_id = $1 OR $2) AND NOT is_read RETURNING id",
                     {caller, everybodys}));
  return Answer(200, {{"ok", true}, {"updated", rows.size()}});
}

}  // namespace

Area Inbox(App& app) {
  Area area;
  area.schemas = {{"InboxMarkReadIn", RequestSchema(MarkReadRequest())},
                  {"InboxItemOut", AnswerSchema(InboxTable().fields)},
                  {"InboxListOut",
                   {{"type", "object"},
                    {"properties", {{"count", {{"type", "integer"}}}, {"items", ListOf("InboxItemOut")}}},
                    {"required", {"count", "items"}}}}};
  area.routes = {
      Private(app, "GET", "/api/v1/inbox", &ListInbox,
              {.id = "list_inbox",
               .summary = "The caller's messages, newest first",
               .tag = "inbox",
               .parameters = {QueryLimit(200, 50),
                              QueryParameter("unread_only", false, {{"type", "boolean"}, {"default", false}})},
               .answers = {{200, "InboxListOut"}}}),
      Private(app, "POST", "/api/v1/inbox/mark-read", &MarkRead,
              {.id = "mark_inbox_item_read",
               .summary = "Mark a message of the caller as read",
               .tag = "inbox",
               .body_media_type = kJsonType,
               .body_schema = "InboxMarkReadIn",
               .answers = {{200, "InboxItemOut"}, {404, "Detail"}}}),
      Private(app, "POST", "/api/v1/inbox/mark-all-read", &MarkAllRead,
              {.id = "mark_inbox_read",
               .summary = "Mark all messages of the caller as read",
               .tag = "inbox",
               .answers = {{200, ""}}})};
  return area;
}

}  // namespace readiness::ai_health
