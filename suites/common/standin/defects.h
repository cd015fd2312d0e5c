#pragma once
// The defects that a run has switched on in a stand-in. The catalogue is compiled in from the suite's defects.json, so
// the file, the program and the switches cannot drift apart. Immutable after Load; any thread.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "readiness/result.h"

namespace readiness::standin {

class Defects {
 public:
  /// Reads `switches` (READINESS_DEFECTS: comma-separated ids and sets) against `catalogue_json` (defects.json of suite
  /// `suite`). Entries of other suites are ignored. Errors: kUsage for an unknown entry of this suite or one without a
  /// suite, with the nearest known; kInternal when the catalogue is broken.
  static Result<Defects> Load(std::string_view suite, std::string_view catalogue_json, std::string_view switches);

  /// Whether `id` is on. Ends the program when the catalogue has no such id: a switch that nobody can turn on is a
  /// defect of the stand-in itself.
  bool Active(std::string_view id) const;

  /// The active ids, sets expanded, sorted.
  std::vector<std::string> active() const { return {active_.begin(), active_.end()}; }

  /// Writes the active ids as a JSON array to `file`, whole or not at all; does nothing when none is active or `file`
  /// is empty.
  Result<void> Acknowledge(const std::string& file) const;

 private:
  std::set<std::string, std::less<>> known_;
  std::set<std::string, std::less<>> active_;
};

}  // namespace readiness::standin
