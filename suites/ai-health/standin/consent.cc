#include "consent.h"

#include <algorithm>
#include <array>
#include <limits>

#include "answers.h"
#include "auth.h"

namespace readiness::ai_health {
namespace {

constexpr std::array<const char*, 4> kBoxes = {"understands_not_medical_advice", "consents_to_data_analysis",
                                               "understands_recommendations_experimental",
                                               "understands_can_stop_anytime"};

std::string Columns() {
  return "id, user_id, consent_version, " + Timestamp("consent_timestamp") +
         ", understands_not_medical_advice, consents_to_data_analysis, understands_recommendations_experimental, "
         "understands_can_stop_anytime, onboarding_completed, " +
         Timestamp("onboarding_completed_at");
}

constexpr const char* kNewestId =
    "(SELECT id FROM consents WHERE user_id = $1::bigint ORDER BY consents.consent_timestamp DESC, id DESC LIMIT 1)";

Json ConsentBody(const standin::Row& row) {
  Json body = {{"id", row.Integer("id")},
               {"user_id", row.Integer("user_id")},
               {"consent_version", row.Text("consent_version")},
               {"consent_timestamp", row.Text("consent_timestamp")}};
  for (const char* box : kBoxes) body[box] = row.Boolean(box);
  body["onboarding_completed"] = row.Boolean("onboarding_completed");
  body["onboarding_completed_at"] =
      row.IsNull("onboarding_completed_at") ? Json() : Json(row.Text("onboarding_completed_at"));
  return body;
}

using Boxes = std::array<bool, kBoxes.size()>;

/// Whether `boxes` make a consent. Healthy: every one is checked.
bool Complete(const standin::Defects& defects, const Boxes& boxes) {
  constexpr std::size_t kDataAnalysis = 1;
  if (defects.Active("ai-health.STEP-R")) return true;
  if (defects.Active("ai-health.STEP-R:one-box-suffices")) return boxes[kDataAnalysis];
  if (defects.Active("ai-health.STEP-R:last-box-ignored")) return boxes[0] && boxes[1] && boxes[2];
  return std::all_of(boxes.begin(), boxes.end(), [](bool checked) { return checked; });
}

Result<standin::Row> StoreConsent(App& app, UserId user, const std::string& version, const Boxes& boxes,
                                  const Json& text) {
  READINESS_ASSIGN(
      const auto rows,
      app.database.Query(std::string("INSERT INTO consents (user_id, consent_version, consent_timestamp, "
                                     "understands_not_medical_advice, consents_to_data_analysis, "
                                     "understands_recommendations_experimental, understands_can_stop_anytime, "
                                     "onboarding_completed, consent_text_json, created_at) VALUES ($1, $2, ") +
                             kUtcNow + ", $3, $4, $5, $6, false, $7, " + kUtcNow + ") RETURNING " + Columns(),
                         {user, version, boxes[0], boxes[1], boxes[2], boxes[3], standin::Compact(text)}));
  return rows.front();
}

}  // namespace

Result<bool> ConsentsToAnalysis(standin::Transaction& transaction, UserId user) {
  READINESS_ASSIGN(
      const auto rows,
      transaction.Query(std::string("SELECT consents_to_data_analysis FROM consents WHERE id = ") + kNewestId, {user}));
  return !rows.empty() && rows.front().Boolean("consents_to_data_analysis");
}

Result<bool> ConsentsToAnalysis(standin::Database& database, UserId user) {
  bool consents = false;
  READINESS_RETURN_IF_ERROR(database.InTransaction([&](standin::Transaction& transaction) -> Result<void> {
    READINESS_ASSIGN(consents, ConsentsToAnalysis(transaction, user));
    return {};
  }));
  return consents;
}

Reply<Response> GetConsent(App& app, const Request& request) {
  const standin::Defects& defects = app.defects;
  STANDIN_ASSIGN(auto user, RequireUser(app, request));
  if (defects.Active("ai-health.STEP-R:owner-from-query")) {
    STANDIN_ASSIGN(user, QueryInteger(request, "user_id", user, 1, std::numeric_limits<std::int32_t>::max()));
  }
  STANDIN_ASSIGN(auto rows,
                 app.database.Query("SELECT " + Columns() + " FROM consents WHERE id = " + kNewestId, {user}));
  if (rows.empty() && defects.Active("ai-health.STEP-R:anybodys-record")) {
    STANDIN_ASSIGN(rows, app.database.Query("SELECT " + Columns() + " FROM consents ORDER BY id DESC LIMIT 1"));
  }
  if (rows.empty() && defects.Active("ai-health.STEP-R:none-is-200")) return Answer(200, Json());
  if (rows.empty()) return End(Detail(404, "No consent record found"));
  return Answer(200, ConsentBody(rows.front()));
}

Reply<Response> GiveConsent(App& app, const Request& request) {
  const standin::Defects& defects = app.defects;
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  Boxes boxes{};
  for (std::size_t i = 0; i < kBoxes.size(); ++i) {
    const auto member = body.find(kBoxes[i]);
    if (member == body.end() || !member->is_boolean()) return End(Invalid());
    boxes[i] = member->get<bool>();
  }
  std::string version = "1.0";
  if (body.contains("consent_version")) {
    STANDIN_ASSIGN(version, TextMember(body, "consent_version", 0, 20));
  }
  const Json text = body.value("consent_text_json", Json());
  if (!text.is_null() && !text.is_object()) return End(Invalid());
  if (defects.Active("ai-health.STEP-R:no-version")) version.clear();

  if (!Complete(defects, boxes)) {
    if (defects.Active("ai-health.STEP-R:stores-anyway"))
      STANDIN_RETURN_IF_ERROR(StoreConsent(app, user, version, boxes, text));
    return End(Detail(400, "All consent checkboxes must be checked"));
  }
  STANDIN_ASSIGN(const auto row, StoreConsent(app, user, version, boxes, text));
  return Answer(200, ConsentBody(row));
}

Reply<Response> CompleteOnboarding(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_RETURN_IF_ERROR(ObjectBody(request));
  STANDIN_ASSIGN(
      const auto rows,
      app.database.Query(std::string("UPDATE consents SET onboarding_completed = true, onboarding_completed_at = ") +
                             kUtcNow + " WHERE id = " + kNewestId + " RETURNING " + Columns(),
                         {user}));
  if (rows.empty()) return End(Detail(404, "No consent record found. Please create consent first."));
  return Answer(200, ConsentBody(rows.front()));
}

Reply<Response> WithdrawConsent(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto user, RequireUser(app, request));
  STANDIN_ASSIGN(
      const auto rows,
      app.database.Query(std::string("INSERT INTO consents (user_id, consent_version, consent_timestamp, "
                                     "understands_not_medical_advice, consents_to_data_analysis, "
                                     "understands_recommendations_experimental, understands_can_stop_anytime, "
                                     "onboarding_completed, onboarding_completed_at, created_at) "
                                     "SELECT user_id, consent_version, ") +
                             kUtcNow +
                             ", understands_not_medical_advice, false, understands_recommendations_experimental, "
                             "understands_can_stop_anytime, onboarding_completed, onboarding_completed_at, " +
                             kUtcNow + " FROM consents WHERE id = " + kNewestId + " RETURNING " + Columns(),
                         {user}));
  if (rows.empty()) return End(Detail(404, "No consent record found"));
  return Answer(200, ConsentBody(rows.front()));
}

}  // namespace readiness::ai_health
