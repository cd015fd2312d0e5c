#include "records.h"

#include "access.h"
#include "answers.h"
#include "owned.h"
#include "standin/later.h"
#include "standin/secrets.h"

namespace readiness::ai_health {
namespace {

constexpr std::chrono::milliseconds kLateDelete{300};
constexpr std::size_t kPage = 20;

/// One kind of record, with the names of everything about it.
struct Record {
  Table table;
  std::string path;    ///< with its last slash
  std::string schema;  ///< "Symptom": of SymptomCreate, SymptomResponse, SymptomList
  std::string id;      ///< "symptom": of create_symptom, ..., symptom_id
  std::string tag;
  std::string missing;  ///< what the 404 says
};

Record SymptomRecord() {
  return {{"symptoms", WithOwner({{.name = "symptom_name"},
                                  {.name = "severity"},
                                  {.name = "frequency"},
                                  {.name = "notes", .required = false, .nullable = true},
                                  {.name = "timestamp", .kind = Kind::kTime, .role = Role::kStamp}})},
          "/api/v1/symptoms/",
          "Symptom",
          "symptom",
          "symptoms",
          "Symptom not found"};
}

Record LabRecord() {
  return {{"lab_results", WithOwner({{.name = "test_name"},
                                     {.name = "value", .kind = Kind::kNumber},
                                     {.name = "unit"},
                                     {.name = "reference_range", .required = false, .nullable = true},
                                     {.name = "timestamp", .kind = Kind::kTime, .role = Role::kStamp},
                                     {.name = "lab_name", .required = false, .nullable = true}})},
          "/api/v1/labs/",
          "LabResult",
          "lab_result",
          "labs",
          "Lab result not found"};
}

/// Answers a caller who has no record `number`. Healthy: 404, whether somebody else has one or nobody.
Reply<Response> NoSuchRecord(App& app, const Record& record, std::int64_t number) {
  Response response = Detail(404, record.missing);
  const bool symptom = record.id == "symptom";
  const bool quotes = !symptom && app.defects.Active("ai-health.S1.tenants:refusal-quotes-record");
  const bool encodes = symptom && app.defects.Active("ai-health.S1.tenants:refusal-encodes-record");
  const bool heads = symptom && app.defects.Active("ai-health.S1.tenants:record-in-header");
  if (!quotes && !encodes && !heads) return response;
  STANDIN_ASSIGN(const auto rows, app.database.Query("SELECT " + SelectList(record.table.fields) + " FROM " +
                                                         record.table.name + " WHERE id = $1::bigint",
                                                     {number}));
  if (rows.empty()) return response;
  const Json body = ShowFields(rows.front(), record.table.fields);
  if (quotes) return Answer(200, {{"error", "This lab result is not yours"}, {"lab_result", body}});
  if (encodes)
    return Answer(404, {{"detail", record.missing}, {"reference", standin::PlainBase64(standin::Compact(body))}});
  response.headers.emplace_back("X-Debug-Record", standin::Compact(body));
  return response;
}

Reply<Response> Create(App& app, const Request& request, UserId caller, const Record& record) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(const auto columns, ReadFields(body, record.table.fields));
  STANDIN_ASSIGN(const auto created, Insert(app, record.table, caller, columns));
  return Answer(201, created);
}

Reply<Response> List(App& app, UserId caller, const Record& record) {
  STANDIN_ASSIGN(auto rows, SelectOwned(app, record.table, caller));
  if (rows.size() < kPage && record.id == "lab_result" && app.defects.Active("ai-health.S1.tenants:list-filled-up")) {
    STANDIN_ASSIGN(rows, app.database.Query("SELECT " + SelectList(record.table.fields) + " FROM " + record.table.name +
                                                " AS t ORDER BY user_id = $1 DESC, t.id DESC LIMIT 20",
                                            {caller}));
  }
  return Answer(200, ShowRows(rows, record.table));
}

Reply<Response> Get(App& app, const Request& request, UserId caller, const Record& record) {
  STANDIN_ASSIGN(const auto number, PathNumber(request, record.id + "_id"));
  STANDIN_ASSIGN(const auto rows, FindOwned(app, record.table, caller, number));
  if (rows.empty()) return NoSuchRecord(app, record, number);
  return Answer(200, ShowFields(rows.front(), record.table.fields));
}

Reply<Response> Delete(App& app, const Request& request, UserId caller, const Record& record) {
  STANDIN_ASSIGN(const auto number, PathNumber(request, record.id + "_id"));
  STANDIN_ASSIGN(const auto rows, DeleteOwned(app, record.table, caller, number));
  if (!rows.empty()) return Answer(200, {{"ok", true}});
  const std::string statement = "DELETE FROM " + record.table.name + " WHERE id = $1::bigint";
  if (record.id == "symptom" && app.defects.Active("ai-health.S1.tenants:refuses-but-deletes"))
    STANDIN_RETURN_IF_ERROR(app.database.Query(statement, {number}));
  if (record.id == "lab_result" && app.defects.Active("ai-health.S1.tenants:late-delete")) {
    standin::Later(kLateDelete,
                   [&app, statement, number] { static_cast<void>(app.database.Query(statement, {number})); });
  }
  return End(Detail(404, record.missing));
}

Area RecordArea(App& app, const Record& record) {
  const std::string one = record.path + "{" + record.id + "_id}";
  const auto id = PathParameter((record.id + "_id").c_str(), "integer");
  const auto style = TokenStyle::kCurrentAccount;
  Area area;
  area.schemas = {{record.schema + "Create", RequestSchema(record.table.fields)},
                  {record.schema + "Response", AnswerSchema(record.table.fields)},
                  {record.schema + "List", ListOf(record.schema + "Response")}};
  area.routes = {
      Private(
          app, "POST", record.path.c_str(),
          [record](App& a, const Request& request, UserId caller) { return Create(a, request, caller, record); },
          {.id = "create_" + record.id,
           .summary = "Store one of the caller",
           .tag = record.tag,
           .body_media_type = kJsonType,
           .body_schema = record.schema + "Create",
           .answers = {{201, record.schema + "Response"}, {422, "Failure"}}},
          style),
      Private(
          app, "GET", record.path.c_str(),
          [record](App& a, const Request&, UserId caller) { return List(a, caller, record); },
          {.id = "list_" + record.id + "s",
           .summary = "All of the caller, oldest first",
           .tag = record.tag,
           .answers = {{200, record.schema + "List"}}},
          style),
      Private(
          app, "GET", one.c_str(),
          [record](App& a, const Request& request, UserId caller) { return Get(a, request, caller, record); },
          {.id = "get_" + record.id,
           .summary = "One of the caller",
           .tag = record.tag,
           .parameters = {id},
           .answers = {{200, record.schema + "Response"}, {404, "Detail"}, {422, "Failure"}}},
          style),
      Private(
          app, "DELETE", one.c_str(),
          [record](App& a, const Request& request, UserId caller) { return Delete(a, request, caller, record); },
          {.id = "delete_" + record.id,
           .summary = "Delete one of the caller",
           .tag = record.tag,
           .parameters = {id},
           .answers = {{200, "Done"}, {404, "Detail"}, {422, "Failure"}}},
          style)};
  return area;
}

}  // namespace

Area Symptoms(App& app) {
  return RecordArea(app, SymptomRecord());
}

Area LabResults(App& app) {
  return RecordArea(app, LabRecord());
}

}  // namespace readiness::ai_health
