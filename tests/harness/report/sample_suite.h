#pragma once
// A registered suite and records for tests.

#include <string>
#include <vector>

#include "report/registered.h"
#include "report/verdict.h"
#include "sample_record.h"

namespace readiness {

inline RegisteredItem SampleItem(const std::string& id, const std::string& severity,
                                 const std::string& category = "privacy",
                                 const std::string& section = "C. Broken - critical") {
  return {id, "", "Title of " + id, severity, category, section, 41, 86};
}

inline RegisteredSuite SampleSuite(std::vector<RegisteredItem> items) {
  RegisteredSuite suite;
  suite.suite = "ai-health";
  suite.title = "Functional Medicine AI Health Platform";
  suite.target_state_directory = "/build/readiness/targets/ai-health";
  suite.suite_file = "/project/suites/ai-health/suite.json";
  suite.audit_document = "ai-health.md";
  suite.audit_verdict = "NO-GO";
  suite.audit_items = 97;
  suite.severity_weights = {{"critical", 10}, {"high", 5}, {"medium", 3}, {"low", 1}, {"info", 0}};
  suite.gating_severities = {"critical", "high"};
  suite.items = std::move(items);
  return suite;
}

/// One item of each standing, in two sections, gating and below the gate.
inline RegisteredSuite MixedSuite() {
  return SampleSuite(
      {SampleItem("A1", "low", "tests", "A. What works"), SampleItem("A2", "info", "tests", "A. What works"),
       SampleItem("C1", "high"), SampleItem("C2", "critical"), SampleItem("C3", "critical", "security"),
       SampleItem("C4", "medium", "security"), SampleItem("C5", "high", "security"), SampleItem("C6", "high")});
}

inline std::vector<Record> MixedRecords() {
  std::vector<Record> records = {
      SampleRecord(Outcome::kFail, "A1"),         SampleRecord(Outcome::kFail, "A2"),
      SampleRecord(Outcome::kFail, "C1"),         SampleRecord(Outcome::kFail, "C2"),
      SampleRecord(Outcome::kInconclusive, "C3"), SampleRecord(Outcome::kNotApplicable, "C4"),
      SampleRecord(Outcome::kPass, "C6")};
  return records;
}

}  // namespace readiness
