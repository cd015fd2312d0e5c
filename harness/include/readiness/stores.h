#pragma once
// State behind the target that a probe may look at. Probes compare what a principal owns before and after an attempt;
// reading never changes anything. Every statement has a deadline.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "readiness/identities.h"
#include "readiness/result.h"

namespace readiness {

/// Rows of one table that belong to one owner.
struct TableState {
  std::int64_t rows = 0;
  std::string digest;  ///< over the rows' text, independent of their order
  friend bool operator==(const TableState&, const TableState&) = default;
};

/// Table name -> state, for every table that has an owner column (and for those asked for by name).
using StoreSnapshot = std::map<std::string, TableState>;

struct TableChange {
  std::string table;
  std::int64_t rows_before = 0;
  std::int64_t rows_after = 0;  ///< equal to rows_before when only contents changed
};

/// What differs from `before` to `after`, by table name. A table that is in one only counts as 0 rows in the other.
std::vector<TableChange> Compare(const StoreSnapshot& before, const StoreSnapshot& after);

/// "health_data +14 rows, audit_events 3 rows changed"; "no change" when empty. For messages.
std::string Describe(const std::vector<TableChange>& changes);

class Store {
 public:
  virtual ~Store() = default;
  /// State of every table with an owner column, restricted to rows of `owner`. The owner columns are those that
  /// target.json names for this store. Tables without one count as far as their rows refer, by foreign keys, to rows of
  /// the owner. Errors: kTarget, kTimeout; kTarget too when no table has an owner column
  /// (nothing to look at).
  virtual Result<StoreSnapshot> SnapshotOwned(const std::string& owner) = 0;
  /// Tables that are not watched by SnapshotOwned, as no row of theirs can be told to be somebody's, and how many rows
  /// each has. Errors: as SnapshotOwned.
  virtual Result<std::map<std::string, std::int64_t>> CountUnowned() = 0;
  /// Names of tables in which a row's text contains `text`. Errors: kTarget, kTimeout, kUsage when text is under 6
  /// characters.
  virtual Result<std::vector<std::string>> TablesContaining(const std::string& text) = 0;
  /// Runs one statement with positional parameters ($1...). Returns an array of row objects. For SQL steps and for
  /// probes that need facts; bounded to 10,000 rows. Errors: kTarget, kTimeout, kLimit.
  virtual Result<Json> Query(const std::string& statement, const std::vector<Json>& parameters) = 0;
  /// Does its server answer somebody who connects anew? Success, or why not, after about `within` at the latest.
  virtual Result<void> Answers(std::chrono::milliseconds within) = 0;
};

class Stores {
 public:
  virtual ~Stores() = default;
  /// The store that target.json calls `name`. Errors: kNotAvailable (not declared, or the deployment provides none).
  virtual Result<Store*> Open(const std::string& name) = 0;
};

}  // namespace readiness
