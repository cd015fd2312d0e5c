#pragma once
// Tables of objects that belong to one user each: what is stored is stored as the caller's, and what is read, changed
// or deleted is looked for among the caller's alone, so that somebody else's object is as good as none. No HTTP here.

#include "fields.h"

namespace readiness::ai_health {

struct Table {
  std::string name;
  Fields fields;
  std::string order = "t.id";  ///< of lists; t is the table
};

/// The fields that every owned object begins with in answers.
Fields WithOwner(Fields fields);

/// Which rows of an owner: "checkin_date BETWEEN $2 AND $3" with its values; $1 is the owner.
struct Filter {
  std::string condition{};
  std::vector<standin::SqlValue> values{};
  std::int64_t limit = 1000;
};

Result<standin::Json> Insert(App& app, const Table& table, UserId owner, Columns columns);
Result<standin::Rows> SelectOwned(App& app, const Table& table, UserId owner, const Filter& filter = {});
/// The one row with `id`, if it is the owner's.
Result<standin::Rows> FindOwned(App& app, const Table& table, UserId owner, std::int64_t id);
/// Sets `columns` of the owner's row with `id`; the row as it is then, or none.
Result<standin::Rows> UpdateOwned(App& app, const Table& table, UserId owner, std::int64_t id, const Columns& columns);
Result<standin::Rows> DeleteOwned(App& app, const Table& table, UserId owner, std::int64_t id);

/// Rows as a JSON array.
standin::Json ShowRows(const standin::Rows& rows, const Table& table);

}  // namespace readiness::ai_health
