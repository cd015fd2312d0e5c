// Objects of users in the AI health stand-in: nobody but their owner reaches them, whatever the operation, and each of
// the defects for that shows where it says. The operations are taken from the document, so a new one is tried as well.

#include <gmock/gmock.h>

#include <set>

#include "base/files.h"
#include "object_sweep.h"

namespace readiness::standin {
namespace {

struct Expected {
  std::string defect;
  std::string found;  ///< as SweepObjects writes it
};

const Expected kDefects[] = {
    {"ai-health.S1.tokens", "list_experiments: all 200+leak | stranger leak"},
    {"ai-health.S1.tokens:stop-unchecked", "stop_experiment: all 200+leak+write | stranger leak+write"},
    {"ai-health.S1.tokens:adherence-unchecked", "list_adherence: all 200+leak | stranger leak"},
    {"ai-health.S1.tokens:account-unchecked", "get_user: all 200+leak"},
    {"ai-health.S1.tokens:checked-when-present", "list_audit_events: nobody 200+leak"},
    {"ai-health.S1.tokens:expired-accepted", "list_symptoms: expired 200+leak"},
    {"ai-health.S1.tokens:unsigned-accepted", "get_checkin: unsigned 200+leak"},
    {"ai-health.S1.tokens:wrong-key-accepted", "list_protocols: empty,foreign,swapped,truncated 200+leak"},
    {"ai-health.S1.tokens:truncated-accepted", "mark_inbox_item_read: truncated 200+leak | empty 200+leak+write"},
    {"ai-health.S1.tokens:empty-signature-accepted", "delete_lab_result: empty 200+write | owner 404"},
    {"ai-health.S1.tokens:not-before-ignored", "list_checkins: future 200+leak"},
    {"ai-health.S1.tokens:deleted-user", "list_interventions: unknown 200"},
    {"ai-health.S1.tokens:anonymous-empty-list", "list_inbox: all 200"},
    {"ai-health.S1.tokens:refuses-but-writes", "create_symptom: named write"},
    {"ai-health.S1.tokens:late-write", "create_protocol: named write"},
    {"ai-health.S1.tokens:refusal-quotes-record", "get_checkin: named leak"},
    {"ai-health.S1.tokens:no-signature-checked", "list_experiments: empty,foreign,swapped,truncated 200+leak"},
    {"ai-health.S1.tokens:no-expiry-checked", "list_experiments: expired 200+leak"},
    {"ai-health.S1.tenants", "list_users: stranger leak"},
    {"ai-health.S1.tenants:account-by-id", "get_user: stranger leak"},
    {"ai-health.S1.tenants:owner-from-query", "list_interventions: stranger leak"},
    {"ai-health.S1.tenants:owner-from-header", "list_inbox: stranger leak"},
    {"ai-health.S1.tenants:owner-from-body", "create_protocol: stranger write"},
    {"ai-health.S1.tenants:query-names-caller", "list_experiments: stranger leak"},
    {"ai-health.S1.tenants:upsert-for-anybody", "upsert_checkin: stranger leak+write"},
    {"ai-health.S1.tenants:upsert-takes-over", "upsert_checkin: stranger leak+write"},
    {"ai-health.S1.tenants:checkin-by-day", "get_checkin: stranger leak"},
    {"ai-health.S1.tenants:patch-by-day", "update_checkin: stranger leak+write"},
    {"ai-health.S1.tenants:lab-by-id", "get_lab_result: stranger leak"},
    {"ai-health.S1.tenants:refusal-quotes-record", "get_lab_result: stranger leak"},
    {"ai-health.S1.tenants:refusal-encodes-record", "get_symptom: stranger leak"},
    {"ai-health.S1.tenants:record-in-header", "get_symptom: stranger leak"},
    {"ai-health.S1.tenants:list-filled-up", "list_lab_results: stranger leak"},
    {"ai-health.S1.tenants:refuses-but-deletes", "delete_symptom: owner 404 | stranger write"},
    {"ai-health.S1.tenants:late-delete", "delete_lab_result: owner 404 | stranger write"},
    {"ai-health.S1.tenants:stop-by-id", "stop_experiment: stranger leak+write"},
    {"ai-health.S1.tenants:refuses-but-stops", "stop_experiment: stranger write"},
    {"ai-health.S1.tenants:adherence-by-experiment", "list_adherence: stranger leak"},
    {"ai-health.S1.tenants:log-for-anybody", "log_adherence: stranger write"},
    {"ai-health.S1.tenants:marks-everybodys", "mark_inbox_read: stranger write"},
    {"ai-health.S1.tenants:refuses-but-marks", "mark_inbox_item_read: stranger write"},
    {"ai-health.S1.tenants:audit-by-entity", "list_entity_audit_events: stranger leak"},
    {"ai-health.S1.tenants:owner-error", "list_protocols: owner 500"},
    {"ai-health.S1.tenants:owner-refused", "list_symptoms: owner 403"},
    {"ai-health.S1.tenants:no-document", "no document"},
    {"ai-health.S1.tenants:document-cut-short", "no document"},
};

TEST(AiHealthObjects, OnlyTheirOwnerReachesThem) {
  World world(STANDIN_AI_HEALTH);
  EXPECT_EQ(SweepObjects(world), "");
  EXPECT_GE(SweptOperations(world), 34);
}

void TryDefectsOf(const std::string& item) {
  for (const auto& [defect, found] : kDefects) {
    if (defect.rfind("ai-health." + item, 0) != 0) continue;
    SCOPED_TRACE(defect);
    World world(STANDIN_AI_HEALTH, {{"READINESS_DEFECTS", defect}});
    const std::size_t colon = found.find(':');
    const std::string operation = colon == std::string::npos ? "" : found.substr(0, colon);
    EXPECT_EQ(SweepObjects(world, operation, defect.find(":late-") != std::string::npos), found);
  }
}

TEST(AiHealthObjects, EveryDefectOfTheTokensShowsInItsOperation) {
  TryDefectsOf("S1.tokens");
}

TEST(AiHealthObjects, EveryDefectOfTheTenantsShowsInItsOperation) {
  TryDefectsOf("S1.tenants");
}

TEST(AiHealthObjects, AllDefectsOfTheCatalogueAreTriedHere) {
  std::set<std::string> tried;
  for (const Expected& each : kDefects) tried.insert(each.defect);
  const auto catalogue = ParseJson(ReadFile(DEFECTS_JSON).value());
  ASSERT_TRUE(catalogue);
  for (const Json& defect : (*catalogue)["defects"]) {
    const auto id = defect["id"].get<std::string>();
    if (id.rfind("ai-health.S1.", 0) != 0) continue;
    EXPECT_EQ(tried.erase(id), 1u) << id;
  }
  EXPECT_THAT(tried, ::testing::IsEmpty());
}

constexpr const char* kInvalid = R"({"error":"Validation error","detail":"Invalid request data"})";

struct Case {
  std::string method;
  std::string target;
  std::string body;
  int status;
  std::string answer;  ///< the body, where "..." stands for a time
};

/// Times are the only thing in an answer that differs from run to run.
std::string WithoutTimes(std::string text) {
  for (std::size_t at = 0; (at = text.find("T", at)) != std::string::npos; ++at) {
    if (at > 10 && at + 16 < text.size() && text[at - 3] == '-' && text[at + 3] == ':' && text[at - 11] == '"') {
      const std::size_t end = text.find('"', at);
      text.replace(at - 10, end - at + 10, "...");
      at -= 10;
    }
  }
  return text;
}

void Compare(World& world, const TestUser& user, const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.method + " " + each.target + " " + each.body);
    const Seen seen = world.Send(each.method, "/api/v1" + each.target, user.token, each.body);
    EXPECT_EQ(seen.status, each.status);
    EXPECT_EQ(WithoutTimes(seen.body), each.answer);
  }
}

// The answers to user 1, while user 2 exists, are those of the audited system unless the case says otherwise.
TEST(AiHealthObjects, AnswersOfRecordsAndPlans) {
  World world(STANDIN_AI_HEALTH);
  const TestUser user = world.NewUser();
  world.NewUser();
  const std::string check_in =
      R"({"id":1,"user_id":1,"checkin_date":"2026-01-02","sleep_quality":null,"energy":5,"mood":null,"stress":3,)"
      R"("notes":"x","behaviors_json":{},"adherence_rate":null,"created_at":"...","updated_at":"..."})";
  Compare(
      world, user,
      {{"POST", "/symptoms/", R"({"symptom_name":"a","severity":"b","frequency":"c","user_id":2})", 201,
        R"({"id":1,"user_id":1,"symptom_name":"a","severity":"b","frequency":"c","notes":null,"timestamp":"..."})"},
       {"POST", "/symptoms/", R"({"symptom_name":"a"})", 422, kInvalid},
       {"POST", "/labs/", R"({"test_name":"resting_hr","value":60,"unit":"bpm"})", 201,
        R"({"id":1,"user_id":1,"test_name":"resting_hr","value":60.0,"unit":"bpm","reference_range":null,)"
        R"("timestamp":"...","lab_name":null})"},
       {"POST", "/checkins/upsert", R"({"checkin_date":"2026-01-02"})", 422, kInvalid},
       {"POST", "/checkins/upsert", R"({"user_id":2,"checkin_date":"2026-13-02"})", 422, kInvalid},
       {"POST", "/checkins/upsert", R"({"user_id":2,"checkin_date":"2026-01-02","energy":11})", 422, kInvalid},
       {"POST", "/checkins/upsert", R"({"user_id":2,"checkin_date":"2026-01-02","energy":5,"notes":"x","stress":3})",
        200, check_in},
       {"GET", "/checkins/2026-01-02", "", 200, check_in},
       {"PATCH", "/checkins/2026-01-02", R"({"adherence_rate":1.5})", 422, kInvalid},
       {"PATCH", "/checkins/2026-01-02", R"({"notes":null})", 200, check_in},
       // The audited system fails here as soon as a day without a check-in was changed.
       {"GET", "/checkins?start_date=2026-01-01&end_date=2026-01-31", "", 200, "[" + check_in + "]"},
       {"GET", "/checkins", "", 422, kInvalid},
       {"POST", "/interventions", R"({"user_id":1,"key":"melatonin","name":"M","user_flags":{"pregnant":true}})", 400,
        R"({"detail":"Intervention blocked by safety rules: contraindication"})"},
       {"POST", "/interventions", R"({"user_id":2,"key":"magnesium_glycinate","name":"M"})", 200,
        R"({"id":1,"user_id":1,"key":"magnesium_glycinate","name":"M","category":null,"dosage":null,"schedule":null,)"
        R"("notes":null,"safety_risk_level":"low","safety_evidence_grade":"B","safety_boundary":"lifestyle",)"
        R"("safety_issues":[],"safety_notes":"Informational only. Not medical advice."})"},
       {"POST", "/protocols", R"({"user_id":2,"title":"T","interventions":[{"intervention_id":1}]})", 200,
        R"({"id":1,"user_id":1,"title":"T","description":null,"status":"active","version":1,)"
        R"("interventions":[{"intervention_id":1}],"safety_summary":{"highest_risk":"low","boundary":"lifestyle",)"
        R"("blocked":[],"warnings":[],"notes":"Informational only. Not medical advice."}})"},
       // The audited system shows every account to everybody.
       {"GET", "/users/", "", 200, R"([{"id":1,"name":"U","email":"user1@example.com","created_at":"..."}])"},
       {"GET", "/users/2", "", 404, R"({"detail":"User not found"})"}});
}

TEST(AiHealthObjects, AnswersOfExperimentsAndTheRest) {
  World world(STANDIN_AI_HEALTH);
  const TestUser user = world.NewUser();
  const std::string started =
      R"({"id":1,"user_id":1,"intervention_id":1,"protocol_id":null,"hypothesis":null,"primary_metric_key":"sleep",)"
      R"("expected_direction":"up","baseline_window_days":14,"intervention_window_days":14,"status":)";
  const std::string logged =
      R"({"id":1,"user_id":1,"experiment_id":1,"intervention_id":1,"taken":true,"dose":null,"dose_unit":null,)"
      R"("notes":null,"timestamp":"..."})";
  Compare(world, user,
          {// The audited system cannot start experiments.
           {"POST", "/experiments/start",
            R"({"user_id":2,"intervention_id":1,"primary_metric_key":"sleep","expected_direction":"up"})", 200,
            started + R"("active","started_at":"...","ended_at":null})"},
           {"POST", "/experiments/1/stop", R"({"status":"zz"})", 422, kInvalid},
           {"POST", "/experiments/9/stop", "{}", 404, R"({"detail":"Experiment not found"})"},
           {"POST", "/experiments/1/stop", "{}", 200, started + R"("stopped","started_at":"...","ended_at":"..."})"},
           {"POST", "/adherence/log", R"({"user_id":2,"experiment_id":1,"intervention_id":1})", 200, logged},
           // The audited system accepts any experiment.
           {"POST", "/adherence/log", R"({"user_id":1,"experiment_id":9,"intervention_id":1})", 404,
            R"({"detail":"Experiment not found"})"},
           {"GET", "/adherence?experiment_id=1", "", 200, "[" + logged + "]"},
           {"GET", "/adherence", "", 422, kInvalid},
           {"GET", "/inbox", "", 200, R"({"count":0,"items":[]})"},
           {"GET", "/inbox?limit=0", "", 422, kInvalid},
           {"POST", "/inbox/mark-read", R"({"user_id":1,"item_id":9})", 404, R"({"detail":"Inbox item not found"})"},
           {"POST", "/inbox/mark-all-read", "", 200, R"({"ok":true,"updated":0})"},
           {"GET", "/audit/", "", 200, R"({"count":0,"items":[]})"},
           {"GET", "/audit/entity", "", 422, kInvalid},
           {"POST", "/safety/evaluate", R"({"intervention_key":"melatonin","user_flags":{"pregnant":true}})", 200,
            R"({"allowed":false,"risk":"high","boundary":"experiment","evidence_grade":"B","issues":[)"
            R"({"code":"contraindication","severity":"high","message":"User has contraindication flag 'pregnant' for )"
            R"(Melatonin.","details":{"flag":"pregnant","intervention_key":"melatonin"}}]})"},
           {"GET", "/jobs", "", 200, R"({"ok":true,"enabled":false,"running":false,"jobs":[]})"},
           {"POST", "/wearables/sync", "", 200, R"({"status":"syncing","user_id":1})"}});
}

}  // namespace
}  // namespace readiness::standin
