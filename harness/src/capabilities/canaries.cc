#include "readiness/canaries.h"

#include <fmt/format.h>

namespace readiness {
namespace {

constexpr std::size_t kShortest = 6;

}  // namespace

void Canaries::Add(std::string name, std::string value) {
  if (value.size() >= kShortest) canaries_.emplace_back(std::move(name), std::move(value));
}

std::vector<CanaryHit> Canaries::FindIn(std::string_view text) const {
  std::vector<CanaryHit> hits;
  for (const auto& [name, value] : canaries_) {
    if (text.find(value) != std::string_view::npos) hits.push_back({name, "plain"});
  }
  return hits;
}

std::string Describe(const std::vector<CanaryHit>& hits) {
  std::string text;
  for (const CanaryHit& hit : hits) text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", hit.name, hit.form);
  return text;
}

}  // namespace readiness
