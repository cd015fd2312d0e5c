#include "safety.h"

#include <algorithm>
#include <array>

#include "access.h"
#include "answers.h"
#include "fields.h"

namespace readiness::ai_health {
namespace {

struct Intervention {
  std::string key;
  std::string name;
  std::string risk;
  std::string grade;
  std::vector<std::string> contraindications;
  std::vector<std::string> interactions;
};

const std::vector<Intervention>& Registry() {
  static const std::vector<Intervention> registry = {
      {"magnesium_glycinate",
       "Magnesium (glycinate)",
       "low",
       "B",
       {"kidney_disease"},
       {"tetracycline_antibiotics", "levothyroxine"}},
      {"melatonin",
       "Melatonin",
       "moderate",
       "B",
       {"pregnant", "trying_to_conceive"},
       {"anticoagulants", "immunosuppressants"}},
      {"omega_3", "Omega-3 (EPA/DHA)", "low", "B", {"bleeding_disorder"}, {"warfarin", "anticoagulants"}}};
  return registry;
}

constexpr std::array<const char*, 3> kRisks = {"low", "moderate", "high"};
constexpr std::array<const char*, 3> kBoundaries = {"informational", "lifestyle", "experiment"};
constexpr std::array<const char*, 4> kGrades = {"A", "B", "C", "D"};

template <std::size_t size>
int Rank(const std::array<const char*, size>& words, const std::string& word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? -1 : static_cast<int>(found - words.begin());
}

Json Issue(const char* code, const char* severity, const std::string& message, Json details) {
  return {{"code", code}, {"severity", severity}, {"message", message}, {"details", std::move(details)}};
}

bool Holds(const Json& flags, const std::string& flag) {
  if (!flags.is_object()) return false;
  const auto found = flags.find(flag);
  if (found == flags.end() || found->is_null()) return false;
  return !(*found == false || *found == 0 || *found == "");
}

/// Adds an issue for each of `known` that `flags` hold and raises the risk accordingly.
void Compare(SafetyDecision& decision, const Intervention& about, const std::vector<std::string>& known,
             const Json& flags, const char* code, const char* severity) {
  for (const std::string& flag : known) {
    if (!Holds(flags, flag)) continue;
    decision.issues.push_back(Issue(code, severity,
                                    "User has " + std::string(code) + " flag '" + flag + "' for " + about.name + ".",
                                    {{"flag", flag}, {"intervention_key", about.key}}));
    if (RiskRank(severity) > RiskRank(decision.risk)) decision.risk = severity;
  }
}

Fields RequestFields() {
  return {{.name = "intervention_key", .role = Role::kInput},
          {.name = "user_flags", .kind = Kind::kObject, .role = Role::kInput, .required = false, .nullable = true},
          {.name = "requested_boundary", .role = Role::kInput, .required = false, .nullable = true},
          {.name = "requested_evidence", .role = Role::kInput, .required = false, .nullable = true}};
}

std::string OptionalText(const Json& body, const char* name) {
  const Json member = body.value(name, Json());
  return member.is_string() ? member.get<std::string>() : "";
}

Reply<Response> Evaluate(App&, const Request& request) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_RETURN_IF_ERROR(ReadFields(body, RequestFields()));
  const SafetyDecision decision =
      EvaluateSafety(OptionalText(body, "intervention_key"), body.value("user_flags", Json()),
                     OptionalText(body, "requested_boundary"), OptionalText(body, "requested_evidence"));
  return Answer(200, {{"allowed", decision.allowed},
                      {"risk", decision.risk},
                      {"boundary", decision.boundary},
                      {"evidence_grade", decision.evidence_grade},
                      {"issues", decision.issues}});
}

}  // namespace

SafetyDecision EvaluateSafety(const std::string& intervention_key, const Json& flags,
                              const std::string& requested_boundary, const std::string& requested_evidence) {
  const auto& registry = Registry();
  const auto about = std::find_if(registry.begin(), registry.end(),
                                  [&](const Intervention& each) { return each.key == intervention_key; });
  SafetyDecision decision;
  if (about == registry.end()) {
    decision.risk = "moderate";
    decision.boundary = "experiment";
    decision.evidence_grade = "D";
    decision.issues.push_back(Issue("unknown_intervention", "moderate",
                                    "This intervention is not in the safety registry yet. Treat as experimental and "
                                    "proceed cautiously.",
                                    {{"intervention_key", intervention_key}}));
    return decision;
  }
  decision.risk = about->risk;
  decision.evidence_grade = about->grade;
  Compare(decision, *about, about->contraindications, flags, "contraindication", "high");
  decision.allowed = decision.issues.empty();
  Compare(decision, *about, about->interactions, flags, "interaction", "moderate");

  decision.boundary = decision.risk == "low" && requested_boundary.empty() ? "lifestyle" : "experiment";
  if (Rank(kBoundaries, requested_boundary) >= 0) {
    decision.boundary = requested_boundary;
  } else if (!requested_boundary.empty()) {
    decision.issues.push_back(Issue("invalid_boundary", "low",
                                    "Invalid boundary requested; defaulting to 'experiment'.",
                                    {{"requested_boundary", requested_boundary}}));
  }
  if (Rank(kGrades, requested_evidence) >= 0) {
    decision.evidence_grade = requested_evidence;
  } else if (!requested_evidence.empty()) {
    decision.issues.push_back(Issue("invalid_evidence_grade", "low",
                                    "Invalid evidence grade requested; using registry grade.",
                                    {{"requested_evidence", requested_evidence}}));
  }
  return decision;
}

int RiskRank(const std::string& risk) {
  return Rank(kRisks, risk);
}

int BoundaryRank(const std::string& boundary) {
  return Rank(kBoundaries, boundary);
}

Area Safety(App& app) {
  Area area;
  area.schemas = {
      {"SafetyEvaluateRequest", RequestSchema(RequestFields())},
      {"SafetyDecisionOut", AnswerSchema({{.name = "allowed", .kind = Kind::kBoolean},
                                          {.name = "risk", .words = {kRisks.begin(), kRisks.end()}},
                                          {.name = "boundary", .words = {kBoundaries.begin(), kBoundaries.end()}},
                                          {.name = "evidence_grade", .words = {kGrades.begin(), kGrades.end()}},
                                          {.name = "issues", .kind = Kind::kObjects}})}};
  area.routes = {Public(app, "POST", "/api/v1/safety/evaluate", &Evaluate,
                        {.id = "evaluate_safety",
                         .summary = "What is known of an intervention's safety; nothing is stored",
                         .tag = "safety",
                         .body_media_type = kJsonType,
                         .body_schema = "SafetyEvaluateRequest",
                         .answers = {{200, "SafetyDecisionOut"}, {422, "Failure"}}})};
  return area;
}

}  // namespace readiness::ai_health
