#pragma once
// The data that the provider offers, one row of a table per resource. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "doubles/accounts.h"

namespace readiness::doubles::provider {

struct Resource {
  std::string_view path;
  Instant (*time)(const DayRecord&);                               ///< what `start` and `end` select by
  std::string (*render)(const DayRecord&, const std::string& id);  ///< one record as JSON
};

/// nullptr when there is none at `path`.
const Resource* FindResource(std::string_view path);

struct Page {
  int limit = 10;
  int first = 0;  ///< how many selected records are skipped
  std::optional<Instant> start;
  std::optional<Instant> end;
};

inline constexpr int kMaxPageLimit = 50;

/// Reads limit, start, end and nextToken; other fields are ignored. nullopt when one of the four is wrong.
std::optional<Page> ParsePage(std::string_view query);

/// {"records":[...],"next_token":...}, newest first.
std::string RenderPage(const Resource& resource, const Account& account, const Page& page);

}  // namespace readiness::doubles::provider
