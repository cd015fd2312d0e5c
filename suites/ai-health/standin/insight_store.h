#pragma once
// Insights as they are kept: the row itself, the edges that say what it was made of, and the audit event, written
// together or not at all. Reading is by owner only.

#include <vector>

#include "app.h"
#include "standin/json.h"
#include "wording.h"

namespace readiness::ai_health {

struct Insight {
  std::int64_t id = 0;
  std::string title;
  std::string summary;
  double confidence = 0;
  std::string created_at;
  standin::Json metadata;  ///< an object, whatever the row holds
};

/// One source of an insight.
struct Edge {
  std::int64_t id = 0;
  std::string source_type;
  std::optional<std::int64_t> source_id;
  double weight = 0;
  std::string description;
};

/// What an insight rests on; `baseline` with id 0 when none was needed.
std::vector<Edge> SourcesOf(const Metric& metric, const Finding& finding, const Baseline& baseline);

/// Stores the insight with its sources and an audit event, and returns it.
Result<Insight> StoreInsight(App& app, UserId user, const Metric& metric, const Finding& finding,
                             const Baseline& baseline);

/// The user's newest insights.
Result<std::vector<Insight>> ListInsights(App& app, UserId user, std::int64_t limit);

/// The insight `id` and whom it belongs to; nothing when there is none.
struct OwnedInsight {
  Insight insight;
  UserId owner = 0;
};
Result<std::optional<OwnedInsight>> FindInsight(App& app, std::int64_t id);

/// The edges of an insight, the weightiest first.
Result<std::vector<Edge>> ReadEdges(App& app, std::int64_t insight);

}  // namespace readiness::ai_health
