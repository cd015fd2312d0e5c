#include "audit.h"

#include "access.h"
#include "answers.h"
#include "owned.h"

namespace readiness::ai_health {
namespace {

const Table& AuditTable() {
  static const Table table = {
      "audit_events",
      WithOwner({{.name = "entity_type"},
                 {.name = "entity_id", .kind = Kind::kInteger},
                 {.name = "decision_type"},
                 {.name = "decision_reason", .nullable = true},
                 {.name = "source_metrics", .kind = Kind::kTexts, .nullable = true},
                 {.name = "time_windows", .kind = Kind::kObject, .nullable = true},
                 {.name = "detectors_used", .kind = Kind::kTexts, .nullable = true},
                 {.name = "thresholds_crossed", .kind = Kind::kObjects, .nullable = true},
                 {.name = "safety_checks_applied", .kind = Kind::kObjects, .nullable = true},
                 {.name = "metadata", .kind = Kind::kObject, .nullable = true, .column = "metadata_json"},
                 {.name = "created_at", .kind = Kind::kTime, .role = Role::kStamp}}),
      "t.created_at DESC, t.id DESC"};
  return table;
}

Reply<Response> ListEvents(App& app, UserId caller, const Filter& filter) {
  STANDIN_ASSIGN(const auto rows, SelectOwned(app, AuditTable(), caller, filter));
  return Answer(200, {{"count", rows.size()}, {"items", ShowRows(rows, AuditTable())}});
}

Reply<Response> ListAll(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 100, 1, 500));
  const auto type = request.Query("entity_type");
  if (type && !standin::IsText(*type)) return End(Invalid());
  if (!type || type->empty()) return ListEvents(app, caller, {.limit = limit});
  return ListEvents(app, caller, {"entity_type = $2", {*type}, limit});
}

Reply<Response> ListOfEntity(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 50, 1, 200));
  const auto type = request.Query("entity_type");
  const auto id = ParseInteger(request.Query("entity_id").value_or(""));
  if (!type || !standin::IsText(*type) || !id) return End(Invalid());
  return ListEvents(app, caller, {"entity_type = $2 AND entity_id = $3::bigint", {*type, *id}, limit});
}

}  // namespace

Area Audit(App& app) {
  const Json text = {{"type", "string"}};
  Area area;
  area.schemas = {{"AuditEventOut", AnswerSchema(AuditTable().fields)},
                  {"AuditEventsResponse",
                   {{"type", "object"},
                    {"properties", {{"count", {{"type", "integer"}}}, {"items", ListOf("AuditEventOut")}}},
                    {"required", {"count", "items"}}}}};
  area.routes = {Private(app, "GET", "/api/v1/audit/entity", &ListOfEntity,
                         {.id = "list_entity_audit_events",
                          .summary = "The caller's audit trail of one object",
                          .tag = "audit",
                          .parameters = {QueryParameter("entity_type", true, text),
                                         QueryParameter("entity_id", true, {{"type", "integer"}}), QueryLimit(200, 50)},
                          .answers = {{200, "AuditEventsResponse"}}}),
                 Private(app, "GET", "/api/v1/audit/", &ListAll,
                         {.id = "list_audit_events",
                          .summary = "The caller's audit trail, newest first",
                          .tag = "audit",
                          .parameters = {QueryParameter("entity_type", false, {{"type", {"string", "null"}}}),
                                         QueryLimit(500, 100)},
                          .answers = {{200, "AuditEventsResponse"}}})};
  return area;
}

}  // namespace readiness::ai_health
