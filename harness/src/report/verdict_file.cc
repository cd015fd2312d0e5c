#include "report/verdict_file.h"

#include <map>
#include <nlohmann/json.hpp>

namespace readiness {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson ToJson(const Score& score) {
  const std::optional<int> per_mille = score.PerMille();
  return {{"passed_weight", score.passed},
          {"applicable_weight", score.applicable},
          {"percent", per_mille ? OrderedJson(*per_mille / 10.0) : OrderedJson(nullptr)}};
}

OrderedJson Counts(const SuiteVerdict& verdict) {
  std::map<Standing, int> counts;
  for (const ItemResult& result : verdict.items) ++counts[result.standing];
  OrderedJson json = OrderedJson::object();
  for (const Standing standing : kStandings) {
    std::string key(ToString(standing));
    for (char& c : key) c = c == ' ' ? '_' : c;
    json[key] = counts[standing];
  }
  return json;
}

OrderedJson Items(const SuiteVerdict& verdict) {
  OrderedJson items = OrderedJson::array();
  for (const ItemResult& result : verdict.items) {
    std::string outcome(ToString(result.standing));
    for (char& c : outcome) c = c == ' ' ? '_' : c;
    items.push_back({{"id", result.item.id},
                     {"title", result.item.title},
                     {"severity", result.item.severity},
                     {"category", result.item.category},
                     {"gates", result.gates},
                     {"outcome", outcome},
                     {"reason", result.reason}});
  }
  return items;
}

}  // namespace

std::string SerializeVerdict(const RegisteredSuite& suite, const SuiteVerdict& verdict, const std::string& junit_file) {
  OrderedJson json = OrderedJson::object();
  json["schema_version"] = 1;
  json["suite"] = suite.suite;
  json["title"] = suite.title;
  json["run_id"] = verdict.run_id;
  json["verdict"] = ToString(verdict.verdict);
  json["headline"] = verdict.headline;
  json["exit_code"] = ExitCode(verdict.verdict);
  json["audit"] = {{"document", suite.audit_document},
                   {"verdict", suite.audit_verdict},
                   {"items", suite.audit_items},
                   {"automated", CoveredAuditItems(suite)}};
  json["origins"] = verdict.origins;
  json["defects"] = verdict.defects;
  json["counts"] = Counts(verdict);
  json["failing_below_gate"] = verdict.failing_below_gate;
  json["undecided_below_gate"] = verdict.undecided_below_gate;
  json["problems"] = OrderedJson::array();
  for (const Problem& problem : verdict.problems)
    json["problems"].push_back({{"name", problem.name}, {"text", problem.text}});
  json["scores"] = {{"overall", ToJson(verdict.overall)}, {"categories", OrderedJson::object()}};
  for (const auto& [category, score] : verdict.categories) json["scores"]["categories"][category] = ToJson(score);
  json["junit"] = junit_file;
  json["items"] = Items(verdict);
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace readiness
