#include "readiness/probe.h"

namespace {

std::int64_t SumOf(const readiness::Json& lines) {
  std::int64_t sum = 0;
  for (const readiness::Json& line : lines) sum += line.get<std::int64_t>();
  return sum;
}

}  // namespace

READINESS_PROBE(totals_add_up) {
  using namespace readiness;
  READINESS_ASSIGN(const std::string action, context.parameters.String("action"));
  READINESS_ASSIGN(const ActionResult result, context.actions.Run(action, Identity::Anonymous()));
  if (!result.as_expected || !result.exchange) return Fail(ErrorKind::kTarget, "no sales: " + result.mismatch);
  READINESS_ASSIGN(const Json answer, result.exchange->response.ParseJson());

  bool has_sums = false;
  for (const Json& sale : answer.at("sales")) {
    const std::string id = sale.at("id").dump();
    const std::int64_t sum = SumOf(sale.at("lines"));
    const std::string total = sale.at("total").dump();
    has_sums = has_sums || sale.at("lines").size() > 1;
    if (total == std::to_string(sum)) {
      context.findings.AddObservation({"sale " + id, "total " + total + " is the sum of its lines"});
    } else {
      context.findings.AddViolation({"a total is not the sum of its lines", action,
                                     std::to_string(sum) + " for sale " + id, total, "sum up all lines of a sale"});
    }
  }
  context.findings.AddControl({"has_sums", "there is a sale with more than one line", has_sums, answer.dump()});
  return {};
}
