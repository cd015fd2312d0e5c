#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "cli/audit_document.h"
#include "cli/commands.h"

namespace readiness {
namespace {

int Complain(const std::vector<Error>& errors) {
  for (const Error& error : errors) fmt::print(stderr, "{}", RenderError(error));
  return kExitUsage;
}

// Compares the suite with its audit document and prints what differs.
int ValidateAudit(const Suite& suite, const std::string& audit_file) {
  const auto document = ReadFile(audit_file);
  if (!document) {
    fmt::print(stderr, "{}", RenderError(document.error()));
    fmt::print("audit: not checked\n");
    return kExitInconclusive;
  }
  const AuditComparison comparison = CompareWithAudit(suite, *document);
  for (const std::string& line : comparison.changed) fmt::print("changed  {}\n", line);
  for (const std::string& line : comparison.moved) fmt::print("moved    {}\n", line);
  for (const std::string& line : comparison.without_item) fmt::print("no item  {}\n", line);
  fmt::print("audit: {} items, {} changed, {} moved, {} lines without an item\n", suite.items.size(),
             comparison.changed.size(), comparison.moved.size(), comparison.without_item.size());
  return comparison.changed.empty() && comparison.moved.empty() ? kExitDone : kExitRed;
}

int ValidateSuite(const ValidateOptions& options) {
  const auto probes = LoadProbes();
  if (!probes) return Complain(probes.error());
  const auto suite = LoadSuite(options.suite_file, *probes);
  if (!suite) return Complain(suite.error());
  fmt::print("{}: {} items\n", Printable(options.suite_file), suite->items.size());
  if (!options.audit_file.empty()) return ValidateAudit(*suite, options.audit_file);
  fmt::print("audit: not checked (give --audit <document>)\n");
  return kExitInconclusive;
}

int ValidateTarget(const ValidateOptions& options) {
  const auto target = LoadTarget(options.target_file);
  if (!target) return Complain(target.error());
  fmt::print("{}: {} actions, {} identities\n", Printable(options.target_file), target->actions.size(),
             target->identities.size());
  if (options.deployment_file.empty()) return kExitDone;
  const auto deployment = LoadDeployment(options.deployment_file, options.variant, *target);
  if (!deployment) return Complain(deployment.error());
  fmt::print("{}: {} services\n", Printable(options.deployment_file), deployment->services.size());
  return kExitDone;
}

}  // namespace

int ValidateCommand(const ValidateOptions& options) {
  if (options.suite_file.empty() && options.target_file.empty()) {
    fmt::print(stderr, "{}",
               RenderError({ErrorKind::kUsage,
                            "nothing to validate",
                            std::nullopt,
                            "--suite or --target",
                            {},
                            "readiness validate --suite <suite.json> --audit <document>"}));
    return kExitUsage;
  }
  if (!options.target_file.empty()) {
    if (const int code = ValidateTarget(options); code != kExitDone) return code;
  }
  return options.suite_file.empty() ? kExitDone : ValidateSuite(options);
}

}  // namespace readiness
