#include <cstdlib>
#include <set>

#include "readiness/stores.h"

namespace readiness {

std::vector<TableChange> Compare(const StoreSnapshot& before, const StoreSnapshot& after) {
  std::set<std::string> tables;
  for (const auto& [table, state] : before) tables.insert(table);
  for (const auto& [table, state] : after) tables.insert(table);

  std::vector<TableChange> changes;
  for (const std::string& table : tables) {
    const auto old_state = before.find(table);
    const auto new_state = after.find(table);
    const std::int64_t rows_before = old_state == before.end() ? 0 : old_state->second.rows;
    const std::int64_t rows_after = new_state == after.end() ? 0 : new_state->second.rows;
    const bool in_both = old_state != before.end() && new_state != after.end();
    const bool contents_differ = in_both && old_state->second.digest != new_state->second.digest;
    if (rows_before != rows_after || contents_differ) changes.push_back({table, rows_before, rows_after});
  }
  return changes;
}

std::string Describe(const std::vector<TableChange>& changes) {
  if (changes.empty()) return "no change";
  std::string text;
  for (const TableChange& change : changes) {
    if (!text.empty()) text += ", ";
    text += change.table;
    const std::int64_t difference = change.rows_after - change.rows_before;
    const std::int64_t count = difference == 0 ? change.rows_after : std::llabs(difference);
    const std::string rows = count == 1 ? " row" : " rows";
    if (difference == 0) {
      text += " " + std::to_string(count) + rows + " changed";
    } else {
      text += (difference > 0 ? " +" : " -") + std::to_string(count) + rows;
    }
  }
  return text;
}

}  // namespace readiness
