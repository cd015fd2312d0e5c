#pragma once
// Reads located JSON into plain values and records what is wrong on the way. Reading goes on after a problem, with a
// harmless value in place of the wrong one, so that all problems of a file come out at once. Not thread-safe; refers to
// the tree and to the Problems, which must outlive it.

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/located_json.h"
#include "definition/problems.h"
#include "definition/shapes.h"
#include "readiness/http.h"

namespace readiness {

/// What a string may look like.
enum class TextRule {
  kAny,         ///< may be empty
  kText,        ///< not empty, may have several lines
  kLine,        ///< not empty, one line without control characters
  kName,        ///< IsName
  kLabel,       ///< IsName, and does not contain the word that `ctest -L` must find in one label only
  kSnakeLabel,  ///< IsSnakeCase, likewise
  kItemId,
  kIdentifier,
  kHeaderName,
  kHostName,
};

// One value. `label` is what messages call it, in quotes or not as it shall appear. Nothing is returned for a wrong
// value.

std::optional<std::string> ReadString(const LocatedJson& value, std::string_view label, TextRule rule,
                                      Problems& problems);
std::optional<std::int64_t> ReadInteger(const LocatedJson& value, std::string_view label, Bounds bounds,
                                        Problems& problems);
std::optional<bool> ReadBoolean(const LocatedJson& value, std::string_view label, Problems& problems);
/// A list; strings are distinct.
std::optional<std::vector<std::string>> ReadStrings(const LocatedJson& value, std::string_view label, TextRule rule,
                                                    bool distinct, Problems& problems);
/// One or more exact statuses, each once.
std::optional<StatusSet> ReadStatuses(const LocatedJson& value, std::string_view label, Problems& problems);
/// Records a problem and returns false unless `value` is of `type`. `expected` is a phrase: "a list of strings".
bool ExpectType(const LocatedJson& value, LocatedJson::Type type, std::string_view label, std::string_view expected,
                Problems& problems);
/// Checks a string against `rule`, also for keys.
bool CheckText(At at, std::string_view text, std::string_view label, TextRule rule, Problems& problems);

using MemberVisitor = std::function<void(const LocatedJson::Member& member)>;
/// Visits the members of an object whose keys are names given by the writer. Those whose key breaks `rule` are left
/// out. `noun` is what a key names: "action".
void ForEachNamed(const LocatedJson& value, std::string_view label, std::string_view noun, TextRule rule,
                  Problems& problems, const MemberVisitor& visit);
/// An object of strings, in order of writing.
std::vector<std::pair<std::string, std::string>> ReadStringMembers(const LocatedJson& value, std::string_view label,
                                                                   std::string_view noun, TextRule key_rule,
                                                                   TextRule value_rule, Problems& problems);

/// An object with a closed set of keys. Missing required keys are recorded at once, unknown ones by Finish().
class ObjectReader {
 public:
  ObjectReader(const LocatedJson& value, const Shape& shape, Problems& problems);

  /// Is it an object at all? If not, that was recorded and everything below finds nothing.
  bool valid() const { return valid_; }
  At at() const { return value_; }

  /// The value of `key`, or null. Asking for a key that the shape lacks is a defect of the loader.
  const LocatedJson* Find(std::string_view key);

  // Typed values of `key`; `fallback` or an empty value when it is missing or wrong.
  std::string String(std::string_view key, TextRule rule);
  std::vector<std::string> Strings(std::string_view key, TextRule rule);
  std::int64_t Integer(std::string_view key, std::int64_t fallback);  ///< within the shape's bounds
  bool Boolean(std::string_view key, bool fallback);
  std::chrono::milliseconds Duration(std::string_view key, std::chrono::milliseconds fallback);
  StatusSet Statuses(std::string_view key);
  /// Index in the shape's words; nothing when missing or wrong.
  std::optional<std::size_t> Word(std::string_view key);
  /// Visits the members of an object of named things; nothing when missing.
  void Named(std::string_view key, std::string_view noun, const MemberVisitor& visit);

  /// Records unknown keys. To be called once, when everything else was read.
  void Finish();

 private:
  std::size_t IndexOf(std::string_view key);
  void RecordMissing();

  const LocatedJson& value_;
  const Shape& shape_;
  Problems& problems_;
  bool valid_ = false;
  std::vector<bool> asked_;
};

}  // namespace readiness
