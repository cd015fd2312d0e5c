#include "loop.h"

#include "answers.h"
#include "auth.h"
#include "decision.h"
#include "decision_defects.h"
#include "standin/later.h"

namespace readiness::ai_health {
namespace {

constexpr std::chrono::milliseconds kLateWrite{300};

struct Evaluation {
  std::int64_t id = 0;
  UserId owner = 0;
  std::int64_t experiment_id = 0;
  std::string verdict;
  Decision decision;
};

Response NotFound() {
  return Detail(404, "Evaluation not found");
}

/// How strictly a caller's token is read. Healthy: as everywhere else.
standin::TokenRules LoopTokenRules(const standin::Defects& defects) {
  standin::TokenRules rules;
  rules.accept_unsigned = defects.Active("ai-health.M3:unsigned-accepted");
  rules.verify_expiry = !defects.Active("ai-health.M3:expired-accepted");
  rules.verify_signature = !defects.Active("ai-health.M3:wrong-key-accepted");
  rules.verify_whole_signature = !defects.Active("ai-health.M3:truncated-accepted");
  return rules;
}

/// Whether somebody without a good token may go on, as if the evaluation were theirs. Healthy: never.
bool OpenToAnonymous(const standin::Defects& defects, const Request& request) {
  return defects.Active("ai-health.M3") || defects.Active("ai-health.M3:anonymous-let-in") ||
         (defects.Active("ai-health.M3:any-bearer") && request.Header("Authorization").has_value());
}

/// Whether `caller` may decide about an evaluation of `owner`. Healthy: only its owner.
bool MayDecide(const standin::Defects& defects, const Request& request, UserId caller, UserId owner) {
  if (defects.Active("ai-health.M3") || defects.Active("ai-health.M3:token-not-owner")) return true;
  if (defects.Active("ai-health.M3:owner-refused")) return false;
  if (defects.Active("ai-health.M3:owner-from-query") && request.Query("user_id"))
    return ParseInteger(*request.Query("user_id")) == owner;
  return caller == owner;
}

Reply<std::optional<Evaluation>> FindEvaluation(App& app, std::int64_t id) {
  STANDIN_ASSIGN(const auto rows,
                 app.database.Query("SELECT user_id, experiment_id, verdict, confidence, effect_size, "
                                    "details_json::text AS details FROM evaluation_results WHERE id = $1::bigint",
                                    {id}));
  if (rows.empty()) return std::nullopt;
  const standin::Row& row = rows.front();
  const Json details = standin::ParseJson(row.Text("details")).value_or(Json());
  const auto stored = row.IsNull("confidence") ? std::nullopt : std::optional(row.Number("confidence"));
  const auto confidence = ConfidenceUsed(app.defects, stored, row.Number("effect_size"));
  Decision decision = DecideNextStep(row.Text("verdict"), confidence, details);
  ApplyDefects(app.defects, row.Text("verdict"), stored, details, decision);
  return Evaluation{id, row.Integer("user_id"), row.Integer("experiment_id"), row.Text("verdict"), std::move(decision)};
}

/// Stores the decision as a row of `owner` and returns its id.
Result<std::int64_t> StoreDecision(App& app, const Evaluation& evaluation, UserId owner) {
  const std::string action = StoredAction(app.defects, evaluation.verdict, evaluation.decision.action);
  READINESS_ASSIGN(const auto rows,
                   app.database.Query(
                       std::string("INSERT INTO loop_decisions (user_id, experiment_id, evaluation_id, action, reason, "
                                   "created_at, metadata_json) VALUES ($1, $2, $3, $4, $5, ") +
                           kUtcNow + ", $6::json) RETURNING id",
                       {owner, evaluation.experiment_id, evaluation.id, action, evaluation.decision.reason,
                        standin::Compact(Json(evaluation.decision.metadata))}));
  return rows.front().Integer("id");
}

/// Answers a request without a good token. Healthy: that is all it does.
Response RefuseAnonymous(App& app, std::optional<std::int64_t> id, const Response& refusal) {
  if (app.defects.Active("ai-health.M3:writes-for-anonymous") && id) {
    const auto evaluation = FindEvaluation(app, *id);
    if (evaluation && *evaluation) static_cast<void>(StoreDecision(app, **evaluation, (*evaluation)->owner));
  }
  return refusal;
}

/// Answers a caller who is not the owner. Healthy: as for an evaluation that does not exist, and that is all it does.
Response RefuseStranger(App& app, const Evaluation& evaluation, UserId caller) {
  const standin::Defects& defects = app.defects;
  if (defects.Active("ai-health.M3:refuses-but-writes"))
    static_cast<void>(StoreDecision(app, evaluation, evaluation.owner));
  if (defects.Active("ai-health.M3:wrong-owner-row")) static_cast<void>(StoreDecision(app, evaluation, caller));
  if (defects.Active("ai-health.M3:late-write"))
    standin::Later(kLateWrite,
                   [&app, evaluation] { static_cast<void>(StoreDecision(app, evaluation, evaluation.owner)); });
  if (defects.Active("ai-health.M3:server-error")) return InternalError();
  return NotFound();
}

}  // namespace

Reply<Response> RunLoopDecision(App& app, const Request& request) {
  const standin::Defects& defects = app.defects;
  const auto caller = RequireUser(app, request, LoopTokenRules(defects));
  const auto id = ParseInteger(request.path_parameters.at("evaluation_id"));
  if (!caller && !OpenToAnonymous(defects, request)) return End(RefuseAnonymous(app, id, caller.error()));
  if (!id) return End(Invalid());

  STANDIN_ASSIGN(const auto evaluation, FindEvaluation(app, *id));
  if (!evaluation) return End(NotFound());
  if (caller && !MayDecide(defects, request, *caller, evaluation->owner))
    return End(RefuseStranger(app, *evaluation, *caller));

  std::int64_t decision_id = evaluation->id;
  if (!defects.Active("ai-health.M3:owner-no-row")) {
    STANDIN_ASSIGN(decision_id, StoreDecision(app, *evaluation, evaluation->owner));
  }
  if (defects.Active("ai-health.M3:two-rows"))
    STANDIN_RETURN_IF_ERROR(StoreDecision(app, *evaluation, evaluation->owner));
  return Answer(200, {{"decision_id", decision_id},
                      {"action", evaluation->decision.action},
                      {"reason", evaluation->decision.reason},
                      {"metadata", evaluation->decision.metadata}});
}

}  // namespace readiness::ai_health
