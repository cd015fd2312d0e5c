#include "experiments.h"

#include <limits>

#include "access.h"
#include "answers.h"
#include "owned.h"

namespace readiness::ai_health {
namespace {

Field Id(const char* name) {
  return {.name = name, .kind = Kind::kInteger};
}

Field Days(const char* name) {
  return {.name = name, .kind = Kind::kInteger, .required = false, .least = 3, .most = 90, .otherwise = 14};
}

Field IgnoredUser() {
  return {.name = "user_id", .kind = Kind::kInteger, .role = Role::kIgnored};
}

Fields StartContent() {
  return {Id("intervention_id"),
          {.name = "protocol_id", .kind = Kind::kInteger, .required = false, .nullable = true},
          {.name = "hypothesis", .required = false, .nullable = true},
          {.name = "primary_metric_key", .least = 2, .most = 100},
          {.name = "expected_direction", .words = {"up", "down", "stable"}},
          Days("baseline_window_days"),
          Days("intervention_window_days")};
}

const Table& ExperimentTable() {
  static const Table table = [] {
    Fields fields = StartContent();
    fields.push_back(
        {.name = "status", .role = Role::kMade, .words = {"active", "stopped", "completed"}, .otherwise = "active"});
    fields.push_back({.name = "started_at", .kind = Kind::kTime, .role = Role::kStamp});
    fields.push_back({.name = "ended_at", .kind = Kind::kTime, .role = Role::kMade, .nullable = true});
    return Table{"experiments", WithOwner(fields), "t.started_at DESC, t.id DESC"};
  }();
  return table;
}

Fields StopRequest() {
  return {{.name = "ended_at", .kind = Kind::kTime, .required = false, .nullable = true, .or_now = true},
          {.name = "status", .required = false, .words = {"active", "stopped", "completed"}, .otherwise = "stopped"}};
}

const Table& AdherenceTable() {
  static const Table table = {
      "adherence_events",
      WithOwner({Id("experiment_id"),
                 Id("intervention_id"),
                 {.name = "taken", .kind = Kind::kBoolean, .required = false, .otherwise = true},
                 {.name = "dose", .required = false, .nullable = true, .most = 100},
                 {.name = "dose_unit", .required = false, .nullable = true, .most = 50},
                 {.name = "notes", .required = false, .nullable = true},
                 {.name = "timestamp", .kind = Kind::kTime, .required = false, .nullable = true, .or_now = true}}),
      "t.\"timestamp\" DESC, t.id DESC"};
  return table;
}

Fields WithIgnoredUser(const Table& table) {
  Fields fields = {IgnoredUser()};
  fields.insert(fields.end(), table.fields.begin(), table.fields.end());
  return fields;
}

Reply<Response> StartExperiment(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(const auto columns, ReadFields(body, WithIgnoredUser(ExperimentTable())));
  STANDIN_ASSIGN(
      const auto risky,
      app.database.Query("SELECT id FROM interventions WHERE user_id = $1 AND id = $2 AND safety_risk_level = 'high'",
                         {caller, body.at("intervention_id").get<std::int64_t>()}));
  if (!risky.empty())
    return End(Detail(400, "Cannot start experiment: intervention is HIGH risk / blocked by safety policy."));
  STANDIN_ASSIGN(const auto created, Insert(app, ExperimentTable(), caller, columns));
  return Answer(200, created);
}

Reply<Response> StopExperiment(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto id, PathNumber(request, "experiment_id"));
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(const auto changes, ReadFields(body, StopRequest()));
  STANDIN_ASSIGN(const auto rows, UpdateOwned(app, ExperimentTable(), caller, id, changes));
  if (!rows.empty()) return Answer(200, ShowFields(rows.front(), ExperimentTable().fields));
  if (app.defects.Active("ai-health.S1.tenants:refuses-but-stops")) {
    STANDIN_ASSIGN(const auto owners,
                   app.database.Query("SELECT user_id FROM experiments WHERE id = $1::bigint", {id}));
    for (const standin::Row& owner : owners)
      STANDIN_RETURN_IF_ERROR(UpdateOwned(app, ExperimentTable(), owner.Integer("user_id"), id, changes));
    if (!owners.empty()) return End(Detail(403, "Not your experiment"));
  }
  return End(Detail(404, "Experiment not found"));
}

Reply<Response> ListExperiments(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 100, 1, 1000));
  STANDIN_ASSIGN(const auto rows, SelectOwned(app, ExperimentTable(), caller, {.limit = limit}));
  return Answer(200, ShowRows(rows, ExperimentTable()));
}

Reply<Response> LogAdherence(App& app, const Request& request, UserId caller) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(const auto columns, ReadFields(body, WithIgnoredUser(AdherenceTable())));
  STANDIN_ASSIGN(const auto experiments, app.database.Query("SELECT user_id FROM experiments WHERE id = $1",
                                                            {body.at("experiment_id").get<std::int64_t>()}));
  // Evaluations count what was logged for an experiment, so nobody else may log for it.
  const UserId owner = experiments.empty() ? 0 : experiments.front().Integer("user_id");
  const bool may_log = owner == caller || (owner != 0 && app.defects.Active("ai-health.S1.tenants:log-for-anybody"));
  if (!may_log) return End(Detail(404, "Experiment not found"));
  STANDIN_ASSIGN(const auto created, Insert(app, AdherenceTable(), owner, columns));
  return Answer(200, created);
}

Reply<Response> ListAdherence(App& app, const Request& request, UserId caller) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  STANDIN_ASSIGN(const auto experiment, QueryInteger(request, "experiment_id", kNone, kNone + 1, kMost));
  if (experiment == kNone) return End(Invalid());
  STANDIN_ASSIGN(const auto limit, QueryInteger(request, "limit", 500, 1, 1000));
  STANDIN_ASSIGN(const auto rows,
                 SelectOwned(app, AdherenceTable(), caller, {"experiment_id = $2", {experiment}, limit}));
  return Answer(200, ShowRows(rows, AdherenceTable()));
}

}  // namespace

Area Experiments(App& app) {
  Area area;
  area.schemas = {{"ExperimentStart", RequestSchema(WithIgnoredUser(ExperimentTable()))},
                  {"ExperimentStop", RequestSchema(StopRequest())},
                  {"ExperimentOut", AnswerSchema(ExperimentTable().fields)},
                  {"ExperimentList", ListOf("ExperimentOut")}};
  area.routes = {Private(app, "POST", "/api/v1/experiments/start", &StartExperiment,
                         {.id = "start_experiment",
                          .summary = "Start an experiment of the caller",
                          .tag = "experiments",
                          .body_media_type = kJsonType,
                          .body_schema = "ExperimentStart",
                          .answers = {{200, "ExperimentOut"}, {400, "Detail"}}}),
                 Private(app, "POST", "/api/v1/experiments/{experiment_id}/stop", &StopExperiment,
                         {.id = "stop_experiment",
                          .summary = "End an experiment of the caller",
                          .tag = "experiments",
                          .parameters = {PathParameter("experiment_id", "integer")},
                          .body_media_type = kJsonType,
                          .body_schema = "ExperimentStop",
                          .answers = {{200, "ExperimentOut"}, {404, "Detail"}}}),
                 Private(app, "GET", "/api/v1/experiments", &ListExperiments,
                         {.id = "list_experiments",
                          .summary = "The caller's experiments, newest first",
                          .tag = "experiments",
                          .parameters = {QueryLimit(1000, 100)},
                          .answers = {{200, "ExperimentList"}}})};
  return area;
}

Area Adherence(App& app) {
  Area area;
  area.schemas = {{"AdherenceLog", RequestSchema(WithIgnoredUser(AdherenceTable()))},
                  {"AdherenceOut", AnswerSchema(AdherenceTable().fields)},
                  {"AdherenceList", ListOf("AdherenceOut")}};
  area.routes = {
      Private(app, "POST", "/api/v1/adherence/log", &LogAdherence,
              {.id = "log_adherence",
               .summary = "Note whether the caller kept to an experiment of theirs",
               .tag = "adherence",
               .body_media_type = kJsonType,
               .body_schema = "AdherenceLog",
               .answers = {{200, "AdherenceOut"}, {404, "Detail"}}}),
      Private(app, "GET", "/api/v1/adherence", &ListAdherence,
              {.id = "list_adherence",
               .summary = "What the caller noted about an experiment, newest first",
               .tag = "adherence",
               .parameters = {QueryParameter("experiment_id", true, {{"type", "integer"}}), QueryLimit(1000, 500)},
               .answers = {{200, "AdherenceList"}}})};
  return area;
}

}  // namespace readiness::ai_health
