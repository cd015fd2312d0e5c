#pragma once
// The typed parameters of an item, already checked against probe.json with defaults filled in. Asking for a parameter
// that probe.json does not declare, or by the wrong type, is a defect of the probe and ends it as inconclusive.

#include <chrono>
#include <string>
#include <vector>

#include "readiness/http.h"

namespace readiness {

class Parameters {
 public:
  explicit Parameters(Json values) : values_(std::move(values)) {}

  Result<std::string> String(const std::string& name) const;
  Result<std::int64_t> Integer(const std::string& name) const;
  Result<bool> Boolean(const std::string& name) const;
  Result<std::vector<std::string>> StringList(const std::string& name) const;
  Result<StatusSet> Statuses(const std::string& name) const;
  /// Statuses that may stand for a refusal. Errors: as Statuses; kDefinition for any but 4xx, and for 405, 408, 415,
  /// 425, 429 and 431, which say that the request was not even looked at.
  Result<StatusSet> Refusals(const std::string& name) const;
  Result<std::chrono::milliseconds> Duration(const std::string& name) const;
  /// The raw JSON of a parameter of type `object` or `list`.
  Result<Json> Raw(const std::string& name) const;
  /// False for an optional parameter that has neither value nor default.
  bool Has(const std::string& name) const { return values_.contains(name); }

 private:
  Json values_;
};

}  // namespace readiness
