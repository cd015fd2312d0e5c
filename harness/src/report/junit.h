#pragma once
// JUnit XML from records, in the dialect that GitLab, Jenkins and Allure all read: one testsuite per section of the
// audit, a testcase per registered item (also for those without record), the reason in attribute and text. Wraps
// pugixml. Pure.

#include <string>

#include "report/verdict.h"

namespace readiness {

struct JunitOptions {
  std::string items_directory;  ///< where the items' folders lie; for attachments
  std::string relative_to;      ///< paths below this folder are written without it; CI systems want them so
};

/// The whole document, UTF-8, ends in '\n'. Every count is the sum of its parts; nothing in it lies outside XML 1.0.
std::string RenderJunit(const RegisteredSuite& suite, const SuiteVerdict& verdict, const JunitOptions& options);

}  // namespace readiness
