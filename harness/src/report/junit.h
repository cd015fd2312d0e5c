#pragma once
// JUnit XML from records, in the dialect that GitLab, Jenkins and Allure all read: one testsuite per section of the
// audit, a testcase per registered item (also for those without record), the reason in attribute and text. Wraps
// pugixml. Pure.

#include <string>
#include <vector>

#include "report/verdict.h"

namespace readiness {

struct JunitOptions {
  std::string items_directory;  ///< where the items' folders lie; for attachments
  std::string relative_to;      ///< paths below this folder are written without it; CI systems want them so
};

/// The whole document, UTF-8, ends in '\n'. Every count is the sum of its parts; nothing in it lies outside XML 1.0.
std::string RenderJunit(const RegisteredSuite& suite, const SuiteVerdict& verdict, const JunitOptions& options);

/// One suite of a document about several. The values are borrowed.
struct JunitSuite {
  const RegisteredSuite& suite;
  const SuiteVerdict& verdict;
  JunitOptions options;
};

/// One document named `name` about all of `suites`: their testsuites one after the other, each with its suite's name
/// before its section's. `troubles` are suites that could not be reported on, and become red cases.
std::string RenderJunit(const std::string& name, const std::vector<JunitSuite>& suites,
                        const std::vector<Problem>& troubles);

}  // namespace readiness
