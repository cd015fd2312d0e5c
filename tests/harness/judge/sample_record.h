#pragma once
// Records for tests: valid ones with every field filled, to be changed where a test needs it.

#include <string>

#include "judge/record.h"

namespace readiness {

inline Attempt SampleAttempt(Outcome outcome, const std::string& reason) {
  return {outcome, reason, "2026-11-20T08:00:00.123Z", 1234};
}

inline Record SampleRecord(Outcome outcome = Outcome::kPass, const std::string& item = "C2") {
  Record record;
  record.suite = "ai-health";
  record.item = item;
  record.title = "Provider sync without consent is refused and nothing is fetched or stored";
  record.severity = "critical";
  record.category = "privacy";
  record.section = "C. Broken - critical";
  record.probe = "sync_needs_consent";
  record.outcome = outcome;
  record.run_id = "run-1";
  record.target = "ai-health";
  record.deployment = "standin";
  record.engine = "process";
  record.source_document = "ai-health.md";
  record.source_line = 86;
  record.suite_file = "/project/suites/ai-health/suite.json";
  record.suite_line = 41;
  record.remediation = "check consent in the service";
  record.tool_version = "0.1.0";
  record.controls = {{"consented_sync_stores", "a consented user's sync asks the provider and stores rows", true,
                      "status 200, 14 new rows in health_data"}};
  record.observations = {{"sync without consent", "status 403, no change", Json{{"status", 403}}},
                         {"provider calls without consent", "none", Json::object()}};
  record.evidence = {{"attempt-1/exchanges.json", "every request and answer"}};
  record.reason = "1 control, 2 observations";
  if (outcome == Outcome::kFail) {
    record.reason = "sync ran for a user without consent";
    record.violations = {{"sync ran for a user without consent", "POST /api/v1/providers/whoop/sync as \"no-consent\"",
                          "status 403, 0 new rows in health_data", "status 200, 14 new rows in health_data",
                          "check consent before the provider call"}};
  } else if (outcome == Outcome::kInconclusive) {
    record.controls[0].satisfied = false;
    record.controls[0].seen = "status 500, no change";
    record.reason = "control \"consented_sync_stores\" was not satisfied: status 500, no change";
  } else if (outcome == Outcome::kNotApplicable) {
    record.controls.clear();
    record.observations.clear();
    record.reason = "the provider was removed from the product";
  } else if (outcome == Outcome::kManual) {
    record.controls.clear();
    record.observations.clear();
    record.reason = "nobody has attested this";
  }
  record.attempts = {SampleAttempt(outcome, record.reason)};
  return record;
}

}  // namespace readiness
