#pragma once
// What the vacuity tests share: the bundled suite's files, changed in one place, in a trial of their own. One thread.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/trial.h"

namespace readiness::conformance {

inline const std::string kTool = CONFORMANCE_TOOL;
inline const std::string kService = CONFORMANCE_SERVICE;
inline const std::string kSuites = CONFORMANCE_SUITES;
inline constexpr const char* kSuite = "ai-health";

/// A JSON Patch (RFC 6902) for each of the three files; empty: unchanged. In the suite's, "/items/<id>" means the item
/// of that id.
struct Changes {
  std::string target;
  std::string suite;
  std::string deployment;
};

/// Copies of the bundled files with `changes`, below `folder`/<name>. Fails the test when a patch does not fit.
Definitions Changed(const std::filesystem::path& folder, const std::string& name, const Changes& changes,
                    const std::string& suite = kSuite);

/// The ids of all items of a bundled suite.
std::vector<std::string> AllItems(const std::string& suite = kSuite);

/// The deployment patch that runs the hostile service, in the way that `mode_file` says, with neither stores nor
/// doubles.
std::string HostileService(const std::filesystem::path& mode_file, const std::string& manner = {});

/// Every one of `items` is recorded as `outcome` for a reason that holds `because`, exits accordingly, and the report
/// is no GO.
void ExpectNoGreen(Trial& trial, const std::vector<std::string>& items, Outcome outcome, const std::string& because,
                   const std::string& folder = "suite");

/// The definition is not even accepted, so that there is no test and no report.
inline constexpr std::nullopt_t kRejected = std::nullopt;

/// The same for one item of a suite that holds it alone, changed by `changes`. It gates whatever its severity is.
/// kRejected as outcome: the definition is an error that says `because`.
void ExpectNoGreenAlone(Trial& trial, const std::string& name, const std::string& item, const Changes& changes,
                        std::optional<Outcome> outcome, const std::string& because, const std::string& suite = kSuite);

/// Down works and leaves nothing.
void ExpectCleanEnd(Trial& trial);

}  // namespace readiness::conformance
