#pragma once
// verdict.json: the verdict for programs. A function of records and registration; no clock, so equal records give equal
// bytes.

#include <string>

#include "report/verdict.h"

namespace readiness {

/// JSON with stable key order, ends in '\n'. `junit_file` is named in it.
std::string SerializeVerdict(const RegisteredSuite& suite, const SuiteVerdict& verdict, const std::string& junit_file);

}  // namespace readiness
