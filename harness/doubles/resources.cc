#include "doubles/resources.h"

#include <fmt/format.h>

#include <array>

#include "doubles/uri.h"

namespace readiness::doubles::provider {
namespace {

// Texts inserted below are digits, hex and timestamps of our own: nothing in them needs JSON escapes.
std::string RenderSleep(const DayRecord& record, const std::string& id) {
  return fmt::format(R"({{"id":"sleep-{}","start":"{}","end":"{}","sleep":{{"total_sleep_time_ms":{}}}}})", id,
                     FormatTimestamp(record.sleep_start), FormatTimestamp(record.sleep_end), record.sleep_ms);
}

std::string RenderRecovery(const DayRecord& record, const std::string& id) {
  return fmt::format(R"({{"id":"recovery-{}","timestamp":"{}","resting_heart_rate":{},"hrv_rmssd_milli":{}}})", id,
                     FormatTimestamp(record.recovered), record.resting_heart_rate, record.hrv_ms);
}

constexpr std::array kResources = {
    Resource{"/developer/v1/activity/sleep", [](const DayRecord& record) { return record.sleep_end; }, RenderSleep},
    Resource{"/developer/v1/recovery", [](const DayRecord& record) { return record.recovered; }, RenderRecovery},
};

/// Sets `value` from the field `key` if there is one; false when it does not parse.
template <class T, class Parse>
bool Read(const FormFields& fields, std::string_view key, T& value, Parse parse) {
  const auto found = fields.find(key);
  if (found == fields.end()) return true;
  const auto parsed = parse(found->second);
  if (!parsed) return false;
  value = *parsed;
  return true;
}

}  // namespace

const Resource* FindResource(std::string_view path) {
  for (const auto& resource : kResources) {
    if (resource.path == path) return &resource;
  }
  return nullptr;
}

std::optional<Page> ParsePage(std::string_view query) {
  const auto fields = ParseForm(query);
  if (!fields) return std::nullopt;
  Page page;
  const bool sound =
      Read(*fields, "limit", page.limit, [](const std::string& text) { return ParseNumber(text, kMaxPageLimit); }) &&
      Read(*fields, "nextToken", page.first,
           [](const std::string& text) { return ParseNumber(text, Accounts::kMaxRecords); }) &&
      Read(*fields, "start", page.start, [](const std::string& text) { return ParseTimestamp(text); }) &&
      Read(*fields, "end", page.end, [](const std::string& text) { return ParseTimestamp(text); });
  if (!sound || page.limit < 1) return std::nullopt;
  return page;
}

std::string RenderPage(const Resource& resource, const Account& account, const Page& page) {
  std::string records;
  int selected = 0;
  bool more = false;
  for (std::size_t day = 0; day < account.records.size(); ++day) {
    const auto& record = account.records[day];
    const auto time = resource.time(record);
    if ((page.start && time < *page.start) || (page.end && time >= *page.end)) continue;
    const int position = selected++ - page.first;
    if (position < 0) continue;
    more = position >= page.limit;
    if (more) break;
    if (!records.empty()) records += ',';
    records += resource.render(record, fmt::format("{}-{}", account.id, day));
  }
  const auto next = more ? fmt::format("\"{}\"", page.first + page.limit) : std::string("null");
  return fmt::format(R"({{"records":[{}],"next_token":{}}})", records, next);
}

}  // namespace readiness::doubles::provider
