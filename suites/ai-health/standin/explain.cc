#include "explain.h"

#include <fmt/format.h>

#include "answers.h"
#include "auth.h"
#include "insight_store.h"

namespace readiness::ai_health {
namespace {

std::string Summary(const std::vector<Edge>& edges) {
  if (edges.empty()) return "No explanation data available.";
  std::string summary = "Based on: ";
  for (const Edge& edge : edges)
    summary +=
        fmt::format("{}1 {} (weight: {:.2f})", &edge == &edges.front() ? "" : ", ", edge.source_type, edge.weight);
  return summary + ".";
}

Response Explanation(std::int64_t id, const std::string& title, const std::vector<Edge>& edges) {
  Json listed = Json::array();
  for (const Edge& edge : edges) {
    listed.push_back({{"id", edge.id},
                      {"source_type", edge.source_type},
                      {"source_id", edge.source_id ? Json(*edge.source_id) : Json()},
                      {"contribution_weight", edge.weight},
                      {"description", edge.description}});
  }
  return Answer(200, {{"insight_id", id},
                      {"insight_title", title},
                      {"explanation", {{"edges", listed}, {"summary", Summary(edges)}}}});
}

/// Whether `caller` (nobody: no good token) is told about an insight of `owner`. Healthy: only its owner is.
bool MayRead(const standin::Defects& defects, std::optional<UserId> caller, UserId owner) {
  if (defects.Active("ai-health.M5:absent")) return false;
  if (!caller || defects.Active("ai-health.M5:readable-by-others")) return true;
  return *caller == owner;
}

}  // namespace

Reply<Response> ExplainInsight(App& app, const Request& request) {
  const standin::Defects& defects = app.defects;
  const auto caller = RequireUser(app, request);
  if (!caller && !defects.Active("ai-health.M5:open-to-anonymous")) return End(caller.error());
  const auto id = ParseInteger(request.path_parameters.at("insight_id"));
  if (!id) return End(Invalid());
  STANDIN_ASSIGN(const auto found, FindInsight(app, *id));
  if (!found && defects.Active("ai-health.M5:unknown-is-200")) return Explanation(*id, "", {});
  const auto known_caller = caller ? std::optional(*caller) : std::nullopt;
  if (!found || !MayRead(defects, known_caller, found->owner)) return End(Detail(404, "Insight not found"));
  STANDIN_ASSIGN(const auto edges, ReadEdges(app, *id));
  return Explanation(*id, found->insight.title, edges);
}

}  // namespace readiness::ai_health
