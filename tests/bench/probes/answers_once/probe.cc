#include "readiness/probe.h"

READINESS_PROBE(answers_once) {
  using namespace readiness;
  READINESS_ASSIGN(const std::string action, context.parameters.String("action"));
  READINESS_ASSIGN(const ActionResult result, context.actions.Run(action, Identity::Anonymous()));
  context.findings.AddControl({"answered", "the action did what it is for", result.as_expected, result.mismatch});
  context.findings.AddObservation({action, std::to_string(result.status())});
  return {};
}
