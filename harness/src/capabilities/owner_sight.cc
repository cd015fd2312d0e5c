#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "readiness/sweep.h"

namespace readiness {
namespace {

constexpr std::size_t kMostNear = 3;

std::set<std::string> NamesIn(const Exchange& exchange, const Canaries& canaries) {
  std::set<std::string> names;
  if (!IsSuccess(exchange)) return names;
  for (const CanaryHit& hit : GivenAway(exchange, canaries)) names.insert(hit.name);
  return names;
}

// Is `path` the one above, or what stands one step below it? "/things" and "/things/{id}" are near each other.
bool IsNear(const std::string& path, const std::string& other) {
  if (path == other || path.starts_with(other + "/")) return true;
  return other.starts_with(path + "/") && other.find('/', path.size() + 1) == std::string::npos;
}

}  // namespace

OwnerSight::OwnerSight(OpenApi& openapi, const std::vector<Operation>& operations) : openapi_(&openapi) {
  std::copy_if(operations.begin(), operations.end(), std::back_inserter(reading_),
               [](const Operation& operation) { return operation.method == "GET" && !IsDestructive(operation); });
}

Result<void> OwnerSight::Find(const PopulatedIdentity& owner, OwnerRows& rows) {
  std::vector<Operation> found;
  bool silent = true;
  const auto ask = [&](const std::vector<Operation>& operations, bool one_by_one) -> Result<void> {
    found.clear();
    for (const Operation& operation : operations) {
      const Result<Exchange> exchange = openapi_->Call(operation, owner.who, owner.who);
      if (!exchange && exchange.error().kind == ErrorKind::kInternal) return Fail(exchange.error());
      std::set<std::string> names = exchange ? NamesIn(*exchange, owner.canaries) : std::set<std::string>();
      if (one_by_one) {
        READINESS_ASSIGN(const std::vector<TableChange> changes, rows.Look());
        if (!changes.empty()) continue;
      }
      if (names.empty()) continue;
      seen_[operation.Name()] = std::move(names);
      found.push_back(operation);
    }
    READINESS_ASSIGN(const std::vector<TableChange> changes, rows.Look());
    silent = changes.empty();
    return {};
  };
  READINESS_RETURN_IF_ERROR(ask(reading_, false));
  // Reading that writes would be taken for the doing of others.
  if (!silent) READINESS_RETURN_IF_ERROR(ask(std::vector<Operation>(found), true));
  reading_ = std::move(found);
  return {};
}

std::vector<const Operation*> OwnerSight::Near(const Operation& operation) const {
  std::vector<const Operation*> near;
  for (const Operation& reading : reading_) {
    if (IsNear(operation.path, reading.path)) near.push_back(&reading);
  }
  // The longest paths say most about what was attempted.
  std::stable_sort(near.begin(), near.end(),
                   [](const Operation* a, const Operation* b) { return a->path.size() > b->path.size(); });
  if (near.size() > kMostNear) near.resize(kMostNear);
  return near;
}

Result<void> OwnerSight::Before(const Operation& operation, const PopulatedIdentity& owner) {
  for (const Operation* reading : Near(operation)) {
    if (seen_.contains(reading->Name())) continue;
    const Result<Exchange> exchange = openapi_->Call(*reading, owner.who, owner.who);
    if (!exchange && exchange.error().kind == ErrorKind::kInternal) return Fail(exchange.error());
    seen_[reading->Name()] = exchange ? NamesIn(*exchange, owner.canaries) : std::set<std::string>();
  }
  return {};
}

Result<std::vector<std::string>> OwnerSight::LostAfter(const Operation& operation, const PopulatedIdentity& owner) {
  std::vector<std::string> lost;
  for (const Operation* reading : Near(operation)) {
    const std::set<std::string>& before = seen_[reading->Name()];
    if (before.empty()) continue;
    const Result<Exchange> exchange = openapi_->Call(*reading, owner.who, owner.who);
    if (!exchange && exchange.error().kind == ErrorKind::kInternal) return Fail(exchange.error());
    if (!exchange || exchange->response.status >= 500 || exchange->response.status == 429) continue;
    const std::set<std::string> now = NamesIn(*exchange, owner.canaries);
    std::vector<std::string> gone;
    std::set_difference(before.begin(), before.end(), now.begin(), now.end(), std::back_inserter(gone));
    if (gone.empty()) continue;
    lost.push_back(
        fmt::format("{}: status {}, without {}", reading->Name(), exchange->response.status, fmt::join(gone, ", ")));
  }
  return lost;
}

}  // namespace readiness
