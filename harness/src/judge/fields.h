#pragma once
// Strict reader of one JSON object of our own files: every key is required, none is unknown, types are exact. The first
// problem is kept and everything read after it is a default, so that callers read straight through and ask once at the
// end. It is not the reader of definitions, which collects all problems for a person. Not thread-safe; holds references
// to the object, which must outlive it.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/located_json.h"

namespace readiness {

class Fields {
 public:
  /// `what` names the object in messages: "record", "attempt".
  Fields(const LocatedJson& object, const std::string& file, std::string_view what);

  std::string Text(const char* key);
  /// Not empty.
  std::string NonEmptyText(const char* key);
  std::int64_t Integer(const char* key, std::int64_t least, std::int64_t most);
  bool Flag(const char* key);
  /// A JSON object as it is.
  Json Object(const char* key);
  std::vector<std::string> Texts(const char* key);
  std::map<std::string, int> Counts(const char* key);

  /// Calls `read(element)` for every element of the array `key`, until one fails; its Error becomes this reader's.
  template <class Read>
  void Each(const char* key, Read read) {
    const LocatedJson* array = Member(key, LocatedJson::Type::kArray, "an array");
    if (array == nullptr) return;
    for (const LocatedJson& element : array->elements) {
      if (!ok()) return;
      Adopt(read(element));
    }
  }
  /// Calls `read(value)` for the object `key`.
  template <class Read>
  void Nested(const char* key, Read read) {
    const LocatedJson* object = Member(key, LocatedJson::Type::kObject, "an object");
    if (object != nullptr) Adopt(read(*object));
  }

  /// Records a problem with the value of `key` that the caller found; the first one stays.
  void Refuse(const char* key, std::string problem, std::string expected, std::string actual);
  bool ok() const { return !error_; }
  /// Success, or the first problem; unknown keys are one. Errors: kMalformed with the place.
  Result<void> Finish();

 private:
  const LocatedJson* Member(const char* key, LocatedJson::Type type, const char* expected);
  void Adopt(Result<void> result);
  Error At(const LocatedJson& value, std::string problem, std::string expected, std::string actual) const;

  const LocatedJson& object_;
  const std::string& file_;
  std::string what_;
  std::set<std::string, std::less<>> known_;
  std::optional<Error> error_;
};

}  // namespace readiness
