#include "plans.h"

#include "access.h"
#include "answers.h"
#include "owned.h"
#include "safety.h"

namespace readiness::ai_health {
namespace {

constexpr const char* kDisclaimer = "Informational only. Not medical advice.";

const Table& InterventionTable() {
  static const Table table = {"interventions",
                              WithOwner({{.name = "key"},
                                         {.name = "name"},
                                         {.name = "category", .required = false, .nullable = true},
                                         {.name = "dosage", .required = false, .nullable = true},
                                         {.name = "schedule", .required = false, .nullable = true},
                                         {.name = "notes", .required = false, .nullable = true},
                                         {.name = "safety_risk_level", .role = Role::kMade, .nullable = true},
                                         {.name = "safety_evidence_grade", .role = Role::kMade, .nullable = true},
                                         {.name = "safety_boundary", .role = Role::kMade, .nullable = true},
                                         {.name = "safety_issues",
                                          .kind = Kind::kObjects,
                                          .role = Role::kMade,
                                          .nullable = true,
                                          .column = "safety_issues_json"},
                                         {.name = "safety_notes", .role = Role::kMade, .nullable = true}}),
                              "t.created_at DESC, t.id DESC"};
  return table;
}

const Table& ProtocolTable() {
  static const Table table = {
      "protocols",
      WithOwner({{.name = "title"},
                 {.name = "description", .required = false, .nullable = true},
                 {.name = "status", .role = Role::kMade, .otherwise = "active"},
                 {.name = "version", .kind = Kind::kInteger, .role = Role::kMade, .otherwise = 1},
                 {.name = "interventions",
                  .kind = Kind::kObjects,
                  .required = false,
                  .nullable = true,
                  .otherwise = Json::array(),
                  .column = "interventions_json"},
                 {.name = "safety_summary",
                  .kind = Kind::kObject,
                  .role = Role::kMade,
                  .nullable = true,
                  .column = "safety_summary_json"}}),
      "t.created_at DESC, t.id DESC"};
  return table;
}

/// `fields` with what a request has in addition.
Fields InRequest(Fields fields, Fields more) {
  for (Field& field : fields) more.push_back(std::move(field));
  return more;
}

Fields InterventionRequest() {
  return InRequest(
      InterventionTable().fields,
      {{.name = "user_id", .kind = Kind::kInteger, .role = Role::kIgnored},
       {.name = "user_flags", .kind = Kind::kObject, .role = Role::kInput, .required = false, .nullable = true}});
}

Fields ProtocolRequest() {
  return InRequest(ProtocolTable().fields, {{.name = "user_id", .kind = Kind::kInteger, .role = Role::kIgnored}});
}

Reply<Response> CreateIntervention(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(auto columns, ReadFields(body, InterventionRequest()));
  const std::string key = body.at("key").get<std::string>();
  const std::string name = body.at("name").get<std::string>();
  if (key.empty() || name.empty()) {
    const std::string both = key.empty() && name.empty() ? ", " : "";
    return End(Detail(400, "Intervention creation blocked: Intervention creation failed: " +
                               std::string(key.empty() ? "key must be non-empty" : "") + both +
                               (name.empty() ? "name must be non-empty" : "")));
  }
  const SafetyDecision decision = EvaluateSafety(key, body.value("user_flags", Json()));
  if (!decision.allowed) {
    std::string codes;
    for (const Json& issue : decision.issues)
      codes += (codes.empty() ? "" : ", ") + issue.at("code").get<std::string>();
    return End(Detail(400, "Intervention blocked by safety rules: " + codes));
  }
  columns.push_back({"safety_risk_level", decision.risk});
  columns.push_back({"safety_evidence_grade", decision.evidence_grade});
  columns.push_back({"safety_boundary", decision.boundary});
  columns.push_back({"safety_issues_json", standin::Compact(decision.issues)});
  columns.push_back({"safety_notes", kDisclaimer});
  STANDIN_ASSIGN(const auto created, Insert(app, InterventionTable(), caller, columns));
  return Answer(200, created);
}

Reply<Response> ListInterventions(App& app, const Request&, UserId caller) {
  STANDIN_ASSIGN(const auto rows, SelectOwned(app, InterventionTable(), caller));
  return Answer(200, ShowRows(rows, InterventionTable()));
}

std::string TextOf(const Json& object, const char* name, const char* otherwise) {
  const Json member = object.value(name, Json());
  return member.is_string() && member != "" ? member.get<std::string>() : otherwise;
}

/// The label of one intervention of a protocol: stored with it, or, when it refers to one, that of the caller's own.
Reply<Json> LabelOf(App& app, UserId caller, const Json& item) {
  const Json reference = item.value("intervention_id", Json());
  if (!reference.is_number_integer()) {
    return Json{{"key", item.value("key", Json())},
                {"risk", TextOf(item, "safety_risk_level", "low")},
                {"boundary", TextOf(item, "safety_boundary", "informational")},
                {"issues", item.value("safety_issues", Json::array())}};
  }
  STANDIN_ASSIGN(const auto rows, FindOwned(app, InterventionTable(), caller, reference.get<std::int64_t>()));
  if (rows.empty()) return Json{{"risk", "low"}, {"boundary", "informational"}, {"issues", Json::array()}};
  const Json own = ShowFields(rows.front(), InterventionTable().fields);
  return Json{{"intervention_id", own.at("id")},
              {"key", own.at("key")},
              {"risk", TextOf(own, "safety_risk_level", "low")},
              {"boundary", TextOf(own, "safety_boundary", "informational")},
              {"issues", own.at("safety_issues")}};
}

Reply<Json> Summarise(App& app, UserId caller, const Json& interventions) {
  Json summary = {{"highest_risk", "low"},
                  {"boundary", "informational"},
                  {"blocked", Json::array()},
                  {"warnings", Json::array()},
                  {"notes", kDisclaimer}};
  for (const Json& item : interventions) {
    STANDIN_ASSIGN(Json label, LabelOf(app, caller, item));
    const auto risk = label.at("risk").get<std::string>();
    const auto boundary = label.at("boundary").get<std::string>();
    label.erase("risk");
    label.erase("boundary");
    if (RiskRank(risk) > RiskRank(summary["highest_risk"])) summary["highest_risk"] = risk;
    if (BoundaryRank(boundary) > BoundaryRank(summary["boundary"])) summary["boundary"] = boundary;
    if (risk == "high") {
      summary["blocked"].push_back(label);
    } else if (!label.at("issues").empty()) {
      summary["warnings"].push_back(label);
    }
  }
  return summary;
}

Reply<Response> CreateProtocol(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(auto columns, ReadFields(body, ProtocolRequest()));
  const Json interventions = body.value("interventions", Json());
  STANDIN_ASSIGN(const auto summary, Summarise(app, caller, interventions.is_array() ? interventions : Json::array()));
  columns.push_back({"safety_summary_json", standin::Compact(summary)});
  STANDIN_ASSIGN(const auto created, Insert(app, ProtocolTable(), caller, columns));
  return Answer(200, created);
}

Reply<Response> ListProtocols(App& app, const Request&, UserId caller) {
  STANDIN_ASSIGN(const auto rows, SelectOwned(app, ProtocolTable(), caller));
  return Answer(200, ShowRows(rows, ProtocolTable()));
}

}  // namespace

Area Interventions(App& app) {
  Area area;
  area.schemas = {{"InterventionCreate", RequestSchema(InterventionRequest())},
                  {"InterventionResponse", AnswerSchema(InterventionTable().fields)},
                  {"InterventionList", ListOf("InterventionResponse")}};
  area.routes = {Private(app, "POST", "/api/v1/interventions", &CreateIntervention,
                         {.id = "create_intervention",
                          .summary = "Store an intervention of the caller with what is known of its safety",
                          .tag = "interventions",
                          .body_media_type = kJsonType,
                          .body_schema = "InterventionCreate",
                          .answers = {{200, "InterventionResponse"}, {400, "Detail"}}}),
                 Private(app, "GET", "/api/v1/interventions", &ListInterventions,
                         {.id = "list_interventions",
                          .summary = "The caller's interventions, newest first",
                          .tag = "interventions",
                          .answers = {{200, "InterventionList"}}})};
  return area;
}

Area Protocols(App& app) {
  Area area;
  area.schemas = {{"ProtocolCreate", RequestSchema(ProtocolRequest())},
                  {"ProtocolResponse", AnswerSchema(ProtocolTable().fields)},
                  {"ProtocolList", ListOf("ProtocolResponse")}};
  area.routes = {Private(app, "POST", "/api/v1/protocols", &CreateProtocol,
                         {.id = "create_protocol",
                          .summary = "Store a protocol of the caller",
                          .tag = "protocols",
                          .body_media_type = kJsonType,
                          .body_schema = "ProtocolCreate",
                          .answers = {{200, "ProtocolResponse"}}}),
                 Private(app, "GET", "/api/v1/protocols", &ListProtocols,
                         {.id = "list_protocols",
                          .summary = "The caller's protocols, newest first",
                          .tag = "protocols",
                          .answers = {{200, "ProtocolList"}}})};
  return area;
}

}  // namespace readiness::ai_health
